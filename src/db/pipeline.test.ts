import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createTestDatabase, lockWaitersIn } from '../../test/support/database.ts';
import { type OpenDatabaseOptions, openDatabase } from './connection.ts';
import { classifyDatabaseError } from './database-error.ts';
import { inOneTrip, NotCommitted, Pipeline } from './pipeline.ts';

const lock = 'SELECT pg_advisory_xact_lock(1)';
const count = 'SELECT count(*) AS count FROM thing WHERE id > $1';
const insert = 'INSERT INTO thing (id) SELECT * FROM unnest($1::int[])';
const insertion = (...ids: number[]) => ({ sql: insert, parameters: [ids] });

describe('a pipeline', () => {
  // The second row is the negative control: this is what facts from before the lock would look like.
  test.each([
    ['READ COMMITTED', 'sees', 1],
    ['REPEATABLE READ', 'would not see', 0],
  ])(
    '[W4] in %s, what is read behind a lock in the same trip %s what its holder committed',
    async (isolation, _, seen) => {
      const { tx, holder, database } = await setUp();
      await holder.query(`BEGIN; ${lock}; INSERT INTO thing VALUES (1)`);
      const trip = inOneTrip<[unknown, { count: number }[]]>([
        tx.query(`BEGIN ISOLATION LEVEL ${isolation}; ${lock}`),
        tx.query(count, [0]),
      ]);
      await expect.poll(() => lockWaitersIn(database)).toBe(1);
      await holder.query('COMMIT');
      expect((await trip)[1]).toEqual([{ count: seen }]);
    },
  );

  test('a lock that is not given in time is the failure of the trip, not what fails behind it', async () => {
    const { tx, holder } = await setUp({ lockTimeoutMs: 100 });
    await holder.query(`BEGIN; ${lock}`);
    const asked = [tx.query(`BEGIN; ${lock}`), tx.query(count, [0])] as const;
    await expect(inOneTrip(asked)).rejects.toMatchObject({ code: '55P03' });
    await expect(asked[1]).rejects.toMatchObject({ code: '25P02' });
  });

  test('[W3] of a transaction that failed on its way it says so, with the first failure, and nothing is there', async () => {
    const { tx, database } = await setUp();
    await tx.query('BEGIN');
    const failure = await tx.commit([insertion(1), insertion(2, 2), insertion(3)]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NotCommitted);
    expect(failure).toMatchObject({ cause: { code: '23505' } });
    expect(await database.query('SELECT 1 FROM thing')).toEqual([]);
  });

  test('[W6] a COMMIT that fails itself is none of which it would say that nothing was done', async () => {
    const { tx, database } = await setUp();
    await database.query('ALTER TABLE thing ADD FOREIGN KEY (id) REFERENCES other (id) DEFERRABLE INITIALLY DEFERRED');
    await tx.query('BEGIN');
    const failure = await tx.commit([insertion(1)]).catch((error: unknown) => error);
    expect(failure).not.toBeInstanceOf(NotCommitted);
    expect(failure).toMatchObject({ code: '23503' });
  });

  test('[W4] a trip is done if its proof holds, each by its own, and what a failure kept from being prepared is prepared afterwards', async () => {
    const { tx, database } = await setUp();
    const begin = ['BEGIN', lock].map((sql) => ({ sql, parameters: [] }));
    const proof = (things: number) => ({
      sql: `SELECT ('things are ' || count(*))::int FROM thing HAVING count(*) <> $1::int`,
      parameters: [things],
    });
    const other = { sql: 'INSERT INTO other (id) SELECT * FROM unnest($1::int[])', parameters: [[1]] };
    expect(await tx.commitIf(begin, [proof(0)], [insertion(1)])).toBe(true);
    const behind = [
      tx.commitIf(begin, [proof(0)], [other]),
      tx.commitIf(begin, [proof(2)], [other]),
      tx.commitIf(begin, [proof(1)], [insertion(2)]),
    ];
    expect(await Promise.all(behind)).toEqual([false, false, true]);
    expect(await database.query('SELECT id FROM thing UNION ALL SELECT id FROM other')).toEqual([{ id: 1 }, { id: 2 }]);
    expect(await tx.commitIf(begin, [proof(2)], [other])).toBe(true);
    const failure = await tx.commitIf(begin, [proof(2)], [insertion(1)]).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'NotCommitted', cause: { code: '23505' } });
    expect(await tx.commitIf(begin, [proof(2)], [insertion(3)])).toBe(true);
  });

  test('a failure that nobody waits for any more ends no process', async () => {
    const { tx } = await setUp();
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    void tx.query('SELECT 1 / 0');
    expect(await tx.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await new Promise(setImmediate);
    expect(unhandled).toEqual([]);
  });

  test('gives up all of a trip when PostgreSQL does not answer, and its connection with it', async () => {
    const { tx, client, pool, holder } = await setUp({ lockTimeoutMs: 0 }, 100);
    await holder.query(`BEGIN; ${lock}`);
    const asked = [tx.query(`BEGIN; ${lock}`), tx.query(count, [0])] as const;
    const outcomes = await Promise.allSettled(asked);
    for (const outcome of outcomes) {
      expect(['timeout', 'unreachable']).toContain(classifyDatabaseError((outcome as PromiseRejectedResult).reason));
    }
    expect(classifyDatabaseError((outcomes[0] as PromiseRejectedResult).reason)).toBe('timeout');
    client.release(true);
    expect(pool.totalCount).toBe(0);
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  test('keeps to the indexes with plans that were made while a table was small', async () => {
    const { tx, client, database } = await setUp();
    const scans = () =>
      database.query<{ scans: number; looked: number }>(
        `SELECT seq_scan::int AS scans, idx_scan::int AS looked FROM pg_stat_user_tables WHERE relname = 'thing'`,
      );
    await database.query('INSERT INTO thing VALUES (1)');
    await database.query('ANALYZE thing');
    const [before] = await scans();
    for (let n = 0; n < 10; n += 1) await tx.query('SELECT 1 FROM thing WHERE id = ANY($1::int[])', [[n]]);
    // A session hands its counts over when it ends, if not before.
    client.release(true);
    await expect.poll(scans).toEqual([{ scans: before?.scans, looked: (before?.looked ?? 0) + 10 }]);
  });
});

async function setUp(limits: Partial<OpenDatabaseOptions<never>> = {}, responseMs = 5_000) {
  const database = await createTestDatabase();
  onTestFinished(() => database[Symbol.asyncDispose]());
  await database.query('CREATE TABLE thing (id int PRIMARY KEY); CREATE TABLE other (id int PRIMARY KEY)');
  const connection = { connectionString: database.url };
  const opened = openDatabase({ connection, poolSize: 1, applicationName: 'test', isPipelined: true, ...limits });
  onTestFinished(() => opened.close());
  const holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  onTestFinished(() => holder.end());
  const { pool } = opened;
  const client = await pool.connect();
  onTestFinished(() => releaseAnyway(client));
  return { database, holder, pool, client, tx: new Pipeline(pool, client, responseMs) };
}

/** The test may have given it back itself. */
function releaseAnyway(client: pg.PoolClient): void {
  try {
    client.release(true);
  } catch {}
}
