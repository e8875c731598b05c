import { expect, test } from 'vitest';
import { Fleet } from './support/fleet.ts';
import { PacedLoad } from './support/paced-load.ts';
import { until } from './support/process.ts';

test('[W1] [R2] while Redis is killed under load and comes back two nodes lose, repeat and reorder nothing', {
  timeout: 120_000,
}, async () => {
  await using fleet = await Fleet.start({ nodes: 2 });
  await using load = await PacedLoad.begin(fleet, { perSecond: 100, senders: 10, readersPerNode: 3 });
  await load.goesOn(100);
  await fleet.redis.kill();
  await load.goesOn(500);
  for (const output of fleet.outputs) expect(output).toContain('the bus is down');
  await fleet.redis.start();
  await until(() => fleet.outputs.every((output) => output.includes('the bus is back')), 30_000);
  await load.goesOn(100);
  expect(await load.settle()).toEqual({ lost: [], doubled: [], holes: [], unlike: [] });
  expect(load.receipts).toHaveLength(load.sent.length * 6);
});
