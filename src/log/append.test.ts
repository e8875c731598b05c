import type pg from 'pg';
import { describe, expect, test } from 'vitest';
import { setUpCommitter } from '../../test/support/committer.ts';
import { holesOf } from '../../test/support/history.ts';
import { Fault } from '../observe/fault.ts';

describe('the committer', () => {
  test('[W1][W2] takes what arrives together into one transaction, in the order of arrival', async () => {
    const { committer, batches, written } = await setUpCommitter();
    const names = Array.from({ length: 50 }, (_, index) => `c${index}`);
    const results = await Promise.all(names.map((name) => committer.submit({ name, does: 'write' })));
    expect(results).toEqual(names.map((name, index) => `${name} at ${index + 1}`));
    expect(batches.map(({ events }) => events.length)).toEqual([50]);
    expect(await written()).toEqual(names);
  });

  test('[W3] a refusal touches nobody else', async () => {
    const { committer, written } = await setUpCommitter();
    const does = ['write', 'refuse', 'write', 'refuse', 'write'] as const;
    const results = await Promise.all(does.map((one, index) => committer.submit({ name: `c${index}`, does: one })));
    expect(results).toEqual(['c0 at 1', 'refused', 'c2 at 2', 'refused', 'c4 at 3']);
    expect(await written()).toEqual(['c0', 'c2', 'c4']);
  });

  test.each(['throw', 'break'] as const)(
    '[W3] of a batch the commands that %s fail alone, by their own failure',
    async (fault) => {
      const { committer, batches, written } = await setUpCommitter();
      const culprits = new Set([3, 4, 17]);
      const commands = Array.from({ length: 20 }, (_, index) => ({
        name: `c${index}`,
        does: culprits.has(index) ? fault : ('write' as const),
      }));
      const outcomes = await Promise.allSettled(commands.map((command) => committer.submit(command)));
      const failed = outcomes.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []));
      expect(failed).toEqual([...culprits]);
      for (const index of culprits) {
        const reason = fault === 'throw' ? `c${index} is broken` : 'invalid input syntax for type uuid';
        expect(String((outcomes[index] as PromiseRejectedResult).reason)).toContain(reason);
      }
      const innocent = commands.filter((_, index) => !culprits.has(index)).map(({ name }) => name);
      expect(await written()).toEqual(innocent);
      expect(batches.flatMap(({ events }) => events.map(({ body }) => body.name))).toEqual(innocent);
    },
  );

  test.each(['before', 'after'] as const)(
    '[W1][W6] a connection lost %s PostgreSQL has the COMMIT leaves every command done once',
    async (when) => {
      const { committer, proxy, batches, written } = await setUpCommitter();
      await committer.submit({ name: 'first', does: 'write' });
      proxy.cutNextCommit(when);
      const names = ['a', 'b', 'c'];
      const results = await Promise.all(names.map((name) => committer.submit({ name, does: 'write' })));
      expect(proxy.cuts).toBe(1);
      expect(results).toEqual(['a at 2', 'b at 3', 'c at 4']);
      expect(await written()).toEqual(['first', ...names]);
      expect(batches.map(({ events }) => events.length)).toEqual([1, 3]);
    },
  );

  test('[W1][W2][W6] connections lost at one COMMIT after the other lose and repeat nothing', async () => {
    const { committer, proxy, batches, written } = await setUpCommitter();
    const names: string[] = [];
    for (let round = 0; round < 12; round++) {
      if (round % 4 > 0) proxy.cutNextCommit(round % 4 === 1 ? 'before' : 'after');
      const burst = Array.from({ length: 7 }, (_, index) => `r${round} c${index}`);
      names.push(...burst);
      await Promise.all(burst.map((name) => committer.submit({ name, does: 'write' })));
    }
    expect(proxy.cuts).toBe(9);
    expect(await written()).toEqual(names);
    const told = batches.flatMap(({ events }) => events);
    expect(told.map(({ body }) => body.name)).toEqual(names);
    expect(holesOf(told.map(({ position }) => position))).toEqual([]);
  });

  test('[W6] says that the outcome is unknown where it cannot be found out, and that nothing was done where that is sure', async () => {
    const { committer, proxy, written } = await setUpCommitter({ settleMs: 300 });
    await committer.submit({ name: 'first', does: 'write' });
    proxy.cutNextCommit('after', true);
    const doubtful = committer.submit({ name: 'doubtful', does: 'write' });
    await expect(doubtful).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { outcome: 'UNKNOWN' } });
    const hopeless = committer.submit({ name: 'hopeless', does: 'write' });
    await expect(hopeless).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { outcome: 'NOT_DONE' } });
    proxy.isOpen = true;
    expect(await committer.submit({ name: 'last', does: 'write' })).toBe('last at 3');
    expect(await written()).toEqual(['first', 'doubtful', 'last']);
  });

  test('[W1] a COMMIT that fails in an unheard-of way is looked up too, not done again', async () => {
    const { committer, commits, written } = await setUpCommitter();
    commits.pool.on('connect', failAfterCommit);
    expect(await committer.submit({ name: 'once', does: 'write' })).toBe('once at 1');
    expect(await written()).toEqual(['once']);
  });

  test('gives up in time what waits behind others that cannot be settled', async () => {
    let now = 0;
    const { committer, proxy } = await setUpCommitter({ settleMs: 1_000, batchCommands: 1 }, () => now);
    proxy.isOpen = false;
    const taken = ['a', 'b', 'c'].map((name) => committer.submit({ name, does: 'write' }));
    now = 1_000;
    const outcomes = await Promise.allSettled(taken);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ reason: { code: 'UNAVAILABLE', details: { outcome: 'NOT_DONE' } } });
      expect(String((outcome as PromiseRejectedResult).reason)).toContain('the writes before it took too long');
    }
  });

  test('[W4] decides by the facts after the lock whatever isolation is the default of the database', async () => {
    const { committer, database, memory } = await setUpCommitter();
    memory.isUsed = true;
    await database.query(`
      DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = serializable', current_database());
      END $$;
      CREATE TABLE seen (isolation text);
      CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO seen VALUES (current_setting('transaction_isolation'));
        RETURN NULL;
      END $$;
      CREATE TRIGGER see AFTER INSERT ON event FOR EACH ROW EXECUTE FUNCTION see()`);
    // The third by what is known.
    for (const name of ['a', 'b', 'c']) await committer.submit({ name, does: 'write' });
    const seen = await database.query<{ isolation: string }>('SELECT isolation FROM seen');
    expect(seen.map(({ isolation }) => isolation)).toEqual(Array(3).fill('read committed'));
  });

  test('stop settles what was taken, and takes nothing more', async () => {
    const { committer, written } = await setUpCommitter({ batchCommands: 4 });
    const names = Array.from({ length: 10 }, (_, index) => `c${index}`);
    const taken = names.map((name) => committer.submit({ name, does: 'write' }));
    await committer.stop();
    await expect(committer.submit({ name: 'late', does: 'write' })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      details: { outcome: 'NOT_DONE' },
    });
    expect(await written()).toEqual(names);
    expect(await Promise.all(taken)).toHaveLength(10);
  });

  test('stop gives up what a database that is away cannot settle', async () => {
    const { committer, proxy } = await setUpCommitter();
    proxy.isOpen = false;
    const taken = committer.submit({ name: 'hopeless', does: 'write' }).catch((error: unknown) => error);
    await committer.stop();
    expect(await taken).toBeInstanceOf(Fault);
    expect(await taken).toMatchObject({ details: { outcome: 'NOT_DONE' } });
  });

  test('refuses what is over its queue, and does the rest', async () => {
    const { committer, written } = await setUpCommitter({ queueCommands: 3 });
    const outcomes = await Promise.allSettled(
      ['a', 'b', 'c', 'd', 'e'].map((name) => committer.submit({ name, does: 'write' })),
    );
    expect(outcomes.map(({ status }) => status)).toEqual([...Array(3).fill('fulfilled'), 'rejected', 'rejected']);
    expect(await written()).toEqual(['a', 'b', 'c']);
  });
});

/** The first COMMIT is done, and then fails by an error that nothing knows. */
function failAfterCommit(client: pg.PoolClient): void {
  const query = client.query.bind(client) as (asked: unknown) => Promise<unknown>;
  const failing = async (asked: pg.QueryConfig) => {
    const result = await query(asked);
    if (asked.text !== 'COMMIT') return result;
    client.query = query as unknown as typeof client.query;
    throw Object.assign(new Error('decryption failed'), { code: 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC' });
  };
  client.query = failing as unknown as typeof client.query;
}
