import type pg from 'pg';
import { describe, expect, test } from 'vitest';
import { setUpCommitter } from '../../test/support/committer.ts';
import { holesOf } from '../../test/support/history.ts';
import { Trip } from '../db/trip.ts';
import { APPEND_LOCK } from './attempt.ts';

/** Of what asks for the place of an event that is in doubt. */
const lookUp = 'AS "headPosition"';

describe('the trips of a commit', () => {
  test('are two: lock and facts, then events and COMMIT', async () => {
    const { committer, proxy } = await setUpCommitter();
    await committer.submit({ name: 'first', does: 'write' });
    const before = proxy.trips;
    await committer.submit({ name: 'second', does: 'write' });
    expect(proxy.trips - before).toBe(2);
  });

  test('[W1][W2][W6] connections lost in the midst of the last one lose and repeat nothing', async () => {
    const { committer, proxy, batches, written } = await setUpCommitter();
    const names: string[] = [];
    for (let round = 0; round < 12; round++) {
      if (round % 2 > 0) proxy.cutNextCommit('during');
      const burst = Array.from({ length: 3 }, (_, index) => `r${round} c${index}`);
      names.push(...burst);
      await Promise.all(burst.map((name) => committer.submit({ name, does: 'write' })));
    }
    expect(proxy.cuts).toBe(6);
    expect(await written()).toEqual(names);
    const told = batches.flatMap(({ events }) => events);
    expect(told.map(({ body }) => body.name)).toEqual(names);
    expect(holesOf(told.map(({ position }) => position))).toEqual([]);
  });

  test('[W3] a COMMIT that PostgreSQL answers by ROLLBACK is not in doubt, nor done', async () => {
    const { committer, commits, batches, written } = await setUpCommitter();
    const seen: string[] = [];
    commits.pool.on('connect', (client) => watch(client, seen));
    await expect(committer.submit({ name: 'bad', does: 'break' })).rejects.toThrow(
      'invalid input syntax for type uuid',
    );
    expect(seen.filter((line) => line === 'answered COMMIT')).toHaveLength(1);
    expect(seen.filter((line) => line.includes(lookUp))).toEqual([]);
    expect(batches).toEqual([]);
    expect(await written()).toEqual([]);
  });

  test('[W6] a lock that others keep is said to be that, and what waits for it is done when it is free', async () => {
    const { committer, database, commits, written } = await setUpCommitter({ settleMs: 600 }, Date.now, 100);
    const seen: string[] = [];
    commits.pool.on('connect', (client) => watch(client, seen));
    const release = await holdLock(database);
    const hopeless = committer.submit({ name: 'hopeless', does: 'write' });
    await expect(hopeless).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { outcome: 'NOT_DONE' } });
    await expect(hopeless).rejects.toThrow('the database did not answer in time');
    await expect(hopeless).rejects.toMatchObject({ cause: { code: '55P03' } });
    const patient = committer.submit({ name: 'patient', does: 'write' });
    seen.length = 0;
    await expect.poll(() => seen.some((line) => line.startsWith('failed'))).toBe(true);
    await release();
    expect(await patient).toBe('patient at 1');
    expect(await written()).toEqual(['patient']);
  });

  test('[W1][W2] a session that PostgreSQL ends between them costs a new one, and the commands are done once', async () => {
    const { committer, database, batches, written } = await setUpCommitter({}, Date.now, 100);
    await committer.submit({ name: 'first', does: 'write' });
    const pids = () =>
      database.query(`SELECT pid FROM pg_stat_activity WHERE application_name = 'committer under test'`);
    const before = await pids();
    let pauses = 0;
    const slow = committer.submit({
      get name() {
        return 'paused';
      },
      get does() {
        pauses += 1;
        return pauses === 1 ? ('dawdle' as const) : ('write' as const);
      },
    });
    expect(await slow).toBe('paused at 2');
    expect(pauses).toBeGreaterThan(1);
    expect(await pids()).not.toEqual(before);
    expect(await written()).toEqual(['first', 'paused']);
    expect(batches.flatMap(({ events }) => events.map(({ body }) => body.name))).toEqual(['first', 'paused']);
  });

  test('[W6] a PostgreSQL that falls silent is given up in time, and the outcome is unknown or nothing was done', async () => {
    const { committer, database, written } = await setUpCommitter({ settleMs: 900, responseMs: 600 });
    await committer.submit({ name: 'first', does: 'write' });
    const release = await holdLock(database);
    const silent = committer.submit({ name: 'silent', does: 'write' });
    await expect(silent).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { outcome: 'NOT_DONE' } });
    await release();
    await database.query(`
      CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(3); RETURN NULL; END';
      CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON event DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION linger()`);
    const doubtful = committer.submit({ name: 'doubtful', does: 'write' });
    await expect(doubtful).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { outcome: 'UNKNOWN' } });
    await expect.poll(written, { timeout: 5_000 }).toEqual(['first', 'doubtful']);
  });
});

/** Notes what is asked for and what is answered, in that order. */
function watch(client: pg.PoolClient, seen: string[]): void {
  const query = client.query.bind(client) as (asked: unknown) => Promise<unknown>;
  const watched = (asked: pg.QueryConfig | Trip) => {
    if (asked instanceof Trip) return query(asked);
    seen.push(`asked ${asked.text.trim()}`);
    const answer = query(asked);
    answer.then(
      () => seen.push(`answered ${asked.text.trim()}`),
      () => seen.push(`failed ${asked.text.trim()}`),
    );
    return answer;
  };
  client.query = watched as unknown as typeof client.query;
}

/** Another writer that keeps the lock until it is told to give it back. */
async function holdLock(database: { readonly url: string }): Promise<() => Promise<void>> {
  const { default: driver } = await import('pg');
  const holder = new driver.Client({ connectionString: database.url });
  await holder.connect();
  await holder.query(`SELECT pg_advisory_lock(${APPEND_LOCK})`);
  return () => holder.end();
}
