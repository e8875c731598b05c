import { describe, expect, test } from 'vitest';
import { setUpCommitter } from '../../test/support/committer.ts';
import { holesOf } from '../../test/support/history.ts';
import { newSeed, seededRandom } from '../../test/support/random.ts';

type SetUp = Awaited<ReturnType<typeof setUpCommitter>>;

/** With a memory that holds what was read, on a log that nobody else writes. */
async function setUpAlone(limits: Parameters<typeof setUpCommitter>[0] = {}): Promise<SetUp> {
  const setUp = await setUpCommitter(limits);
  setUp.memory.isUsed = true;
  for (const name of ['first', 'second']) await setUp.committer.submit({ name, does: 'write' });
  return setUp;
}

const names = (count: number, of: string) => Array.from({ length: count }, (_, n) => `${of} ${n}`);
const toldOf = ({ batches }: Pick<SetUp, 'batches'>) => batches.flatMap(({ events }) => events);

describe('a commit by what is known', () => {
  test('is one trip, once the log was found where it was left', async () => {
    const { committer, proxy, written } = await setUpAlone();
    const before = proxy.trips;
    expect(await committer.submit({ name: 'third', does: 'write' })).toBe('third at 3');
    expect(proxy.trips - before).toBe(1);
    expect(await written()).toEqual(['first', 'second', 'third']);
  });

  test('[W2] [W4] is not done where somebody else wrote meanwhile: it is decided anew, behind them', async () => {
    const { committer, restart, batches, memory, proxy, written } = await setUpAlone();
    const other = restart();
    await other.submit({ name: 'theirs', does: 'write' });
    expect(await committer.submit({ name: 'third', does: 'write' })).toBe('third at 4');
    expect(await written()).toEqual(['first', 'second', 'theirs', 'third']);
    expect(toldOf({ batches }).map(({ position }) => position)).toEqual([1, 2, 3, 4]);
    // What was read then is kept, and used again once the log was found as it was left.
    expect(memory.isKept).toBe(true);
    await committer.submit({ name: 'fourth', does: 'write' });
    const before = proxy.trips;
    await committer.submit({ name: 'fifth', does: 'write' });
    expect(proxy.trips - before).toBe(1);
  });

  test('[W3] with a refusal writes the others, and with one that breaks it splits', async () => {
    const { committer, written } = await setUpAlone();
    const refused = await Promise.all([
      committer.submit({ name: 'no', does: 'refuse' }),
      committer.submit({ name: 'third', does: 'write' }),
    ]);
    expect(refused).toEqual(['refused', 'third at 3']);
    const [broken, done] = await Promise.allSettled([
      committer.submit({ name: 'bad', does: 'break' }),
      committer.submit({ name: 'fourth', does: 'write' }),
    ]);
    expect(broken.status).toBe('rejected');
    expect(done).toEqual({ status: 'fulfilled', value: 'fourth at 4' });
    expect(await written()).toEqual(['first', 'second', 'third', 'fourth']);
  });

  test('[W3] that throws is tried alone, and those under way with it are done', async () => {
    const { committer, written } = await setUpAlone({ flightCommands: 2, batchCommands: 2 });
    const asked = ['a', 'b', 'bad', 'c', 'd', 'e'].map((name) =>
      committer.submit({ name, does: name === 'bad' ? 'throw' : 'write' }),
    );
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual([true, true, false, true, true, true]);
    expect(await written()).toEqual(['first', 'second', 'a', 'b', 'c', 'd', 'e']);
  });
});

