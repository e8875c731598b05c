/** Two nodes in this process, with everything between them and others in the test's hands: for short runs. */
import type { EngineParts } from '../../src/compose.ts';
import type { TestDatabase } from '../support/database.ts';
import { startRedis } from '../support/redis.ts';
import { startServer } from '../support/server.ts';
import { startWireProxy, type WireProxy } from '../support/wire-proxy.ts';
import { BusLine } from './bus-line.ts';
import type { Stage } from './scene.ts';

export interface SmallStage extends Stage, AsyncDisposable {
  /** Between people and each node. */
  readonly doors: readonly WireProxy[];
  /** Between Redis and each node. */
  readonly buses: readonly BusLine[];
  /** While true answers of the nodes are lost; what people ask arrives. */
  isDeaf: boolean;
}

/** `parts`: in place of the engine's own, on both. */
export async function startSmallStage(database: TestDatabase, parts: Partial<EngineParts> = {}): Promise<SmallStage> {
  const started: AsyncDisposable[] = [];
  const use = <Part extends AsyncDisposable>(part: Part): Part => {
    started.unshift(part);
    return part;
  };
  const redis = use(await startRedis());
  const doors: WireProxy[] = [];
  const buses: BusLine[] = [];
  let isDeaf = false;
  const listen = () => (bytes: Buffer) => (isDeaf ? Buffer.alloc(0) : bytes);
  for (const _ of [1, 2]) {
    const bus = new BusLine();
    const wire = use(await startWireProxy({ url: redis.url.replace('unix://', 'unix:') }, { alterDown: bus.alter }));
    const redisUrl = `redis://127.0.0.1:${wire.port}`;
    const node = use(await startServer({ database, redisUrl, parts, checkpointIntervalMs: 500 }));
    doors.push(use(await startWireProxy(node, { alterDown: listen })));
    buses.push(bus);
  }
  return {
    doors,
    buses,
    database,
    get isDeaf() {
      return isDeaf;
    },
    set isDeaf(value) {
      isDeaf = value;
      // Half an answer is no answer: what was cut off in the middle is lost with its connection.
      if (!value) for (const door of doors) door.cut('reset');
    },
    async [Symbol.asyncDispose]() {
      for (const part of started) await part[Symbol.asyncDispose]();
    },
  };
}
