/**
 * `npm run bench:send`: durable sends per second, over HTTP and WebSocket, with 1, 10, 100 and 1,000 people who each send one
 * message after the other; beside the same server whose sendMessage does nothing, and Yoga with a transaction per send. Prints
 * a table for each number of senders and writes them into docs/performance.md; `-- --senders 100`, `--rounds` and `--seconds`
 * make it shorter, and write nothing.
 */
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from '../scripts/build.mjs';
import { startEmbeddedPostgres } from '../src/db/embedded.ts';
import { temporaryFolder } from '../test/support/folder.ts';
import { createRoom, enterGuest, joinRoom } from '../test/support/person.ts';
import { ServerHome } from '../test/support/process.ts';
import { quietLog } from '../test/support/quiet-log.ts';
import { newProbe, type Probe, startPeer } from './fan-out/systems.ts';
import { median } from './nodes-latency-round.ts';
import { OrderedProcess } from './ordered-process.ts';
import { quietRates } from './resume-part.ts';
import type { GatherOrder, Played, PlayOrder, Transport } from './send/load.ts';
import { writeTable } from './written-table.ts';

interface System extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
  readonly body: string;
  tokens(count: number): Promise<readonly (string | null)[]>;
  probe(): Promise<Probe>;
}

type Round = Played & Pick<Probe, 'cpuMs'>;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    senders: { type: 'string', default: '1,10,100,1000' },
  },
});
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
const counts = values.senders.split(',').map(Number);
if (!(rounds > 0 && seconds > 0 && counts.every((count) => count > 0))) {
  console.error('npm run bench:send -- [--senders n,n] [--rounds n] [--seconds n]');
  process.exit(2);
}
/** The code of a send is long, and V8 takes 8 s under load to compile it all: until then it is half as fast. */
const WARM_UP_S = 12;
/** After the rounds of the others: what a process has not used for 20 s comes back slowly. */
const AGAIN_S = 2;
const text = 'a message of about the length that people write on a good day in a room of this size';
const transports: readonly Transport[] = ['HTTP', 'WebSocket'];

await build({ say: console.log });
const tables: string[] = [];
for (const count of counts) {
  const table = tableOf(count, loadavg()[0] ?? 0, await play(count));
  console.log(`\n${table}`);
  tables.push(table);
}
if (process.argv.length === 2) writeTable('performance.md', 'send', tables.join('\n\n'));

async function play(count: number): Promise<ReadonlyMap<string, readonly Round[]>> {
  using load = new OrderedProcess(join(import.meta.dirname, 'send/load.ts'));
  await using own = await startParley('Parley', {});
  await using empty = await startParley('Parley, resolver empty', {
    NODE_OPTIONS: `--import ${pathToFileURL(join(import.meta.dirname, 'send/empty-resolver.mjs')).href}`,
  });
  await using peer = await startPlain();
  const played = new Map<string, Round[]>();
  const parts = transports.flatMap((transport) => [own, empty, peer].map((system) => ({ transport, system })));
  const nameOf = ({ transport, system }: (typeof parts)[number]) => `${transport} | ${system.name}`;
  const playFor = (name: string, time: number) =>
    load.order<Played>({ kind: 'play', name, seconds: time } satisfies PlayOrder);
  const tokens = new Map<System, readonly (string | null)[]>();
  for (const system of [own, empty, peer]) tokens.set(system, await system.tokens(count));
  for (const part of parts) {
    const { transport, system } = part;
    const { url, body } = system;
    const name = nameOf(part);
    const order = {
      kind: 'gather',
      name,
      url,
      body,
      transport,
      tokens: tokens.get(system) ?? [],
    } satisfies GatherOrder;
    await load.order(order);
    played.set(name, []);
    await playFor(name, WARM_UP_S);
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const part of parts) {
      const name = nameOf(part);
      await playFor(name, AGAIN_S);
      await part.system.probe();
      const result = await playFor(name, seconds);
      const { cpuMs } = await part.system.probe();
      played.get(name)?.push({ ...result, cpuMs });
    }
  }
  return played;
}

async function startParley(name: string, env: { readonly NODE_OPTIONS?: string }): Promise<System> {
  const probe = newProbe();
  const options = [probe.env.NODE_OPTIONS, env.NODE_OPTIONS ?? ''].join(' ');
  const home = new ServerHome({ settings: { ...quietRates, ...probe.env, NODE_OPTIONS: options } });
  await home.start();
  const owner = await enterGuest(home, 'Somebody who writes');
  const roomId = await createRoom(owner, 'Kitchen');
  return {
    name,
    url: home.url,
    body: JSON.stringify({
      query: 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } errors { code } } }',
      variables: { input: { roomId, text } },
    }),
    async tokens(count) {
      const found = [owner.token];
      const enter = async () => {
        while (found.length < count) {
          const person = await enterGuest(home, 'Somebody who writes too');
          await joinRoom(person, roomId);
          found.push(person.token);
        }
      };
      await Promise.all(Array.from({ length: 20 }, enter));
      return found.slice(0, count);
    },
    probe: probe.ask,
    async [Symbol.asyncDispose]() {
      await home[Symbol.asyncDispose]();
      probe.dispose();
    },
  };
}

/** On a PostgreSQL of the same settings. */
async function startPlain(): Promise<System> {
  const folder = temporaryFolder();
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder.path, 'data'), log: quietLog });
  const { host, port, user, database } = postgres.connection;
  const DATABASE_URL = `postgres://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
  const system = await startPeer('yoga-insert.ts', 'graphql', { env: { DATABASE_URL } });
  return {
    name: 'Yoga, a transaction each',
    url: system.url,
    body: JSON.stringify({ query: 'mutation ($text: String!) { send(text: $text) { id } }', variables: { text } }),
    tokens: (count) => Promise.resolve(Array.from({ length: count }, () => null)),
    probe: system.probe,
    async [Symbol.asyncDispose]() {
      await system[Symbol.asyncDispose]();
      await postgres.stop();
      folder[Symbol.dispose]();
    },
  };
}

function tableOf(count: number, before: number, played: ReadonlyMap<string, readonly Round[]>): string {
  const rateOf = ({ sends, seconds: took }: Round) => sends / took;
  let own: readonly Round[] = [];
  const rows = [...played].map(([name, results]) => {
    const isOwn = name.endsWith('| Parley');
    if (isOwn) own = results;
    const ratios = results.map((result, n) => rateOf(own[n] ?? result) / rateOf(result)).sort((a, b) => a - b);
    const interval = `${median(ratios).toFixed(2)} (${ratios[0]?.toFixed(2)} to ${ratios.at(-1)?.toFixed(2)})`;
    const of = (pick: (round: Round) => number, digits = 1) => median(results.map(pick)).toFixed(digits);
    const cells = [
      of(rateOf, 0),
      isOwn ? '–' : interval,
      of(({ p50 }) => p50),
      of(({ p99 }) => p99),
      of(({ cpuMs, sends }) => (cpuMs * 1_000) / sends, 0),
    ];
    return `| ${name} | ${cells.join(' | ')} |`;
  });
  return `| ${count.toLocaleString('en')} senders, over | server | sends/s | Parley's, by this | p50 ms | p99 ms | CPU per send, µs |
|---|---|--:|--:|--:|--:|--:|
${rows.join('\n')}

${new Date().toISOString().slice(0, 10)}, \`npm run bench:send\`, medians of ${rounds} rounds of ${seconds} s, in brackets the least and the greatest; Node ${process.versions.node},
${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}) for server, PostgreSQL and load together; load average before it ${before.toFixed(1)}.`;
}