describe('transactions one behind the other', () => {
  test('[W1] [W2] go out before the first is answered, are told and answered in their order', async () => {
    const setUp = await setUpAlone({ flights: 3, flightCommands: 2, batchCommands: 2 });
    const { committer, proxy, written } = setUp;
    const before = proxy.trips;
    const answered: string[] = [];
    const asked = names(6, 'm').map(async (name) => {
      const answer = await committer.submit({ name, does: 'write' });
      // Told of before it is answered.
      expect(toldOf(setUp).some(({ body }) => body.name === name)).toBe(true);
      answered.push(answer);
    });
    await Promise.all(asked);
    expect(answered).toEqual(names(6, 'm').map((name, n) => `${name} at ${n + 3}`));
    expect(proxy.trips - before).toBeLessThan(3);
    expect(setUp.batches.slice(2).map(({ events }) => events.length)).toEqual([2, 2, 2]);
    expect(await written()).toEqual(['first', 'second', ...names(6, 'm')]);
  });

  test('[W1] [W2] [W6] lose and repeat nothing, though connections are lost and others write', {
    timeout: 60_000,
  }, async () => {
    const seed = newSeed();
    console.log(`seed ${seed}`);
    const random = seededRandom(seed);
    const below = (limit: number) => Math.floor(random() * limit);
    const setUp = await setUpAlone({ flights: 3, flightCommands: 2, batchCommands: 4 });
    const { committer, proxy, restart, written } = setUp;
    const other = restart();
    const done: string[] = [];
    for (let round = 0; round < 60; round += 1) {
      if (random() < 0.4) proxy.cutNextCommit((['before', 'during', 'after'] as const)[below(3)] ?? 'before');
      if (random() < 0.2) {
        await other.submit({ name: `theirs ${round}`, does: 'write' });
        done.push(`theirs ${round}`);
      }
      const burst = names(below(12) + 1, `r${round}`);
      const answers = await Promise.all(burst.map((name) => committer.submit({ name, does: 'write' })));
      expect(answers.map((answer) => answer.split(' at ')[0])).toEqual(burst);
      done.push(...burst);
    }
    expect(proxy.cuts).toBeGreaterThan(10);
    expect(await written()).toEqual(['first', 'second', ...done]);
    const told = toldOf(setUp);
    expect(told.map(({ body }) => body.name)).toEqual(['first', 'second', ...done]);
    expect(holesOf(told.map(({ position }) => position))).toEqual([]);
  });

  test('[W1] [W2] that have to be tried again are not overtaken, nor joined in the midst, by what comes meanwhile', async () => {
    const setUp = await setUpAlone({ flights: 3, flightCommands: 2, batchCommands: 2 });
    const { committer, restart, written } = setUp;
    for (let round = 0; round < 10; round += 1) {
      await restart().submit({ name: `theirs ${round}`, does: 'write' });
      const submit = (name: string) => committer.submit({ name: `${name} ${round}`, does: 'write' });
      const asked = ['a', 'b', 'c', 'd', 'e', 'f'].map(submit);
      // Those of the first two transactions are settled then, and the log was found as it was left.
      await asked[3];
      await new Promise(setImmediate);
      await Promise.all([...asked, ...['g', 'h'].map(submit)]);
    }
    const perRound = (round: number) =>
      ['theirs', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => `${name} ${round}`);
    const expected = ['first', 'second', ...Array.from({ length: 10 }, (_, round) => perRound(round)).flat()];
    expect(await written()).toEqual(expected);
    expect(toldOf(setUp).map(({ body }) => body.name)).toEqual(expected);
  });

  test.each([5, 15, 60, 120])(
    '[W1] [W2] that PostgreSQL does %i ms after the connection was lost, are done once',
    async (ms) => {
      const setUp = await setUpAlone();
      const { committer, proxy, written } = setUp;
      proxy.delayNextCommit(ms);
      expect(await committer.submit({ name: 'third', does: 'write' })).toBe('third at 3');
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(proxy.cuts).toBe(1);
      expect(await written()).toEqual(['first', 'second', 'third']);
      expect(toldOf(setUp).map(({ body }) => body.name)).toEqual(['first', 'second', 'third']);
      expect(await committer.submit({ name: 'fourth', does: 'write' })).toBe('fourth at 4');
    },
  );

  test('[W6] whose connection is lost for good are said to be in doubt, as PostgreSQL may have what is left to do', async () => {
    const { committer, proxy } = await setUpAlone({ settleMs: 700 });
    proxy.cutNextCommit('before', true);
    const doubtful = committer.submit({ name: 'doubtful', does: 'write' });
    await expect(doubtful).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { outcome: 'UNKNOWN' } });
  });

  test('[W1] are all settled when the committer stops', async () => {
    const { committer, written } = await setUpAlone({ flights: 3, flightCommands: 2, batchCommands: 2 });
    const asked = names(9, 'm').map((name) => committer.submit({ name, does: 'write' }));
    await committer.stop();
    expect((await Promise.allSettled(asked)).every(({ status }) => status === 'fulfilled')).toBe(true);
    expect(await written()).toHaveLength(11);
  });
});
