/**
 * `npm run bench:nodes`: what it costs to bring a message to 1,000 people on one, two and four nodes over Redis, and what a node costs
 * that has nobody to bring it to; beside Socket.IO with its Redis adapter. Prints a table and writes it into docs/performance.md;
 * `--rounds` and `--seconds` make it shorter, and write nothing.
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { build } from '../scripts/build.mjs';
import { Fleet } from '../test/support/fleet.ts';
import { createRoom, enterGuest } from '../test/support/person.ts';
import { startRedis } from '../test/support/redis.ts';
import type { Dialect, Publisher, Subscriber } from './fan-out/dialects.ts';
import type { Played } from './fan-out/load.ts';
import { LoadProcess } from './fan-out/load-process.ts';
import { guestsOf, newProbe, type Probe, startPeer } from './fan-out/systems.ts';
import { median } from './nodes-latency-round.ts';
import { quietRates } from './resume-part.ts';
import { writeTable } from './written-table.ts';

interface System extends AsyncDisposable {
  readonly name: string;
  /** With people on them. */
  readonly urls: readonly string[];
  readonly dialect: Dialect;
  readonly publisher: Publisher;
  readonly subscribers: readonly Subscriber[];
  /** CPU of each node since it was asked last, in ms; the last one has nobody on it where there are several. */
  probe(): Promise<readonly number[]>;
}

interface Round extends Played {
  /** Of all nodes. */
  readonly cpuMs: number;
  /** Of the node with nobody on it; NaN: there is none. */
  readonly idleMs: number;
}

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '4' } },
});
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
if (!(rounds > 0 && seconds > 0)) {
  console.error('npm run bench:nodes -- [--rounds n] [--seconds n]');
  process.exit(2);
}
const SUBSCRIBERS = 1_000;
const IN_FLIGHT = 2;
const WARM_UP_S = 8;

await build({ say: console.log });
const before = loadavg()[0] ?? 0;
const rows: string[] = [];
for (const nodes of [1, 2, 4]) rows.push(...(await play(nodes)));
const table = `| nodes with people on them | system | CPU per delivery, all nodes, µs | Parley's, by this | deliveries/s | p50 ms | p99 ms | CPU per message of a node without people, µs |
|--:|---|--:|--:|--:|--:|--:|--:|
${rows.join('\n')}

${new Date().toISOString().slice(0, 10)}, \`npm run bench:nodes\`, ${SUBSCRIBERS.toLocaleString('en')} subscribers, ${IN_FLIGHT} messages in flight, medians of ${rounds} rounds of ${seconds} s, in brackets the
least and the greatest; Node ${process.versions.node}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}) for all nodes, PostgreSQL, Redis and load together; load average before it ${before.toFixed(1)}.`;
console.log(`\n${table}`);
if (process.argv.length === 2) writeTable('performance.md', 'nodes', table);

/** Both systems by turns, each with one node more than has people on it. */
async function play(nodes: number): Promise<string[]> {
  using load = new LoadProcess();
  await using parley = await startParley(nodes);
  await using socketIo = await startSocketIo(nodes);
  const systems = [parley, socketIo];
  const played = new Map<string, Round[]>(systems.map(({ name }) => [name, []]));
  for (const { name, urls, dialect, publisher, subscribers } of systems) {
    await load.gather({ name, urls, dialect, publisher, subscribers });
    await load.play({ name, seconds: WARM_UP_S, inFlight: IN_FLIGHT });
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, probe } of systems) {
      await load.play({ name, seconds: 0.3, inFlight: IN_FLIGHT });
      await probe();
      const result = await load.play({ name, seconds, inFlight: IN_FLIGHT });
      const used = await probe();
      const cpuMs = used.slice(0, nodes).reduce((sum, one) => sum + one, 0);
      played.get(name)?.push({ ...result, cpuMs, idleMs: used[nodes] ?? Number.NaN });
    }
  }
  for (const { name } of systems) await load.leave(name);
  const cpuOf = ({ cpuMs, deliveries }: Round) => (cpuMs * 1_000) / deliveries;
  const own = played.get('Parley') ?? [];
  return [...played].map(([name, results]) => {
    const ratios = results.map((result, n) => cpuOf(own[n] ?? result) / cpuOf(result)).sort((a, b) => a - b);
    const interval = `${median(ratios).toFixed(2)} (${ratios[0]?.toFixed(2)} to ${ratios.at(-1)?.toFixed(2)})`;
    const of = (pick: (round: Round) => number, digits = 1) => median(results.map(pick)).toFixed(digits);
    const cells = [
      of(cpuOf),
      name === 'Parley' ? '–' : interval,
      of(({ deliveries, seconds: took }) => deliveries / took, 0),
      of(({ p50 }) => p50),
      of(({ p99 }) => p99),
      of(({ idleMs, deliveries }) => (idleMs * 1_000 * SUBSCRIBERS) / deliveries, 0),
    ];
    return `| ${nodes} | ${name} | ${cells.join(' | ')} |`;
  });
}

async function startParley(nodes: number): Promise<System> {
  const probes = Array.from({ length: nodes + 1 }, newProbe);
  const fleet = await Fleet.start({
    nodes: nodes + 1,
    settings: { PARLEY_SOCKETS_PER_USER: '100000', ...quietRates },
    settingsOf: async (index) => ({ ...probes[index]?.env }),
  });
  const owner = await enterGuest(fleet, 'Somebody who writes');
  const roomId = await createRoom(owner, 'Kitchen');
  return {
    name: 'Parley',
    urls: fleet.urls.slice(0, nodes),
    dialect: 'parley',
    publisher: { token: owner.token, roomId },
    subscribers: await guestsOf(fleet, roomId, SUBSCRIBERS),
    probe: () => Promise.all(probes.map(async ({ ask }) => cpuOfProbe(await ask()))),
    async [Symbol.asyncDispose]() {
      await fleet[Symbol.asyncDispose]();
      for (const { dispose } of probes) dispose();
    },
  };
}

async function startSocketIo(nodes: number): Promise<System> {
  const redis = await startRedis();
  const start = () => startPeer('socket-io.ts', 'socketIo', { env: { REDIS_URL: redis.url } });
  const peers = await Promise.all(Array.from({ length: nodes + 1 }, start));
  return {
    name: 'Socket.IO',
    urls: peers.slice(0, nodes).map(({ url }) => url),
    dialect: 'socketIo',
    publisher: {},
    subscribers: Array.from({ length: SUBSCRIBERS }, () => ({})),
    probe: () => Promise.all(peers.map(async ({ probe }) => cpuOfProbe(await probe()))),
    async [Symbol.asyncDispose]() {
      await Promise.all(peers.map((peer) => peer[Symbol.asyncDispose]()));
      await redis[Symbol.asyncDispose]();
    },
  };
}

function cpuOfProbe({ cpuMs }: Probe): number {
  return cpuMs;
}
