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

test.each([500, 1_000, 1_500, 5_000, 60_000, 600_000])(
  '[D3] of %i ms a database of somebody else needs none; the parts behind the transport have some, and the exit',
  (drainMs) => {
    for (const drainDelayMs of [0, 10_000]) {
      const times = shareDrain({ drainDelayMs, drainMs, hasOwnPostgres: false });
      expect(times.transportMs).toBeGreaterThanOrEqual(drainMs / 3);
      expect(times.exitMs - drainDelayMs - times.transportMs).toBeGreaterThanOrEqual(25);
      expect(times.exitMs).toBeLessThanOrEqual(drainDelayMs + drainMs - 250);
    }
  },
);

test('[D3] a tenth, half a second at most, is kept for the exit', () => {
  const exitOf = (drainMs: number) => shareDrain({ drainDelayMs: 0, drainMs, hasOwnPostgres: false }).exitMs;
  expect([3_000, 5_000, 60_000].map(exitOf)).toEqual([2_700, 4_500, 59_500]);
});
