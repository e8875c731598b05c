import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type NodeSettings, type RunningNode, startNode } from '../../src/compose-node.ts';
import { type Log, silentLog } from '../../src/observe/log.ts';
import { defaultTransportSettings, type TransportSettings } from '../../src/transport/settings.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly node: RunningNode;
  readonly database: TestDatabase;
  /** Stops the node; the database stays. */
  stop(): Promise<void>;
  /** Starts another node on the same database and port. */
  start(): Promise<void>;
}

export interface TestServerOptions extends Partial<Omit<NodeSettings, 'transport' | 'databaseUrl'>> {
  readonly transport?: Partial<TransportSettings>;
  readonly log?: Log;
  /** Already made, and not dropped with the server. */
  readonly database?: TestDatabase;
}

const noLimit = { count: 0, windowMs: 1_000 };
const clientFolder = resolve(import.meta.dirname, '../../dist/client');

/** A whole node in this process: real PostgreSQL, real sockets, no demo and no rate limits unless asked for. */
export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { transport, log = silentLog, database: givenDatabase, ...rest } = options;
  const database = givenDatabase ?? (await createTestDatabase());
  const settings = (port: number): NodeSettings => ({
    databaseUrl: database.url,
    databaseDirectUrl: null,
    redisUrl: null,
    dataDir: '/nonexistent',
    poolSize: 10,
    hasDemo: false,
    guestDays: 30,
    memberDays: 90,
    logKeepDays: null,
    retention: { defaultDays: null, minDays: 1, maxDays: null },
    deletedContent: ['ERASE', 'KEEP'],
    passkeyDomain: null,
    passwords: { atOnce: 2, waiting: 250 },
    sendQueueHighBytes: 256 * 1024,
    checkpointIntervalMs: 15_000,
    messageTextCodePoints: 4_000,
    clientFolder: existsSync(clientFolder) ? clientFolder : null,
    version: 'test',
    ...rest,
    transport: {
      ...defaultTransportSettings,
      drainMs: 2_000,
      rates: {
        operations: noLimit,
        sends: noLimit,
        changes: noLimit,
        typing: noLimit,
        guests: noLimit,
        signUps: noLimit,
        signIns: noLimit,
        passwords: noLimit,
        exports: noLimit,
      },
      ...transport,
      port,
    },
  });
  let node = await startNode(settings(transport?.port ?? 0), log);
  return {
    get url() {
      return node.url;
    },
    get node() {
      return node;
    },
    database,
    stop: () => node.stop(),
    async start() {
      node = await startNode(settings(Number(new URL(node.url).port)), log);
    },
    async [Symbol.asyncDispose]() {
      await node.stop();
      if (!givenDatabase) await database[Symbol.asyncDispose]();
    },
  };
}
