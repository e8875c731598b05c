/**
 * `npm run bench:nodes-latency`: how long a message takes from its sender to every reader through two nodes, of Parley and of
 * Socket.IO with its Redis adapter and a durable insert, on one PostgreSQL and one Redis, in rounds by turns. Prints the
 * rounds, and writes them with their medians into docs/performance.md. `--rounds`, `--seconds`, `--rate` change what is run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import pg from 'pg';
import { build } from '../scripts/build.mjs';
import { serverOptions } from '../scripts/server-options.mjs';
import { startEmbeddedPostgres } from '../src/db/embedded.ts';
import { temporaryFolder } from '../test/support/folder.ts';
import { createRoom, enterGuest, joinRoom } from '../test/support/person.ts';
import { ServerHome } from '../test/support/process.ts';
import { quietLog } from '../test/support/quiet-log.ts';
import { startRedis } from '../test/support/redis.ts';
import { type Member, parleyMember, peerMember } from './nodes-latency-people.ts';
import { Crowd, median, type Round } from './nodes-latency-round.ts';
import { writeTable } from './written-table.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '10' },
    rate: { type: 'string', default: '500' },
  },
});
const [rounds, seconds, perSecond] = [values.rounds, values.seconds, values.rate].map(Number) as [
  number,
  number,
  number,
];
if (![rounds, seconds, perSecond].every((number) => Number.isInteger(number) && number > 0)) {
  console.error('npm run bench:nodes-latency -- [--rounds n] [--seconds n] [--rate messages per second]');
  process.exit(2);
}
const nodes = 2;
const peoplePerNode = 10;
const warmUpSeconds = 2;
const root = resolve(import.meta.dirname, '..');

await build({ say: console.log });
// With the settings that Parley's own has: those of the tests' private ones would make it write checkpoints all the time.
using folder = temporaryFolder();
await using postgres = await startEmbeddedPostgres({ dataDir: join(folder.path, 'data'), log: quietLog });
const { host, port, user, database } = postgres.connection;
const databaseUrl = `postgres://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
await using redis = await startRedis();
await using home = new ServerHome();
const peers: ChildProcess[] = [];
try {
  const parley = await gatherParley();
  const socketIo = await gatherSocketIo();
  const loads = [loadavg()[0] ?? 0];
  const played: { parley: Round; socketIo: Round }[] = [];
  const lines: string[] = [];
  const say = (line: string) => {
    lines.push(line);
    console.log(line);
  };
  say('| round | system | p50 ms | p99 ms | longest ms | across p50 | across p99 | acknowledged p99 | load |');
  say('|--:|---|--:|--:|--:|--:|--:|--:|--:|');
  for (let round = 1; round <= rounds; round += 1) {
    // Who begins changes, so that a machine that gets busier is not held against one of them.
    const isParleyFirst = round % 2 === 1;
    const options = { perSecond, seconds, warmUpSeconds };
    const first = await (isParleyFirst ? parley : socketIo).play(options);
    const second = await (isParleyFirst ? socketIo : parley).play(options);
    const pair = isParleyFirst ? { parley: first, socketIo: second } : { parley: second, socketIo: first };
    played.push(pair);
    loads.push(loadavg()[0] ?? 0);
    const load = (loads.at(-1) ?? 0).toFixed(1);
    say(`| ${round} | Parley | ${cells(pair.parley)} | ${load} |`);
    say(`| ${round} | Socket.IO | ${cells(pair.socketIo)} | ${load} |`);
  }
  parley.close();
  socketIo.close();
  await checkStored();
  const text = summary(played, loads);
  console.log(`\n${text}`);
  writeTable('performance.md', 'nodes-latency', `${text}\n\n${lines.join('\n')}`);
} finally {
  for (const peer of peers) peer.stdin?.end();
}

/** All of both systems are in the tables, and PostgreSQL was as durable as it says; else the figures mean nothing. */
async function checkStored(): Promise<void> {
  const sent = rounds * perSecond * (seconds + warmUpSeconds);
  const [found] = await query<Record<string, unknown>>(
    `SELECT (SELECT count(*) FROM message)::int AS parley, (SELECT count(*) FROM peer_message)::int AS peer,
       current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous`,
  );
  const wanted = { parley: sent, peer: sent, fsync: 'on', synchronous: 'on' };
  if (!isDeepStrictEqual({ ...found }, wanted)) throw new Error(`stored: ${JSON.stringify(found)} of ${sent} sent`);
}

