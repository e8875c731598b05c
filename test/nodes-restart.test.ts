import { expect, test } from 'vitest';
import { Fleet } from './support/fleet.ts';
import { rollOver } from './support/rolling.ts';

test('[W1] [W5] [R2] [S2] [D2] a rolling restart of 3 nodes loses, repeats and reorders nothing on sockets and event streams, and each send is settled by its key', {
  timeout: 180_000,
}, async () => {
  await using fleet = await Fleet.start({ nodes: 3, settings: { PARLEY_DRAIN_MS: '1500' } });
  const figures = await rollOver(fleet, { readers: 100, senders: 20, pauseMs: 200 });
  expect(figures.verdict).toEqual({ lost: [], doubled: [], holes: [], unlike: [] });
  // Every reader was on a node that went, at least once.
  expect(figures.resumedSockets).toBeGreaterThanOrEqual(67);
  expect(figures.resumedStreams).toBeGreaterThanOrEqual(33);
  expect(figures.acknowledged).toBeGreaterThan(20 * 9 - 1);
});
