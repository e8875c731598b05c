import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

test('a failure before there is a promise gives its turn on too', async () => {
  const turns = new Turns(1);
  const fail = () => {
    throw new Error('at once');
  };
  const outcomes = await Promise.allSettled([turns.take(fail), turns.take(fail), turns.take(async () => 'done')]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
});

test('turns are taken in the order of asking, so many at a time, by ten thousand, and a failure gives its turn on', async () => {
  const turns = new Turns(3);
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  const work = (n: number) => async () => {
    begun.push(n);
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    if (n % 100 === 0) throw new Error('failed');
    return n;
  };
  const all = Array.from({ length: 10_000 }, (_, n) => n);
  const ended = await Promise.allSettled(all.map((n) => turns.take(work(n))));
  expect(begun).toEqual(all);
  expect(most).toBe(3);
  expect(ended.filter(({ status }) => status === 'rejected')).toHaveLength(100);
});
