/**
 * `npm run crash -- 50`: so many times the server, its PostgreSQL or both are killed under load from 50 senders, and the
 * log is judged each time. `--seed n` makes the random choices of an earlier run again. Exit code 1 on any finding.
 */
import { parseArgs } from 'node:util';
import { build } from '../scripts/build.mjs';
import type { Sent, Verdict } from '../test/support/crash-check.ts';
import { CrashScene, type Kill, kills, type Round } from '../test/support/crash-round.ts';
import { ServerHome } from '../test/support/process.ts';
import { newSeed, seededRandom } from '../test/support/random.ts';

const { values, positionals } = parseArgs({ options: { seed: { type: 'string' } }, allowPositionals: true });
const wanted = Number(positionals[0] ?? 50);
const seed = Number(values.seed ?? newSeed());
if (!Number.isInteger(wanted) || wanted < 1 || !Number.isInteger(seed)) {
  console.error('npm run crash -- [rounds] [--seed whole number]');
  process.exit(2);
}
await build({ say: console.log });
process.exitCode = (await run()) ? 0 : 1;

/** True where nothing was found. */
async function run(): Promise<boolean> {
  console.log(`${wanted} rounds with seed ${seed}\n`);
  console.log(
    '| round | killed | acknowledged | not heard | in flight | asked again | replayed | resumed | lost | doubled | holes | unlike the log | recovery ms |',
  );
  console.log('|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|');
  const random = seededRandom(seed);
  const kinds = Object.keys(kills) as Kill[];
  const rounds: Round[] = [];
  const sent: Sent[] = [];
  await using home = new ServerHome();
  const scene = await CrashScene.open(home, random);
  while (rounds.length < wanted) {
    // Each kind in turn: a small number of rounds has all of them.
    const kill = kinds[rounds.length % kinds.length] as Kill;
    const round = await scene.play(kill);
    sent.push(...round.evidence.sent);
    explain(round.verdict);
    if (round.inFlight === 0) {
      console.error('no write was in flight: this kill does not count');
      continue;
    }
    rounds.push(round);
    console.log(row(rounds.length, round));
  }
  const whole = await scene.judgeAll(sent);
  explain(whole);
  console.log(summary(rounds, sent.length, whole));
  return [...rounds.map((round) => round.verdict), whole].every((verdict) => count(verdict) === 0);
}

function row(number: number, round: Round): string {
  const { acknowledged, unheard, inFlight, retried, replayed, resumed, verdict, recoveryMs } = round;
  const { lost, doubled, holes, unlike } = verdict;
  const findings = [lost, doubled, holes, unlike].map((list) => list.length);
  const cells = [
    number,
    kills[round.kill],
    acknowledged,
    unheard,
    inFlight,
    retried,
    replayed,
    resumed,
    ...findings,
    recoveryMs,
  ];
  return `| ${cells.join(' | ')} |`;
}

function summary(rounds: readonly Round[], messages: number, whole: Verdict): string {
  const recoveries = rounds.map((round) => round.recoveryMs).sort((a, b) => a - b);
  const sum = (of: (round: Round) => number) => rounds.reduce((total, round) => total + of(round), 0);
  return `
${rounds.length} kills, ${messages} messages acknowledged, ${sum((round) => round.inFlight)} writes in flight when it happened,
${sum((round) => round.unheard)} acknowledgements lost on the way just before,
${sum((round) => round.retried)} asked for again, ${sum((round) => round.replayed)} of them done at the first time already, ${sum((round) => round.resumed)} subscriptions resumed.
Found in the rounds: ${sum((round) => count(round.verdict))}; in the whole log after the last: ${count(whole)}.
Recovery: median ${recoveries[Math.floor(recoveries.length / 2)]} ms, longest ${recoveries.at(-1)} ms.`;
}

function count(verdict: Verdict): number {
  return Object.values(verdict).reduce((total, list: readonly string[]) => total + list.length, 0);
}

function explain(verdict: Verdict): void {
  for (const [finding, list] of Object.entries(verdict) as [string, readonly string[]][]) {
    for (const one of list.slice(0, 10)) console.error(`${finding}: ${one}`);
  }
}
