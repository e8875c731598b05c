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

test('one after the other begins, each so long behind the one before, in their order', async () => {
  const begunAt = new Map<number, number>();
  let restMs = 20;
  const atPace = createPace(() => restMs);
  const begin = (n: number) => () => {
    begunAt.set(n, performance.now());
    if (n === 2) restMs = 60;
    return true;
  };
  for (let n = 0; n < 4; n++) atPace(begin(n));
  expect(begunAt.size).toBe(1);
  await expect.poll(() => begunAt.size).toBe(4);
  expect([...begunAt.keys()]).toEqual([0, 1, 2, 3]);
  const times = [...begunAt.values()];
  const gaps = times.slice(1).map((at, n) => at - (times[n] as number));
  // A timer may be early by a fraction of its millisecond.
  expect(Math.min(...gaps)).toBeGreaterThan(19);
  expect(gaps[2]).toBeGreaterThan(59);
});

test('nobody waits for those that were not worth beginning any more', async () => {
  const begun: number[] = [];
  const atPace = createPace(() => 20);
  const startedAt = performance.now();
  for (let n = 0; n <= 100; n++) {
    atPace(() => {
      const isWorthIt = n % 50 === 0;
      if (isWorthIt) begun.push(n);
      return isWorthIt;
    });
  }
  await expect.poll(() => begun).toEqual([0, 50, 100]);
  // At 20 ms each it would be 2 s.
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});
