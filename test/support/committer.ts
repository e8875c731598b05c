import { fileURLToPath } from 'node:url';
import { expect, inject, onTestFinished } from 'vitest';
import { openDatabase } from '../../src/db/connection.ts';
import { migrate } from '../../src/db/migrate.ts';
import { Committer, type CommitterLimits } from '../../src/log/append.ts';
import type { CommittedBatch } from '../../src/log/event.ts';
import { ensureLogState } from '../../src/log/head.ts';
import { randomTag } from '../../src/log/tag.ts';
import { silentLog } from '../../src/observe/log.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { holesOf } from './history.ts';
import { quietLog } from './quiet-log.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

const ROOM = '00000000-0000-7000-8000-000000000001';

/** `write` appends one event; the others fail in their way; `dawdle` writes after the node stood still for 300 ms. */
export interface TestCommand {
  readonly name: string;
  readonly does: 'write' | 'refuse' | 'throw' | 'break' | 'dawdle';
}

/** `isUsed`: what was kept is recalled. */
interface TestMemory {
  isUsed: boolean;
  isKept: boolean;
}

/** A committer on a database of its own, behind a proxy that loses connections on demand. */
export async function setUpCommitter(
  limits: Partial<CommitterLimits> = {},
  clock: () => number = Date.now,
  timeoutMs = 1_000,
) {
  const database = await createTestDatabase();
  onTestFinished(() => database[Symbol.asyncDispose]());
  await prepare(database);
  const proxy = await startTcpProxy(`${inject('postgresHost')}/.s.PGSQL.${inject('postgresPort')}`);
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  const commits = openDatabase({
    connection: { host: '127.0.0.1', port: proxy.port, user: inject('postgresUser'), database: nameOf(database) },
    isPipelined: true,
    poolSize: 1,
    applicationName: 'committer under test',
    lockTimeoutMs: timeoutMs,
    idleInTransactionTimeoutMs: timeoutMs,
  });
  onTestFinished(() => commits.close());
  const batches: CommittedBatch[] = [];
  const memory = { isUsed: false, isKept: false };
  const committer = committerOn(commits.pool, batches, memory, limits, clock);
  onTestFinished(() => committer.stop());
  /** Names of the commands whose events are in the log, in its order. Throws where it has a hole. */
  const written = async () => {
    const rows = await database.query<{ name: string; position: string; room_seq: string }>(
      `SELECT body ->> 'name' AS name, position, room_seq FROM event ORDER BY position`,
    );
    expect(holesOf(rows.map(({ position }) => Number(position)))).toEqual([]);
    expect(holesOf(rows.map(({ room_seq }) => Number(room_seq)))).toEqual([]);
    return rows.map(({ name }) => name);
  };
  /** As after a new start of the process: one that knows nothing but the database. */
  const restart = () => {
    const again = committerOn(commits.pool, batches, { isUsed: false, isKept: false }, limits, clock);
    onTestFinished(() => again.stop());
    return again;
  };
  return { committer, commits, database, proxy: proxy as TcpProxy, batches, memory, written, restart };
}

function committerOn(
  pool: ConstructorParameters<typeof Committer>[0]['pool'],
  batches: CommittedBatch[],
  memory: TestMemory,
  limits: Partial<CommitterLimits>,
  clock: () => number,
) {
  return new Committer<TestCommand, object, string>({
    pool,
    rules: {
      roomsOf: () => [ROOM],
      loadFacts: async () => ({}),
      recall: () => (memory.isUsed && memory.isKept ? { facts: {}, proofs: [] } : null),
      keep() {
        memory.isKept = true;
      },
      forget() {
        memory.isKept = false;
      },
      decide({ name, does }, _facts, batch) {
        if (does === 'refuse') return 'refused';
        if (does === 'dawdle') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
        if (does === 'throw') throw new Error(`${name} is broken`);
        const actorId = does === 'break' ? 'no id at all' : ROOM;
        const { position } = batch.append({
          audience: { kind: 'room', roomId: ROOM },
          kind: 'SAID',
          body: { name },
          actorId,
        });
        return `${name} at ${position}`;
      },
      effectsOf: () => [],
      touchedRows: () => ({}),
    },
    onCommitted: (batch) => batches.push(batch),
    log: silentLog,
    clock,
    randomTag,
    limits,
  });
}

async function prepare(database: TestDatabase): Promise<void> {
  const connection = { connectionString: database.url };
  await using direct = openDatabase({ connection, poolSize: 1, applicationName: 'test', log: quietLog });
  await migrate(direct, { migrationsFolder: fileURLToPath(new URL('../../src/db/migrations', import.meta.url)) });
  const source = { query: <Row>(sql: string, parameters?: readonly unknown[]) => database.query<Row>(sql, parameters) };
  await ensureLogState(source, '0123456789abcdef', randomTag());
}

function nameOf({ url }: TestDatabase): string {
  return new URL(url).pathname.slice(1);
}
