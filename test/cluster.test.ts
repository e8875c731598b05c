import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from './support/folder.ts';
import { messagesQuery } from './support/log-stream.ts';
import { createRoom, enterGuest, send } from './support/person.ts';
import { until, within } from './support/process.ts';
import { connect } from './support/ws-client.ts';

const root = join(import.meta.dirname, '..');

interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

/** `npm run cluster` as its script is run, on free ports and a data folder of the test's own; ended with the test. */
function runCluster(dataDir: string, args: readonly string[] = [], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [join(root, 'scripts/cluster.mjs'), ...args], {
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      TMPDIR: dataDir,
      PORT: '0',
      PARLEY_DATA_DIR: dataDir,
      PARLEY_DRAIN_MS: '1000',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout?.on('data', (data) => (output += data));
  child.stderr?.on('data', (data) => (output += data));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  onTestFinished(async () => {
    // The leash: what it started ends when it is gone.
    child.kill('SIGKILL');
    await ended;
    await until(() => processesOf(dataDir).filter(isNode).length === 0, 20_000);
    for (const pid of processesOf(dataDir)) process.kill(pid, 'SIGKILL');
    await until(() => processesOf(dataDir).length === 0, 10_000);
  });
  return { child, output: () => output, ended };
}

/** Where data, sockets and temporary files of a cluster go; PostgreSQL may not enter a folder of mode 0700. */
function folderFor(): string {
  const folder = temporaryFolder();
  onTestFinished(() => folder[Symbol.dispose]());
  return folder.path;
}

async function whenReady({
  output,
  ended,
}: Running): Promise<{ balancer: string; nodes: { url: string; pid: number }[] }> {
  const ready = until(() => /stop +Ctrl-C/.test(output()), 60_000);
  await Promise.race([ready, ended.then(() => Promise.reject(new Error(`it ended:\n${output()}`)))]);
  const [, balancer = ''] = /balancer +(http\S+)\/,/.exec(output()) ?? [];
  const nodes = [...output().matchAll(/node \d+ +(http\S+)\/, process (\d+)/g)];
  return { balancer, nodes: nodes.map(([, url = '', pid]) => ({ url, pid: Number(pid) })) };
}

/** Processes that were started with a folder in their environment, or on their command line. */
function processesOf(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && ['environ', 'cmdline'].some((file) => read(pid, file).includes(folder)));
}

function isNode(pid: number): boolean {
  return /cluster-node|redis-server/.test(read(pid, 'cmdline'));
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

test('npm run cluster starts nodes behind a balancer, brings back a killed one, refuses a second copy and leaves nothing behind', {
  timeout: 120_000,
}, async () => {
  const dataDir = folderFor();
  const cluster = runCluster(dataDir, ['--nodes', '3']);
  const { balancer, nodes } = await whenReady(cluster);
  expect(nodes).toHaveLength(3);
  expect(new Set([balancer, ...nodes.map(({ url }) => url)]).size).toBe(4);

  // Sent through the balancer, read on each node.
  const person = await enterGuest({ url: balancer }, 'Ada');
  const roomId = await createRoom(person, 'Kitchen');
  const readers = await Promise.all(
    nodes.map(async ({ url }) => {
      const client = await connect(url, { connectionParams: { token: person.token } });
      onTestFinished(() => client[Symbol.asyncDispose]());
      const stream = client.subscribe(messagesQuery, { roomId });
      await stream.next();
      return stream;
    }),
  );
  await send(person, roomId, 'to all');
  for (const reader of readers) {
    const items = await reader.until(({ data }) => data.messages.kind === 'SENT');
    expect(items.at(-1).data.messages.message.text).toBe('to all');
  }

  const second = runCluster(dataDir);
  expect(await within(20_000, second.ended, second.output)).toBe(1);
  expect(second.output().trim()).toMatch(/^The data folder \S+ is in use by another Parley \(process \d+\): [^\n]+$/);

  const [, victim] = nodes as [unknown, { url: string; pid: number }];
  process.kill(victim.pid, 'SIGKILL');
  await until(() => /node 2 \| is back/.test(cluster.output()), 30_000);
  expect(await (await fetch(`${victim.url}/health/ready`)).text()).toMatch(/^ready/);
  await send(person, roomId, 'after the kill');

  cluster.child.kill('SIGINT');
  expect(await within(30_000, cluster.ended, cluster.output)).toBe(0);
  expect(processesOf(dataDir)).toEqual([]);
});

test('what npm run cluster started ends with it when it is killed, and the next one goes on with its data', {
  timeout: 120_000,
}, async () => {
  const dataDir = folderFor();
  const first = runCluster(dataDir, ['--nodes', '1']);
  const { nodes } = await whenReady(first);
  const person = await enterGuest(nodes[0] as { url: string }, 'Ada');
  const roomId = await createRoom(person, 'Kitchen');
  first.child.kill('SIGKILL');
  await first.ended;
  await until(() => processesOf(dataDir).filter(isNode).length === 0, 20_000);

  const next = runCluster(dataDir, ['--nodes', '1']);
  const { balancer } = await whenReady(next);
  const again = { ...person, ...(await enterGuest({ url: balancer }, 'Grace')) };
  const { data } = await again.ask('query ($id: ID!) { room(by: { id: $id }) { name } }', { id: roomId });
  expect(data.room.name).toBe('Kitchen');
  next.child.kill('SIGTERM');
  expect(await within(30_000, next.ended, next.output)).toBe(0);
  expect(processesOf(dataDir)).toEqual([]);
});

test('npm run cluster says in one line what it lacks: Redis, or a count of nodes', async () => {
  const dataDir = folderFor();
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !readable(folder).includes('redis-server'))
    .join(delimiter);
  const without = runCluster(dataDir, [], { PATH: path });
  expect(await without.ended).toBe(1);
  expect(without.output().trim()).toMatch(/^redis-server is missing, [^\n]+apt-get install redis-server[^\n]+$/);
  const none = runCluster(dataDir, ['--nodes', '0']);
  expect(await none.ended).toBe(1);
  expect(none.output().trim()).toBe('npm run cluster -- --nodes 3: from 1 to 20.');
});

function readable(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
