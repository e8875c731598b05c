/**
 * `npm run bench:fan-out`: what it costs to bring a message to everybody in a room, with Parley and with its peers, in
 * rounds by turns. Prints a table for each scene and writes them into docs/performance.md. `-- paced bursts` plays these
 * scenes alone and writes nothing; `--rounds`, `--seconds` and `--only Parley,Socket.IO` make it shorter, and write nothing either.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from '../scripts/build.mjs';
import type { Played } from './fan-out/load.ts';
import { LoadProcess } from './fan-out/load-process.ts';
import { type Probe, type System, type SystemName, sameDocument, starts } from './fan-out/systems.ts';
import { median } from './nodes-latency-round.ts';
import { writeTable } from './written-table.ts';

interface Scene {
  readonly title: string;
  readonly subscribers: number;
  readonly inFlight: number;
  /** The first is compared with each of the others. */
  readonly parts: readonly Part[];
}

interface Part {
  readonly name: string;
  readonly system: SystemName;
  /** What the n-th subscriber selects of a message; absent: `sameDocument`. */
  readonly documentOf?: (n: number) => string;
}

type Round = Played & Probe;

const WARM_UP_S = 8;
/** After the rounds of the others: what a process has not used for 30 s comes back slowly. */
const AGAIN_S = 2;

const partOf = (system: SystemName): Part => ({ name: system, system });
const all = (Object.keys(starts) as SystemName[]).map(partOf);
const twenty = (n: number) => `m${String(n % 20).padStart(2, '0')}: ${sameDocument}`;
const scenes: Record<string, Scene> = {
  paced: { title: '1,000 subscribers, 2 messages in flight', subscribers: 1_000, inFlight: 2, parts: all },
  bursts: { title: '500 subscribers, 32 messages in flight', subscribers: 500, inFlight: 32, parts: all },
  crowd: {
    title: '5,000 subscribers, 32 messages in flight',
    subscribers: 5_000,
    inFlight: 32,
    parts: (['Parley', 'ws corked', 'Socket.IO'] as const).map(partOf),
  },
  documents: {
    title: '1,000 subscribers with 20 documents, 2 messages in flight',
    subscribers: 1_000,
    inFlight: 2,
    parts: [
      { name: 'Parley, 20 documents', system: 'Parley', documentOf: twenty },
      { name: 'Parley, one document', system: 'Parley' },
    ],
  },
  viewers: {
    title: '1,000 subscribers whose document is about the viewer, 2 messages in flight',
    subscribers: 1_000,
    inFlight: 2,
    parts: [
      { name: 'Parley', system: 'Parley', documentOf: () => `${sameDocument} room { viewerMember { id } }` },
      { name: 'Yoga', system: 'Yoga', documentOf: () => `${sameDocument} isOwn` },
    ],
  },
};
const { values, positionals } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    only: { type: 'string' },
  },
  allowPositionals: true,
});
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
const asked = positionals.length > 0 ? positionals : Object.keys(scenes);
const only = values.only?.split(',') as SystemName[] | undefined;
if (
  !(rounds > 0 && seconds > 0 && asked.every((name) => name in scenes) && (only ?? []).every((name) => name in starts))
) {
  console.error(
    'npm run bench:fan-out -- [paced] [bursts] [crowd] [documents] [viewers] [--rounds n] [--seconds n] [--only name,name]',
  );
  process.exit(2);
}
const mercurius = join(import.meta.dirname, 'peers/mercurius');

if (!existsSync(join(mercurius, 'node_modules'))) {
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: mercurius, stdio: 'inherit' });
}
await build({ say: console.log });
const load = new LoadProcess();
const tables: string[] = [];
for (const name of asked) {
  const scene = scenes[name] as Scene;
  const before = loadavg()[0] ?? 0;
  const table = await play(scene).then(
    (played) => tableOf(scene, played, before),
    (error: Error) => {
      process.exitCode = 1;
      return `**${scene.title}**: not played to its end (${error.message}).`;
    },
  );
  console.log(`\n${table}\n`);
  tables.push(table);
}
load[Symbol.dispose]();
if (process.argv.length === 2) writeTable('performance.md', 'fan-out', tables.join('\n\n'));

async function play({ subscribers, inFlight, parts }: Scene): Promise<Map<string, Round[]>> {
  const wanted = parts.filter(({ system }) => only?.includes(system) ?? true);
  const running = new Map<string, System>();
  const played = new Map<string, Round[]>(wanted.map(({ name }) => [name, []]));
  try {
    for (const { name, system: kind, documentOf = () => sameDocument } of wanted) {
      const system = await starts[kind]({ documentOf });
      running.set(name, system);
      const { url, dialect, publisher } = system;
      const crowd = await system.subscribers(subscribers);
      await load.gather({ name, urls: [url], dialect, publisher, subscribers: crowd });
      // What is compiled while it runs has been.
      await load.play({ name, seconds: WARM_UP_S, inFlight });
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, system] of running) {
        await load.play({ name, seconds: AGAIN_S, inFlight });
        await system.probe();
        const result = await load.play({ name, seconds, inFlight });
        played.get(name)?.push({ ...result, ...(await system.probe()) });
      }
    }
  } finally {
    for (const [name, system] of running) {
      await load.leave(name);
      await system[Symbol.asyncDispose]();
    }
  }
  return played;
}

function tableOf({ title }: Scene, played: ReadonlyMap<string, readonly Round[]>, before: number): string {
  const cpuOf = ({ cpuMs, deliveries }: Round) => (cpuMs * 1_000) / deliveries;
  const [[first, own]] = [...played] as [[string, readonly Round[]]];
  const rows = [...played].map(([name, results]) => {
    const ratios = results.map((result, n) => cpuOf(own[n] ?? result) / cpuOf(result)).sort((a, b) => a - b);
    const interval = `${median(ratios).toFixed(2)} (${ratios[0]?.toFixed(2)} to ${ratios.at(-1)?.toFixed(2)})`;
    const of = (pick: (round: Round) => number, digits = 1) => median(results.map(pick)).toFixed(digits);
    const cells = [
      of(cpuOf, 2),
      name === first ? '–' : interval,
      of(({ deliveries, seconds: took }) => deliveries / took, 0),
      of(({ p50 }) => p50),
      of(({ p99 }) => p99),
      Math.max(...results.map(({ longestTurnMs }) => longestTurnMs)).toFixed(0),
    ];
    return `| ${name} | ${cells.join(' | ')} |`;
  });
  return `| ${title} | CPU per delivery, µs | the first's, by this | deliveries/s | p50 ms | p99 ms | longest turn, ms |
|---|--:|--:|--:|--:|--:|--:|
${rows.join('\n')}

${new Date().toISOString().slice(0, 10)}, \`npm run bench:fan-out\`, medians of ${rounds} rounds of ${seconds} s, in brackets the least and the greatest (for the median
that is an interval of ${(100 * (1 - 0.5 ** (rounds - 1))).toFixed(1)} %); Node ${process.versions.node}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}) for server, PostgreSQL, Redis and load
together; load average before it ${before.toFixed(1)}.`;
}
