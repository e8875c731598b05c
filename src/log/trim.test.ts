import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { setUpCommitter } from '../../test/support/committer.ts';
import { lockWaitersIn } from '../../test/support/database.ts';
import { age, heldOf, trim } from '../../test/support/filled-log.ts';
import { poolQueryable } from '../db/snapshot.ts';
import { APPEND_LOCK } from './attempt.ts';
import { readMark, readPlace } from './head.ts';
import { trimLog } from './trim.ts';

type World = Awaited<ReturnType<typeof setUpCommitter>>;

async function write({ committer }: Pick<World, 'committer'>, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, n) => committer.submit({ name: `c${n}`, does: 'write' })));
}

async function seqs({ database }: World): Promise<number[]> {
  const rows = await database.query<{ room_seq: string }>('SELECT room_seq FROM event ORDER BY position');
  return rows.map(({ room_seq }) => Number(room_seq));
}

const upFrom = (first: number, count: number) => Array.from({ length: count }, (_, n) => first + n);

describe('a trim', () => {
  test('[R9] takes what is old enough from the front of the log, and nothing behind the first event that is not', async () => {
    const world = await setUpCommitter();
    const { database, commits } = world;
    await write(world, 40);
    await age(database, 25);
    // Old by the clock of another node, behind one that is young.
    await database.query(`UPDATE event SET at = now() - interval '40 days' WHERE position = 30`);
    const tags = await database.query<{ tag: string }>('SELECT tag FROM event WHERE position IN (25, 26) ORDER BY 1');
    const before = await readMark(poolQueryable(commits.pool));
    expect(await trim(database, { chunkEvents: 7 })).toEqual({ events: 25, position: 25, isDone: true });
    expect(await heldOf(database)).toEqual({ trimmed: 25, first: 26, last: 40, holes: 0 });
    expect(await readMark(poolQueryable(commits.pool))).toEqual(before);
    const place = await readPlace(poolQueryable(commits.pool), 25);
    expect(tags.map(({ tag }) => Number(tag))).toContain(place.tag);
    expect(place).toEqual({ tag: place.trimmed.tag, trimmed: { position: 25, tag: place.tag }, headPosition: 40 });
    expect(await readPlace(poolQueryable(commits.pool), 24)).toMatchObject({ tag: null });
    expect(await trim(database)).toEqual({ events: 0, position: 25, isDone: true });
  });

  test('[R9] [W2] of the whole log leaves the head: no position and no count of a room is used again, whoever starts anew', async () => {
    const world = await setUpCommitter();
    const { database, commits, restart } = world;
    await write(world, 12);
    await age(database);
    const head = await readMark(poolQueryable(commits.pool));
    expect(await trim(database)).toEqual({ events: 12, position: 12, isDone: true });
    expect(await heldOf(database)).toEqual({ trimmed: 12, first: null, last: null, holes: 0 });
    expect(await readMark(poolQueryable(commits.pool))).toEqual(head);
    const again = restart();
    expect(await again.submit({ name: 'next', does: 'write' })).toBe('next at 13');
    expect(await seqs(world)).toEqual([13]);
    expect(world.batches.at(-1)?.afterTag).toBe(head.tag);
    await age(database);
    await trim(database);
    await write(world, 3);
    expect(await seqs(world)).toEqual([14, 15, 16]);
  });

  test('[R9] that is cut off at a COMMIT has done its chunk or not, and the next one goes on', async () => {
    for (const when of ['before', 'after'] as const) {
      const world = await setUpCommitter();
      const { database, commits, proxy } = world;
      await write(world, 20);
      await age(database);
      proxy.cutNextCommit(when);
      const cut = trimLog({ pool: commits.pool, before: new Date(), limits: { chunkEvents: 6, pauseMs: 0 } });
      await expect(cut).rejects.toThrow();
      expect(proxy.cuts).toBe(1);
      const done = when === 'after' ? 6 : 0;
      await expect.poll(() => heldOf(database)).toEqual({ trimmed: done, first: done + 1, last: 20, holes: 0 });
      expect(await trim(database)).toEqual({ events: 20 - done, position: 20, isDone: true });
    }
  });

  test('[R9] [W2] beside others and beside writers makes no hole, and takes each event once', async () => {
    const world = await setUpCommitter();
    const { database } = world;
    await write(world, 600);
    await age(database, 500);
    const trims = Array.from({ length: 4 }, () => trim(database, { chunkEvents: 10 }));
    const writes = (async () => {
      for (let n = 0; n < 20; n += 1) await write(world, 10);
    })();
    const done = await Promise.all(trims);
    await writes;
    // Who found another at it went home; one at least went on to the end, or the next trim does.
    const last = await trim(database);
    expect([...done, last].reduce((sum, { events }) => sum + events, 0)).toBe(500);
    expect(await heldOf(database)).toEqual({ trimmed: 500, first: 501, last: 800, holes: 0 });
    expect(await seqs(world)).toEqual(upFrom(501, 300));
  });

  test('[W6] that went past a commit in doubt leaves it unknown, rather than to be done twice', async () => {
    const world = await setUpCommitter({ settleMs: 20_000 }, Date.now, 20_000);
    const { committer, database, proxy } = world;
    await write(world, 3);
    // They stand in for the days that the process stood still: the second one has the lock right behind the commit.
    const [before, behind] = [new pg.Client(database.url), new pg.Client(database.url)];
    for (const client of [before, behind]) {
      await client.connect();
      onTestFinished(() => client.end());
    }
    const waiting = (count: number) => expect.poll(() => lockWaitersIn(database)).toBe(count);
    await before.query(`SELECT pg_advisory_lock(${APPEND_LOCK})`);
    proxy.cutNextCommit('after');
    const doubtful = committer.submit({ name: 'doubtful', does: 'write' }).then(
      () => 'done',
      (error) => error.details.outcome,
    );
    await waiting(1);
    const held = behind.query(`SELECT pg_advisory_lock(${APPEND_LOCK})`);
    await waiting(2);
    await before.query(`SELECT pg_advisory_unlock(${APPEND_LOCK})`);
    await held;
    // The lock is given on right before the COMMIT is answered, and the answer is what is cut off.
    await expect.poll(() => proxy.cuts).toBe(1);
    expect((await heldOf(database)).last).toBe(4);
    await database.query(
      `INSERT INTO event SELECT 5, 5, room_id, NULL, 5, kind, body, actor_id, at FROM event WHERE position = 4`,
    );
    await age(database);
    await trim(database);
    await behind.query(`SELECT pg_advisory_unlock(${APPEND_LOCK})`);
    expect(await doubtful).toBe('UNKNOWN');
    expect(await heldOf(database)).toEqual({ trimmed: 5, first: null, last: null, holes: 0 });
  });
});
