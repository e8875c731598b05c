import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { beginning, beginningsOf, type Database, openDatabase } from '../src/db/connection.ts';
import { inOneTrip, Pipeline } from '../src/db/pipeline.ts';
import { findPooler } from '../src/db/pooler.ts';
import { Snapshot } from '../src/db/snapshot.ts';
import { type Log, silentLog } from '../src/observe/log.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { Talk } from './support/nodes.ts';
import { type PgBouncer, startPgBouncer } from './support/pgbouncer.ts';
import { quietLog } from './support/quiet-log.ts';
import { startServer, type TestServerOptions } from './support/server.ts';

const dropped = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'];

// Both ways in which operators set it up: as it comes, and as what one reads about other programs advises.
describe.each([
  ['refuses the limits of a session', undefined],
  ['drops the limits of a session', dropped],
])('behind a PgBouncer in transaction mode that %s', (_, ignores) => {
  let pgbouncer: PgBouncer;

  beforeAll(async () => {
    pgbouncer = await startPgBouncer({
      postgresHost: inject('postgresHost'),
      postgresPort: inject('postgresPort'),
      postgresUser: inject('postgresUser'),
      ...(ignores && { ignores }),
    });
  });

  afterAll(() => pgbouncer[Symbol.asyncDispose]());

  /** The nodes start at once, on an empty database. */
  async function startBehind(count: number, optionsOf: (database: TestDatabase) => TestServerOptions) {
    const database = await createTestDatabase();
    onTestFinished(() => database[Symbol.asyncDispose]());
    const warnings: string[] = [];
    const note = (fields: object, message: string) => void warnings.push(`${JSON.stringify(fields)} ${message}`);
    const log: Log = { ...silentLog, warn: note, error: note, child: () => log };
    const pooled = { ...database, url: pgbouncer.through(database.url) };
    const starting = Array.from({ length: count }, () =>
      startServer({ database: pooled, log, ...optionsOf(database) }),
    );
    const nodes = await Promise.all(starting);
    for (const node of nodes) onTestFinished(() => node[Symbol.asyncDispose]());
    return { database, nodes, warnings };
  }

  test('[R2] two nodes give every reader each message once and in order, and ring by DATABASE_DIRECT_URL', async () => {
    const { nodes, warnings, database } = await startBehind(2, ({ url }) => ({ databaseDirectUrl: url }));
    const talk = await Talk.begin(nodes);
    await talk.goesOn(100);
    await talk.settle();
    expect(nodes.map(({ node }) => node.engine.nodes.isListening)).toEqual([true, true]);
    expect(warnings).toEqual([]);
    const locks = await database.query(
      `SELECT 1 FROM pg_locks WHERE locktype = 'advisory'
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    expect(locks).toEqual([]);
  });

  test('[R2] without a direct connection nothing is lost either, and the log says what would be better', async () => {
    const { nodes, warnings } = await startBehind(2, () => ({}));
    expect(nodes.map(({ node }) => node.engine.nodes.isListening)).toEqual([false, false]);
    const warning =
      '{"setting":"DATABASE_URL"} a pooler stands before PostgreSQL: LISTEN needs a DATABASE_DIRECT_URL that leads past it';
    expect(warnings).toEqual([warning, warning]);
    const talk = await Talk.begin(nodes);
    await talk.goesOn(20);
    await talk.settle();
  });

  test('a DATABASE_DIRECT_URL that leads to the pooler too is found out', async () => {
    const { warnings } = await startBehind(1, ({ url }) => ({ databaseDirectUrl: pgbouncer.through(url) }));
    expect(warnings).toEqual([expect.stringContaining('"setting":"DATABASE_DIRECT_URL"')]);
  });

  test('the limits of a commit and of a snapshot hold within them, and bind nobody after them', async () => {
    await using database = await createTestDatabase();
    const connection = { connectionString: pgbouncer.through(database.url) };
    expect(await findPooler(connection)).toBe(true);
    expect(await findPooler({ connectionString: database.url })).toBe(false);
    await using limited = openDatabase({
      connection,
      isPooled: true,
      poolSize: 4,
      applicationName: 'test',
      log: quietLog,
      statementTimeoutMs: 300,
      lockTimeoutMs: 200,
      idleInTransactionTimeoutMs: 100,
    });
    const shown = async (source: Pick<Snapshot, 'query'>) =>
      Promise.all(dropped.map(async (name) => Object.values((await source.query<object>(`SHOW ${name}`))[0] ?? {})[0]));
    const snapshot = new Snapshot(limited.pool);
    expect(await shown(snapshot)).toEqual(['300ms', '200ms', '100ms']);
    await snapshot.end();
    // Through every session of the pooler, each in its turn.
    const unbound = { query: async <Row>(sql: string) => (await limited.pool.query(sql)).rows as Row[] };
    for (let n = 0; n < 6; n++) expect(await shown(unbound)).toEqual(['0', '0', '0']);

    const slow = new Snapshot(limited.pool);
    await expect(slow.query('SELECT pg_sleep(5)')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await slow.end();
    await losesLockWhenIdle(limited, database);
  });

  /** As a committer's, with one connection and a short wait for locks. */
  function openForCommits(url: string) {
    return openDatabase({
      connection: { connectionString: pgbouncer.through(url) },
      isPooled: true,
      isPipelined: true,
      poolSize: 1,
      applicationName: 'test',
      log: quietLog,
      lockTimeoutMs: 200,
    });
  }

  test('a commit in two trips has its limits from the first statement on, and tells a failed one by its end', async () => {
    await using database = await createTestDatabase();
    await database.query('CREATE TABLE thing (id int PRIMARY KEY)');
    await using limited = openForCommits(database.url);
    const lock = `${beginning(limited.pool, 'BEGIN')}; SELECT pg_advisory_xact_lock(1)`;
    const inTransaction = async (work: (tx: Pipeline) => Promise<unknown>) => {
      const client = await limited.pool.connect();
      const outcome = await work(new Pipeline(limited.pool, client, 5_000)).catch((error: unknown) => error);
      client.release(outcome !== undefined);
      return outcome;
    };
    const write = (...ids: number[]) =>
      inTransaction(async (tx) => {
        await inOneTrip([tx.query(lock), tx.query('SELECT 1 FROM thing WHERE id = $1', [1])]);
        await tx.commit([{ sql: 'INSERT INTO thing SELECT * FROM unnest($1::int[])', parameters: [ids] }]);
      });
    // More often than the pooler has sessions.
    for (let n = 0; n < 8; n += 1) expect(await write(n)).toBeUndefined();
    expect(await write(8, 8)).toMatchObject({ name: 'NotCommitted', cause: { code: '23505' } });
    expect(await write(9)).toBeUndefined();
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    await holder.query('SELECT pg_advisory_lock(1)');
    expect(await write(10)).toMatchObject({ code: '55P03' });
    await holder.end();
    const stored = await database.query<{ id: number }>('SELECT id FROM thing ORDER BY id');
    expect(stored.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 9]);
  });

  test('a commit in one trip has its limits, is done if its proof holds, and leaves the session of the pooler as it was', async () => {
    await using database = await createTestDatabase();
    await database.query('CREATE TABLE thing (id int PRIMARY KEY)');
    await using limited = openForCommits(database.url);
    const begin = [...beginningsOf(limited.pool, 'BEGIN'), 'SELECT pg_advisory_xact_lock(1)'].map((sql) => ({
      sql,
      parameters: [],
    }));
    const client = await limited.pool.connect();
    await using _ = { [Symbol.asyncDispose]: async () => client.release(true) };
    const tx = new Pipeline(limited.pool, client, 5_000);
    const write = (id: number, things: number) =>
      tx.commitIf(
        begin,
        [{ sql: `SELECT ('things: ' || count(*))::int FROM thing HAVING count(*) <> $1::int`, parameters: [things] }],
        [{ sql: 'INSERT INTO thing SELECT * FROM unnest($1::int[])', parameters: [[id]] }],
      );
    // More often than the pooler has sessions.
    for (let n = 0; n < 8; n += 1) {
      expect(await write(n, n + 1)).toBe(false);
      expect(await write(n, n)).toBe(true);
    }
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    await holder.query('SELECT pg_advisory_lock(1)');
    await expect(write(8, 8)).rejects.toMatchObject({ name: 'NotCommitted', cause: { code: '55P03' } });
    await holder.end();
    expect(await write(8, 8)).toBe(true);
    const stored = await database.query<{ id: number }>('SELECT id FROM thing ORDER BY id');
    expect(stored.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  /** What a paused node would do: the lock is free although its holder says nothing more. */
  async function losesLockWhenIdle(limited: Database, database: TestDatabase) {
    const holder = await limited.pool.connect();
    await holder.query(beginning(limited.pool, 'BEGIN'));
    await holder.query('SELECT pg_advisory_xact_lock(1)');
    await database.query('SELECT pg_advisory_lock(1)');
    await expect(holder.query('COMMIT')).rejects.toThrow();
    holder.release(true);
  }
});
