import { expect, test } from 'vitest';
import { type Clock, TypingSignal } from './typing-signal.ts';

/** A clock that stands until it is moved. */
function standingClock(): Clock & { move(ms: number): void } {
  let now = 0;
  let timers: { at: number; callback: () => void }[] = [];
  return {
    now: () => now,
    later(ms, callback) {
      const timer = { at: now + ms, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    move(ms) {
      now += ms;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { callback } of due) callback();
    },
  };
}

function signalWith(repeatAfterMs: number) {
  const told: boolean[] = [];
  const clock = standingClock();
  const signal = new TypingSignal(async (isTyping) => {
    told.push(isTyping);
    return repeatAfterMs;
  }, clock);
  return { told, clock, signal };
}

test('typing is told at the first key, and again only after the time that the server named', async () => {
  const { told, clock, signal } = signalWith(2_000);
  signal.typed('h');
  await Promise.resolve();
  clock.move(1_999);
  signal.typed('he');
  expect(told).toEqual([true]);
  clock.move(1);
  signal.typed('hel');
  expect(told).toEqual([true, true]);
});

test('the end is told once: when the text is sent, emptied, or left alone for five seconds', () => {
  const { told, clock, signal } = signalWith(2_000);
  signal.typed('h');
  signal.stop();
  signal.stop();
  signal.typed('h');
  signal.typed('  ');
  signal.typed('h');
  clock.move(5_000);
  clock.move(5_000);
  expect(told).toEqual([true, false, true, false, true, false]);
});

test('nothing is told of a text of blanks', () => {
  const { told, signal } = signalWith(2_000);
  signal.typed('   ');
  expect(told).toEqual([]);
});
