/**
 * `npm run nodes -- rolling | redis | latency`: several nodes under load. Prints a table; docs/reliability.md keeps them.
 * Exit code 1 where something was lost, doubled or out of order, or slower than was promised.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { build } from '../scripts/build.mjs';
import { isClean, type Verdict } from '../test/support/crash-check.ts';
import { Fleet } from '../test/support/fleet.ts';
import { PacedLoad, type Receipt } from '../test/support/paced-load.ts';
import { rollOver } from '../test/support/rolling.ts';

const programs: Readonly<Record<string, () => Promise<boolean>>> = { rolling, redis, latency };
const program = programs[process.argv[2] ?? ''];
if (!program || process.argv.length > 3) {
  console.error(`npm run nodes -- ${Object.keys(programs).join(' | ')}`);
  process.exit(2);
}
await build({ say: console.log });
process.exitCode = (await program()) ? 0 : 1;

/** 3 nodes are replaced, one after the other, with 300 readers, a third of them event streams, and 50 senders. */
async function rolling(): Promise<boolean> {
  await using fleet = await Fleet.start({ nodes: 3 });
  const figures = await rollOver(fleet, { readers: 300, senders: 50, pauseMs: 500 });
  const { verdict, acknowledged, retried, replayed, resumedSockets, resumedStreams, stopsMs, tookMs } = figures;
  console.log(`
| sockets | event streams | senders | acknowledged | asked again | replayed | resumed sockets | resumed streams | stop of each node, s | restart of all, s | lost | doubled | holes | unlike the log |
|--:|--:|--:|--:|--:|--:|--:|--:|---|--:|--:|--:|--:|--:|
| 200 | 100 | 50 | ${acknowledged} | ${retried} | ${replayed} | ${resumedSockets} | ${resumedStreams} | ${stopsMs.map(inSeconds).join(', ')} | ${inSeconds(tookMs)} | ${counts(verdict).join(' | ')} |`);
  return explain(verdict);
}

/** Redis is killed for a minute, at 100 messages a second through 2 nodes. */
async function redis(): Promise<boolean> {
  await using fleet = await Fleet.start({ nodes: 2 });
  await using load = await PacedLoad.begin(fleet, { perSecond: 100, senders: 20, readersPerNode: 5 });
  await load.goesOn(500);
  const begunAt = performance.now();
  await load.goesOn(1_500);
  const killedAt = performance.now();
  await fleet.redis.kill();
  await delay(60_000);
  await fleet.redis.start();
  const returnedAt = performance.now();
  const backMs = await untilBack(fleet, returnedAt);
  await load.goesOn(1_700);
  const verdict = await load.settle();
  const part = (from: number, to: number) =>
    load.receipts.filter(({ sentAt }) => sentAt >= from && sentAt < to).map(({ tookMs }) => tookMs);
  const parts = {
    before: part(begunAt, killedAt),
    away: part(killedAt, returnedAt),
    returning: part(returnedAt, returnedAt + 2_000),
    after: part(returnedAt + 2_000, Number.POSITIVE_INFINITY),
  };
  console.log(`
| sent | receipts | p50 ms | p99 ms | longest ms |
|---|--:|--:|--:|--:|
${row('before', parts.before)}
${row('while Redis was away, 60 s', parts.away)}
${row('in the 2 s after its return', parts.returning)}
${row('later', parts.after)}

All nodes had Redis again ${Math.round(backMs)} ms after its return.
${load.sent.length} messages; lost ${verdict.lost.length}, doubled ${verdict.doubled.length}, holes ${verdict.holes.length}, unlike the log ${verdict.unlike.length}.`);
  return explain(verdict) && percentile(parts.away, 0.99) <= 1_500 && backMs <= 2_000;
}

/** 500 messages a second through 2 nodes. */
async function latency(): Promise<boolean> {
  await using fleet = await Fleet.start({ nodes: 2 });
  await using load = await PacedLoad.begin(fleet, { perSecond: 500, senders: 50, readersPerNode: 5 });
  await load.goesOn(2_500);
  const warmAt = performance.now();
  await load.goesOn(15_000);
  const verdict = await load.settle();
  const warm = load.receipts.filter(({ sentAt }) => sentAt >= warmAt).map(({ tookMs }: Receipt) => tookMs);
  console.log(`
| 2 nodes, 500 messages/s | receipts | p50 ms | p99 ms | longest ms |
|---|--:|--:|--:|--:|
${row('from send to receipt, 10 readers', warm)}

${load.sent.length} messages; lost ${verdict.lost.length}, doubled ${verdict.doubled.length}, holes ${verdict.holes.length}, unlike the log ${verdict.unlike.length}.`);
  return explain(verdict) && percentile(warm, 0.99) <= 50;
}

/** From Redis's return until no node says anything of it any more. */
async function untilBack(fleet: Fleet, returnedAt: number): Promise<number> {
  for (;;) {
    const lines = await Promise.all(fleet.urls.map((_, index) => fleet.health(index)));
    if (lines.every((line) => line.trim() === 'ready')) return performance.now() - returnedAt;
    if (performance.now() - returnedAt > 30_000) return Number.POSITIVE_INFINITY;
    await delay(10);
  }
}

function row(title: string, tookMs: readonly number[]): string {
  const figures = [0.5, 0.99, 1].map((share) => percentile(tookMs, share).toFixed(1));
  return `| ${title} | ${tookMs.length} | ${figures.join(' | ')} |`;
}

/** The value that a share of all does not exceed; NaN of nothing. */
function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

function inSeconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}

function counts(verdict: Verdict): number[] {
  const { lost, doubled, holes, unlike } = verdict;
  return [lost, doubled, holes, unlike].map((list) => list.length);
}

/** True where nothing was found; else says some of it. */
function explain(verdict: Verdict): boolean {
  for (const [finding, list] of Object.entries(verdict) as [string, readonly string[]][]) {
    for (const one of list.slice(0, 10)) console.error(`${finding}: ${one}`);
  }
  return isClean(verdict);
}
