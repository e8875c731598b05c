import { expect, test } from 'vitest';
import { createPace, createTurns } from './turns.ts';

test('of many that come at once so many begin in a turn of the event loop, all in their order', async () => {
  const begun: number[] = [];
  const inTurn = createTurns(2);
  for (let n = 1; n <= 5; n++) inTurn(() => void begun.push(n));
  const perTurn = [[...begun]];
  for (let turn = 0; turn < 4; turn++) {
    await new Promise(setImmediate);
    perTurn.push([...begun]);
  }
  expect(perTurn).toEqual([
    [1, 2],
    [1, 2, 3, 4],
    [1, 2, 3, 4, 5],
    [1, 2, 3, 4, 5],
    [1, 2, 3, 4, 5],
  ]);
  inTurn(() => void begun.push(6));
  expect(begun.at(-1)).toBe(6);
});

test('what comes while others wait does not overtake them', async () => {
  const begun: number[] = [];
  const inTurn = createTurns(1);
  for (const n of [1, 2, 3]) inTurn(() => void begun.push(n));
  await new Promise(setImmediate);
  inTurn(() => void begun.push(4));
  for (let turn = 0; turn < 4; turn++) await new Promise(setImmediate);
  expect(begun).toEqual([1, 2, 3, 4]);
});

const noise = 1; // A timer may be early by a fraction of its millisecond.

test('one after the other begins at a pace, in their order', async () => {
  const begunAt = new Map<number, number>();
  const atPace = createPace({ everyMs: 20, many: 10, everyMsWhenMany: 1_000 });
  for (let n = 0; n < 4; n++) atPace(() => void begunAt.set(n, performance.now()));
  expect(begunAt.size).toBe(1);
  await expect.poll(() => begunAt.size).toBe(4);
  expect([...begunAt.keys()]).toEqual([0, 1, 2, 3]);
  expect(Math.min(...gapsOf([...begunAt.values()]))).toBeGreaterThan(20 - noise);
});

test('while many are under way others begin at a slower pace, and at the faster one again when they have ended', async () => {
  const begunAt: number[] = [];
  const ends: (() => void)[] = [];
  const atPace = createPace({ everyMs: 1, many: 2, everyMsWhenMany: 60 });
  const begin = (end: () => void) => {
    begunAt.push(performance.now());
    ends.push(end);
  };
  for (let n = 0; n < 4; n++) atPace(begin);
  await expect.poll(() => begunAt.length).toBe(4);
  expect(gapsOf(begunAt)[2]).toBeGreaterThan(60 - noise);

  for (const end of ends) end();
  for (let n = 0; n < 12; n++) {
    atPace((end) => {
      begin(end);
      end();
    });
  }
  await expect.poll(() => begunAt.length).toBe(16);
  // The first of them waits for the end of the slow pace. At that pace the others would take 600 ms.
  expect((begunAt[15] as number) - (begunAt[5] as number)).toBeLessThan(500);
});

function gapsOf(times: readonly number[]): number[] {
  return times.slice(1).map((at, n) => at - (times[n] as number));
}