async function gatherParley(): Promise<Crowd> {
  const urls: string[] = [];
  // One after the other: the first makes the tables.
  for (let n = 0; n < nodes; n += 1) {
    urls.push(await home.launch({ DATABASE_URL: databaseUrl, REDIS_URL: redis.url }).ready);
  }
  const owner = await enterGuest({ url: urls[0] ?? '' }, 'owner');
  const roomId = await createRoom(owner, 'Kitchen');
  return Crowd.gather(async (hear) => {
    const members: Member[] = [];
    for (let n = 0; n < nodes * peoplePerNode; n += 1) {
      const node = n % nodes;
      const url = urls[node] as string;
      const person = await enterGuest({ url }, `P${n}`);
      await joinRoom(person, roomId);
      members.push(await parleyMember({ url, node, person, roomId }, hear(node)));
    }
    return members;
  });
}

async function gatherSocketIo(): Promise<Crowd> {
  await query(
    'CREATE TABLE peer_message (id uuid PRIMARY KEY, room_id text NOT NULL, author_id text NOT NULL, text text NOT NULL, at timestamptz NOT NULL)',
  );
  const urls = await Promise.all(Array.from({ length: nodes }, startPeer));
  return Crowd.gather((hear) =>
    Promise.all(
      Array.from({ length: nodes * peoplePerNode }, (_, n) => {
        const node = n % nodes;
        return peerMember({ url: urls[node] as string, node, userId: `person ${n}` }, hear(node));
      }),
    ),
  );
}

async function query<Row>(sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Row[];
  } finally {
    await client.end();
  }
}

function startPeer(): Promise<string> {
  const peer = spawn(
    process.execPath,
    [...serverOptions, '--import', 'tsx', join(import.meta.dirname, 'nodes-latency-peer.ts')],
    {
      cwd: root,
      env: { PATH: process.env.PATH, NODE_ENV: 'production', DATABASE_URL: databaseUrl, REDIS_URL: redis.url },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  peers.push(peer);
  return new Promise((done, fail) => {
    peer.once('exit', (code) => fail(new Error(`Socket.IO's process ended with ${code}`)));
    peer.stdout.on('data', (text: Buffer) => {
      const port = /^port (\d+)$/m.exec(text.toString())?.[1];
      if (port) done(`http://127.0.0.1:${port}`);
    });
  });
}

function cells({ p50, p99, longest, acrossP50, acrossP99, acknowledgedP99 }: Round): string {
  return [p50, p99, longest, acrossP50, acrossP99, acknowledgedP99].map((ms) => ms.toFixed(1)).join(' | ');
}

function summary(played: readonly { parley: Round; socketIo: Round }[], loads: readonly number[]): string {
  const medianOf = (pick: (round: Round) => number, system: 'parley' | 'socketIo') =>
    median(played.map((pair) => pick(pair[system])));
  const row = (title: string, pick: (round: Round) => number) => {
    const [ours, theirs] = [medianOf(pick, 'parley'), medianOf(pick, 'socketIo')];
    const ratio = median(played.map(({ parley, socketIo }) => pick(parley) / pick(socketIo)));
    return `| ${title} | ${ours.toFixed(1)} | ${theirs.toFixed(1)} | ${ratio.toFixed(2)} |`;
  };
  const worst = (system: 'parley' | 'socketIo') => Math.max(...played.map((pair) => pair[system].p99)).toFixed(1);
  return `| medians of ${rounds} rounds, ms | Parley | Socket.IO | ratio |
|---|--:|--:|--:|
${row('send to receipt, p50', ({ p50 }) => p50)}
${row('send to receipt, p99', ({ p99 }) => p99)}
${row('the same across nodes, p50', ({ acrossP50 }) => acrossP50)}
${row('the same across nodes, p99', ({ acrossP99 }) => acrossP99)}
${row('longest', ({ longest }) => longest)}
${row('send to acknowledgement, p99', ({ acknowledgedP99 }) => acknowledgedP99)}

The worst round had a p99 of ${worst('parley')} ms with Parley and of ${worst('socketIo')} ms with Socket.IO. The ratio is the median of those of the rounds.

${new Date().toISOString().slice(0, 10)}, \`npm run bench:nodes-latency -- --rounds ${rounds} --seconds ${seconds} --rate ${perSecond}\`, Node ${process.versions.node},
${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}) for both systems, PostgreSQL, Redis and the load together; load average ${loads.map((load) => load.toFixed(1)).join(', ')}
before the first round and after each.`;
}
