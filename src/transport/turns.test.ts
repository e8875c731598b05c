import { expect, test } from 'vitest';
import { createTurns } from './turns.ts';

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

test('of many one begins in so many milliseconds, where that is asked for', async () => {
  const begunAt: number[] = [];
  const inTurn = createTurns(1, 20);
  for (let n = 0; n < 4; n++) inTurn(() => void begunAt.push(performance.now()));
  expect(begunAt).toHaveLength(1);
  await expect.poll(() => begunAt.length).toBe(4);
  const gaps = begunAt.slice(1).map((at, n) => at - (begunAt[n] as number));
  // A timer may be early by a fraction of its millisecond.
  expect(Math.min(...gaps)).toBeGreaterThan(18);
});
