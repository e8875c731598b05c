import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startNodes, Talk } from './support/nodes.ts';
import { until } from './support/process.ts';
import { startRedis, type TestRedis, type TestRedisOptions } from './support/redis.ts';

const down = 'the bus is down, going on by the log';
const back = 'the bus is back';

test('[R2] Sentinel moves the primary: the nodes follow, and nothing is lost', async () => {
  const primary = await redisFor({ isTcp: true });
  const replica = await redisFor({ isTcp: true, settings: [`replicaof 127.0.0.1 ${primary.port}`] });
  await untilAsked(async () => String(await primary.command('INFO', 'replication')).includes('connected_slaves:1'));
  const sentinel = await redisFor({
    isSentinel: true,
    settings: [
      `sentinel monitor main 127.0.0.1 ${primary.port} 1`,
      'sentinel down-after-milliseconds main 300',
      'sentinel failover-timeout main 1000',
    ],
  });
  await untilAsked(async () => String(await sentinel.command('INFO', 'sentinel')).includes('slaves=1'));
  const redisUrl = `redis+sentinel://127.0.0.1:${sentinel.port}/main`;
  const { nodes, said } = await startNodes([{ redisUrl }, { redisUrl }]);
  const talk = await Talk.begin(nodes);
  await talk.goesOn(20);
  expect(said).toEqual([[], []]);
  expect((await primary.channels()).length).toBeGreaterThan(2);
  await primary.kill();
  await talk.goesOn(20);
  await until(() => said.every((lines) => lines.at(-1) === back), 20_000);
  expect((await replica.channels()).length).toBeGreaterThan(2);
  await talk.goesOn(20);
  await talk.settle();
});

test('[R2] in a Cluster of three each node takes one that answers, and another when that is gone', async () => {
  const settings = ['cluster-node-timeout 2000'];
  const cluster = await Promise.all([0, 1, 2].map(() => redisFor({ isCluster: true, settings })));
  const [first, second, third] = cluster as [TestRedis, TestRedis, TestRedis];
  const slots = [
    [0, 5460],
    [5461, 10922],
    [10923, 16383],
  ] as const;
  for (const [index, redis] of cluster.entries()) {
    const [from, to] = slots[index] ?? [0, 0];
    await redis.command('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to));
    await redis.command('CLUSTER', 'MEET', '127.0.0.1', String(first.port), String(first.clusterPort));
  }
  for (const redis of cluster) {
    await untilAsked(async () => String(await redis.command('CLUSTER', 'INFO')).includes('cluster_state:ok'));
    await untilAsked(async () => String(await redis.command('CLUSTER', 'INFO')).includes('cluster_known_nodes:3'));
  }
  const urlOf = (...list: TestRedis[]) => `redis://${list.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
  const { nodes, said } = await startNodes([
    { redisUrl: urlOf(first, second, third) },
    { redisUrl: urlOf(second, third, first) },
  ]);
  const talk = await Talk.begin(nodes);
  await talk.goesOn(40);
  expect(said).toEqual([[], []]);
  const [here, there] = nodes.map(({ node }) => node.engine.services.typing);
  here?.start('room', 'ada');
  await until(() => there?.current('room').length === 1, 5_000);
  await first.kill();
  await until(() => said[0]?.at(-1) === back, 10_000);
  await talk.goesOn(40);
  there?.start('room', 'ben');
  await until(() => here?.current('room').length === 2, 5_000);
  await talk.settle();
  expect(said).toEqual([[down, back], []]);
});

describe('a process that talks by Redis while Redis comes and goes', () => {
  test('lives', async () => {
    expect(await comesAndGoes('ours')).toEqual({ code: 0, output: 'talking\nalive\n', errors: '' });
  });

  test('dies where the libraries are left to themselves', async () => {
    // Rarely one is so confused that it neither dies nor comes back.
    let outcome = await comesAndGoes('bare', 5_000);
    for (let more = 3; outcome.code === null && more > 0; more -= 1) outcome = await comesAndGoes('bare', 5_000);
    const { code, output, errors } = outcome;
    expect(code).toBe(1);
    expect(output).not.toContain('alive');
    expect(errors).toMatch(/ioredis/);
  });
});

/** Code null: it was neither back nor gone within the bound. */
async function comesAndGoes(
  manner: 'ours' | 'bare',
  boundMs = 20_000,
): Promise<{ code: number | null; output: string; errors: string }> {
  const redis = await redisFor();
  const script = join(import.meta.dirname, 'support/redis-cut.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, manner, redis.url], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.on('error', () => undefined);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk;
  });
  const closed = once(child, 'close');
  await until(() => output.includes('talking'), 20_000);
  for (let round = 0; round < 3; round++) {
    await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await redis.command('CLIENT', 'KILL', 'TYPE', 'normal');
    await redis.kill();
    await redis.start();
    // Until it is there again, or is no more.
    const isBack = async () => (await redis.channels()).length > 0;
    const isSettled = async () => child.exitCode !== null || isBack();
    const isInTime = await untilAsked(isSettled, boundMs).then(
      () => true,
      () => false,
    );
    if (isInTime) continue;
    child.kill('SIGKILL');
    break;
  }
  child.stdin.end();
  const [code] = (await closed) as [number | null];
  return { code, output, errors };
}

/** As `until`, for what has to be asked. */
async function untilAsked(isSo: () => Promise<boolean>, boundMs = 20_000): Promise<void> {
  const bound = Date.now() + boundMs;
  while (!(await isSo())) {
    if (Date.now() > bound) throw new Error(`it was not so in time: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function redisFor(options: TestRedisOptions = {}): Promise<TestRedis> {
  const redis = await startRedis(options);
  onTestFinished(() => redis[Symbol.asyncDispose]());
  return redis;
}
