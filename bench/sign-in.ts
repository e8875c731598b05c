/**
 * `npm run bench:sign-in`: what a flood of sign-ins costs those who are talking. 50 people send at a set pace, in rounds by
 * turns without and with 200 sign-ins that come at once. Prints the rounds, and writes them with their medians into
 * docs/performance.md. `--rounds`, `--seconds`, `--rate` change what is run.
 */
import { spawn } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { build } from '../scripts/build.mjs';
import { signUp } from '../test/support/account.ts';
import { createRoom, enterGuest, joinRoom } from '../test/support/person.ts';
import { ServerHome } from '../test/support/process.ts';
import { type Member, parleyMember } from './nodes-latency-people.ts';
import { Crowd, median, percentile, type Round } from './nodes-latency-round.ts';
import type { FloodAsked, Flooded } from './sign-in-flood.ts';
import { writeTable } from './written-table.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '6' },
    rate: { type: 'string', default: '50' },
  },
});
const [rounds, seconds, perSecond] = [values.rounds, values.seconds, values.rate].map(Number) as [
  number,
  number,
  number,
];
if (![rounds, seconds, perSecond].every((number) => Number.isInteger(number) && number > 0)) {
  console.error('npm run bench:sign-in -- [--rounds n] [--seconds n] [--rate messages per second]');
  process.exit(2);
}
const senders = 50;
const signIns = 200;
const warmUpSeconds = 2;

interface Pair {
  readonly quiet: Round;
  readonly flooded: Round;
  readonly flood: Flooded;
  readonly floodedFrom: number;
}

await build({ say: console.log });
await using home = new ServerHome();
const server = await home.start({
  PARLEY_RATE_SENDS_PER_10_SECONDS: '0',
  PARLEY_RATE_SIGN_UPS_PER_HOUR: '0',
  PARLEY_RATE_SIGN_INS_PER_HOUR: '0',
  PARLEY_RATE_PASSWORDS_PER_HOUR: '0',
  PARLEY_RATE_OPERATIONS_PER_10_SECONDS: '0',
});
const url = await server.ready;
const crowd = await gather();
const handles: string[] = [];
for (let n = 0; n < 20; n += 1) handles.push((await signUp({ url })).handle);
const flooder = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'sign-in-flood.ts')], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const answers = createInterface({ input: flooder.stdout })[Symbol.asyncIterator]();

const lines: string[] = [];
const say = (line: string) => {
  lines.push(line);
  console.log(line);
};
const loads = [loadavg()[0] ?? 0];
const played: Pair[] = [];
say(
  '| round | sign-ins | acknowledged p50 ms | p99 | receipt p99 | longest | sign-ins took s | of one, p50 ms | load |',
);
say('|--:|---|--:|--:|--:|--:|--:|--:|--:|');
for (let round = 1; round <= rounds; round += 1) {
  const isQuietFirst = round % 2 === 1;
  const options = { perSecond, seconds, warmUpSeconds };
  const before = isQuietFirst ? await crowd.play(options) : null;
  let floodedFrom = Number.NaN;
  const flooding = delay(warmUpSeconds * 1_000).then(() => {
    floodedFrom = performance.now();
    return flood();
  });
  const flooded = await crowd.play(options);
  const pair = { flooded, flood: await flooding, floodedFrom, quiet: before ?? (await crowd.play(options)) };
  played.push(pair);
  loads.push(loadavg()[0] ?? 0);
  const load = (loads.at(-1) ?? 0).toFixed(1);
  say(`| ${round} | none | ${cells(pair.quiet)} | – | – | ${load} |`);
  say(
    `| ${round} | ${signIns} at once | ${cells(flooded)} | ${(pair.flood.tookMs / 1_000).toFixed(1)} | ${percentile(pair.flood.answeredMs, 0.5).toFixed(0)} | ${load} |`,
  );
}
crowd.close();
flooder.stdin.end();
const text = summary();
console.log(`\n${text}`);
writeTable('performance.md', 'sign-in', `${text}\n\n${lines.join('\n')}`);

function gather(): Promise<Crowd> {
  return Crowd.gather(async (hear) => {
    const owner = await enterGuest({ url }, 'owner');
    const roomId = await createRoom(owner, 'Kitchen');
    const members: Member[] = [];
    for (let n = 0; n < senders; n += 1) {
      const person = await enterGuest({ url }, `P${n}`);
      await joinRoom(person, roomId);
      members.push(await parleyMember({ url, node: 0, person, roomId }, hear(0)));
    }
    return members;
  });
}

/** By another process: what the requests cost their sender is not what is measured. */
async function flood(): Promise<Flooded> {
  const asked: FloodAsked = { url, handles, count: signIns };
  flooder.stdin.write(`${JSON.stringify(asked)}\n`);
  const { value } = await answers.next();
  const flooded = JSON.parse(value) as Flooded;
  if (flooded.refused > 0) throw new Error(`${flooded.refused} of ${signIns} sign-ins were refused`);
  return flooded;
}

function cells({ acknowledgedP50, acknowledgedP99, p99, longest }: Round): string {
  return [acknowledgedP50, acknowledgedP99, p99, longest].map((ms) => ms.toFixed(1)).join(' | ');
}

function summary(): string {
  const row = (title: string, pick: (round: Round) => number) => {
    const ratio = median(played.map(({ quiet, flooded }) => pick(flooded) / pick(quiet)));
    const [without, during] = [
      median(played.map((one) => pick(one.quiet))),
      median(played.map((one) => pick(one.flooded))),
    ];
    return `| ${title} | ${without.toFixed(1)} | ${during.toFixed(1)} | ${ratio.toFixed(2)} |`;
  };
  const quiet = played.flatMap((one) => one.quiet.acknowledged);
  const meanwhile = played.flatMap(({ flooded, floodedFrom, flood }) =>
    flooded.acknowledged.filter(({ sentAt }) => sentAt >= floodedFrom && sentAt < floodedFrom + flood.tookMs),
  );
  const pooledRow = (part: number) => {
    const [without, during] = [quiet, meanwhile].map((sends) =>
      percentile(
        sends.map(({ tookMs }) => tookMs),
        part,
      ),
    ) as [number, number];
    return `| send to acknowledgement while sign-ins wait, p${part * 100} | ${without.toFixed(1)} | ${during.toFixed(1)} | ${(during / without).toFixed(2)} |`;
  };
  return `| ms | without | with ${signIns} sign-ins at once | ratio |
|---|--:|--:|--:|
${row('send to acknowledgement, p50', ({ acknowledgedP50 }) => acknowledgedP50)}
${row('send to acknowledgement, p99', ({ acknowledgedP99 }) => acknowledgedP99)}
${row('send to receipt, p99', ({ p99 }) => p99)}
${pooledRow(0.5)}
${pooledRow(0.99)}

Of ${rounds} rounds the medians, and the median of their ratios; in the last two rows, what all sends of all rounds have together. The ${signIns} sign-ins took ${median(played.map((one) => one.flood.tookMs / 1_000)).toFixed(1)} s in the median; a round counts the sends of ${seconds} s.

${new Date().toISOString().slice(0, 10)}, \`npm run bench:sign-in -- --rounds ${rounds} --seconds ${seconds} --rate ${perSecond}\`, Node ${process.versions.node},
${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}) for the server, its PostgreSQL and the load together; load average ${loads.map((load) => load.toFixed(1)).join(', ')}
before the first round and after each.`;
}
