/** Several nodes, each a process of its own, with Redis and PostgreSQL of their own, and a line that can fail between any two. */
import { Fleet } from '../support/fleet.ts';
import { startWireProxy, type WireProxy } from '../support/wire-proxy.ts';
import { BusLine } from './bus-line.ts';
import type { Stage } from './scene.ts';

/** One node's lines. */
export interface NodeLines {
  /** From people to it. */
  readonly door: WireProxy;
  /** From it to Redis, and what comes along there. */
  readonly bus: WireProxy;
  readonly news: BusLine;
  /** From it to PostgreSQL. */
  readonly database: WireProxy;
}

export interface BigStage extends Stage, AsyncDisposable {
  readonly fleet: Fleet;
  readonly lines: readonly NodeLines[];
}

export async function startBigStage(nodes: number): Promise<BigStage> {
  const lines: NodeLines[] = [];
  const fleet = await Fleet.start({
    nodes,
    settings: {
      PARLEY_DRAIN_DELAY_MS: '0',
      PARLEY_CHECKPOINT_INTERVAL_MS: '1000',
      PARLEY_RATE_SIGN_INS_PER_HOUR: '0',
      PARLEY_RATE_SIGN_UPS_PER_HOUR: '0',
      PARLEY_RATE_PASSWORDS_PER_HOUR: '0',
    },
    async settingsOf(index, running) {
      const line = lines[index] ?? (await layLines(index, running));
      lines[index] = line;
      const { username, pathname } = new URL(running.database.url);
      return {
        REDIS_URL: `redis://127.0.0.1:${line.bus.port}`,
        DATABASE_URL: `postgres://${username}@127.0.0.1:${line.database.port}${pathname}`,
      };
    },
  });
  return {
    fleet,
    lines,
    doors: lines.map(({ door }) => door),
    database: fleet.database,
    async [Symbol.asyncDispose]() {
      await fleet[Symbol.asyncDispose]();
      for (const { door, bus, database } of lines)
        for (const one of [door, bus, database]) await one[Symbol.asyncDispose]();
    },
  };
}

async function layLines(index: number, fleet: Fleet): Promise<NodeLines> {
  const news = new BusLine();
  const { searchParams, port } = new URL(fleet.database.url);
  const socket = `unix:${searchParams.get('host')}/.s.PGSQL.${port}`;
  return {
    door: await startWireProxy({
      get url() {
        return fleet.urls[index] ?? 'http://127.0.0.1:1';
      },
    }),
    bus: await startWireProxy({ url: fleet.redis.url.replace('unix://', 'unix:') }, { alterDown: news.alter }),
    news,
    database: await startWireProxy({ url: socket }),
  };
}
