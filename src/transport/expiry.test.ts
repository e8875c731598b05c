import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Expiries } from './expiry.ts';

const now = Date.parse('2026-01-31T12:00:00.000Z');
const dayMs = 86_400_000;

beforeEach(() => {
  vi.useFakeTimers({ now });
});
afterEach(() => {
  vi.useRealTimers();
});

function watchAll(...endsInMs: readonly number[]) {
  const expired: string[] = [];
  const expiries = new Expiries((id) => expired.push(id));
  for (const ms of endsInMs) expiries.watch(`in ${ms}`, new Date(now + ms));
  return { expired, expiries };
}

test('each credential is told of at its end, and once', () => {
  const { expired, expiries } = watchAll(2_000, 1_000);
  expiries.watch('in 1000', new Date(now + 1_000));
  vi.advanceTimersByTime(999);
  expect(expired).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(expired).toEqual(['in 1000']);
  vi.advanceTimersByTime(60_000);
  expect(expired).toEqual(['in 1000', 'in 2000']);
});

test('one that has ended already is told of in the next turn', () => {
  const { expired } = watchAll(-1);
  expect(expired).toEqual([]);
  vi.advanceTimersByTime(0);
  expect(expired).toEqual(['in -1']);
});

test('an end that no single timer reaches is waited for', () => {
  const { expired } = watchAll(400 * dayMs);
  vi.advanceTimersByTime(400 * dayMs - 1);
  expect(expired).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(expired).toEqual([`in ${400 * dayMs}`]);
});

test('one that is forgotten is not told of, and leaves no timer', () => {
  const { expired, expiries } = watchAll(1_000);
  expiries.forget('in 1000');
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(5_000);
  expect(expired).toEqual([]);
});
