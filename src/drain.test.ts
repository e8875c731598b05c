import { expect, test } from 'vitest';
import { shareDrain } from './drain.ts';

test.each([500, 1_000, 5_000, 60_000, 600_000])(
  '[D3] of %i ms each part of a stop has some, one behind the other, and the exit is within them',
  (drainMs) => {
    for (const drainDelayMs of [0, 10_000]) {
      const times = shareDrain({ drainDelayMs, drainMs, hasOwnPostgres: true });
      expect(times.transportMs).toBeGreaterThan(drainMs / 2);
      expect(times.postgresFromMs).toBeGreaterThanOrEqual(drainDelayMs + times.transportMs);
      expect(times.postgresByMs - times.postgresFromMs).toBeGreaterThanOrEqual(50);
      expect(times.exitMs).toBeGreaterThan(times.postgresByMs);
      expect(times.exitMs).toBeLessThan(drainDelayMs + drainMs);
    }
  },
);

test('[D3] a database of somebody else is not stopped and needs no time; a tenth, half a second at most, is kept for the exit', () => {
  const times = shareDrain({ drainDelayMs: 0, drainMs: 5_000, hasOwnPostgres: false });
  expect(times.transportMs).toBe(5_000);
  expect(times.exitMs).toBe(4_500);
});
