import { Redis } from 'ioredis';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { RedisLink } from '../src/bus/redis-link.ts';
import { silentLog } from '../src/observe/log.ts';
import type { Presence, PresenceTimes } from '../src/presence/contract.ts';
import { createMemoryPresence } from '../src/presence/memory.ts';
import { startRedisPresence } from '../src/presence/redis-presence.ts';
import { until } from './support/process.ts';
import { startRedis, type TestRedis } from './support/redis.ts';

type Node = Presence & { close(): void };

const topic = 'parley:00000000000000aa:presence';
const quick: PresenceTimes = { ttlMs: 900, renewMs: 300, graceMs: 300, gatherMs: 20 };
const long: PresenceTimes = { ...quick, ttlMs: 60_000, graceMs: 60_000 };

const kinds = [
  { kind: 'in memory', isShared: false },
  { kind: 'by Redis', isShared: true },
];

let starting: Promise<TestRedis> | null = null;
afterEach(async () => {
  await (await starting)?.[Symbol.asyncDispose]();
  starting = null;
});

async function link(epoch = '00000000000000aa'): Promise<RedisLink> {
  starting ??= startRedis();
  const { url } = await starting;
  const made = await RedisLink.start({ url, epoch, key: 'a5'.repeat(32), log: silentLog, random: Math.random });
  onTestFinished(() => made[Symbol.asyncDispose]());
  return made;
}

async function redisNode(times: PresenceTimes, by?: RedisLink): Promise<Node> {
  const node = await startRedisPresence({ link: by ?? (await link()), times });
  onTestFinished(() => node.close());
  return node;
}

describe.each(kinds)('presence $kind', ({ isShared }) => {
  async function nodes(times: PresenceTimes): Promise<[here: Node, there: Node]> {
    if (isShared) return Promise.all([redisNode(times), redisNode(times)]);
    const only = createMemoryPresence({ graceMs: times.graceMs });
    onTestFinished(() => only.close());
    return [only, only];
  }

  test('[P1] a person is online on every node from their first connection until the grace after the last one', async () => {
    const both = await nodes(quick);
    const told = both.map(tellingsOf);
    both[0].come('ada');
    await until(() => both.every((node) => node.isOnline('ada')), 5_000);
    const leftAt = performance.now();
    both[0].leave('ada');
    await until(() => both.every((node) => !node.isOnline('ada')), 5_000);
    expect(performance.now() - leftAt).toBeGreaterThan(quick.graceMs - 5);
    for (const tellings of told) expect(tellings).toEqual(['ada came', 'ada left']);
    expect(both.map(({ size }) => [size.people, size.nodes])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  test('[P1] who comes back within the grace, here or elsewhere, is never told to be offline', async () => {
    const [here, there] = await nodes(quick);
    const told = [here, there].map(tellingsOf);
    here.come('ada');
    await until(() => there.isOnline('ada'), 5_000);
    here.leave('ada');
    here.come('ada');
    here.leave('ada');
    there.come('ada');
    const movedAt = performance.now();
    await until(() => performance.now() - movedAt > 3 * quick.graceMs, 5_000);
    for (const tellings of told) expect(tellings).toEqual(['ada came']);
    for (const node of [here, there]) expect([...node.online()]).toEqual(['ada']);
  });

  test('coming twice is coming once, and leaving without having come is nothing', async () => {
    const [here] = await nodes(quick);
    const told = tellingsOf(here);
    here.leave('ben');
    here.come('ada');
    here.come('ada');
    here.leave('ada');
    here.leave('ada');
    await until(() => told.length === 2, 5_000);
    expect(told).toEqual(['ada came', 'ada left']);
  });

  test('who listens no longer is told nothing more', async () => {
    const [here] = await nodes(long);
    const [gone, kept]: string[][] = [[], []];
    const stop = here.watch((userId) => gone?.push(userId));
    here.watch((userId) => kept?.push(userId));
    stop();
    here.come('ada');
    expect([gone, kept]).toEqual([[], ['ada']]);
    expect(here.size.watchers).toBe(1);
  });
});

describe('nodes on one Redis', () => {
  test('[P3] the people of a node that dies go offline when its lease ends, and not before', async () => {
    const mortal = await link();
    const [dying, other] = await Promise.all([redisNode(quick, mortal), redisNode(quick)]);
    dying.come('ada');
    await until(() => other.isOnline('ada'), 5_000);
    const diedAt = performance.now();
    await mortal[Symbol.asyncDispose]();
    await until(() => !other.isOnline('ada'), 5_000);
    expect(performance.now() - diedAt).toBeGreaterThan(quick.ttlMs - quick.renewMs - 50);
  });

  test('a lease is renewed for as long as its node lives', async () => {
    const [here, there] = await Promise.all([redisNode(quick), redisNode(quick)]);
    const told = tellingsOf(there);
    here.come('ada');
    const begun = performance.now();
    await until(() => performance.now() - begun > 3 * quick.ttlMs, 10_000);
    expect(told).toEqual(['ada came']);
  });

  test('[P1] the people of a node that stops in order have the grace to come back elsewhere', async () => {
    const times = { ...quick, ttlMs: 60_000 };
    const [stopping, other] = [await startRedisPresence({ link: await link(), times }), await redisNode(times)];
    const told = tellingsOf(other);
    for (const userId of ['ada', 'ben']) stopping.come(userId);
    await until(() => other.isOnline('ben'), 5_000);
    stopping.close();
    other.come('ada');
    await until(() => !other.isOnline('ben'), 5_000);
    expect(told).toEqual(['ada came', 'ben came', 'ben left']);
  });

  test('a node that comes later learns who is online', async () => {
    const here = await redisNode(long);
    here.come('ada');
    await until(() => here.isOnline('ada'), 5_000);
    const late = await redisNode(long);
    await until(() => late.isOnline('ada'), 5_000);
  });

  test('of another deployment hear nothing of this one', async () => {
    const here = await redisNode(long);
    const beside = await redisNode(long);
    const stranger = await redisNode(long, await link('00000000000000bb'));
    here.come('ada');
    await until(() => beside.isOnline('ada'), 5_000);
    expect([...stranger.online()]).toEqual([]);
  });

  test('[P3] with Redis away each knows its own people, and those of others until their lease ends; with its return all', async () => {
    const [here, there] = await Promise.all([redisNode(quick), redisNode(quick)]);
    const redis = (await starting) as TestRedis;
    here.come('ada');
    there.come('ben');
    await until(() => here.isOnline('ben') && there.isOnline('ada'), 5_000);
    await redis.kill();
    here.come('cat');
    expect(here.isOnline('ben')).toBe(true);
    await until(() => !here.isOnline('ben') && !there.isOnline('ada'), 5_000);
    expect([[...here.online()].sort(), [...there.online()]]).toEqual([['ada', 'cat'], ['ben']]);
    await redis.start();
    const all = ['ada', 'ben', 'cat'];
    await until(() => [here, there].every((node) => all.every((userId) => node.isOnline(userId))), 10_000);
  });

  test('ten thousand people are told, renewed and asked for in few messages of bounded size', async () => {
    const said = await listenTo(topic);
    const here = await redisNode({ ...long, gatherMs: 100 });
    const ids = Array.from({ length: 10_000 }, (_, n) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`);
    for (const userId of ids) here.come(userId);
    await until(() => said.filter(({ kind }) => kind === 'changed').length === 10, 10_000);
    const renewed = said.filter(({ kind }) => kind === 'alive').length;
    await until(() => said.filter(({ kind }) => kind === 'alive').length === renewed + 2, 10_000);
    const late = await redisNode(long);
    await until(() => late.size.people === 10_000, 10_000);
    // What listens has a connection of its own, and may hear it later than the node does.
    await until(() => said.filter(({ kind }) => kind === 'whole').length >= 10, 10_000);
    expect(Math.max(...said.map(({ bytes }) => bytes))).toBeLessThan(50_000);
    for (const kind of ['changed', 'whole']) expect(said.filter((one) => one.kind === kind)).toHaveLength(10);
  });

  test('what is forged or damaged on the way, or repeated while its node lives, changes nothing', async () => {
    const said = await listenTo(topic);
    const [here, there] = await Promise.all([redisNode(long), redisNode({ ...long, graceMs: 50 })]);
    const told = tellingsOf(here);
    there.come('ada');
    await until(() => here.isOnline('ada'), 5_000);
    const came = said.find(({ kind }) => kind === 'changed')?.raw as Buffer;
    there.leave('ada');
    await until(() => !here.isOnline('ada'), 5_000);
    const redis = (await starting) as TestRedis;
    const altered = Buffer.from(came);
    altered.writeUInt8((altered.at(-3) ?? 0) ^ 1, altered.length - 3);
    const forged = { kind: 'changed', node: 'n', version: 1, came: ['mallory'], left: [] };
    const bad = [altered, came.subarray(0, 30), Buffer.from(JSON.stringify(forged)), Buffer.alloc(0), came];
    for (const bytes of bad) await redis.publish(topic, bytes);
    there.come('ben');
    await until(() => here.isOnline('ben'), 5_000);
    expect(told).toEqual(['ada came', 'ada left', 'ben came']);
  });
});

/** Who came and left, in order. */
function tellingsOf(node: Presence): string[] {
  const told: string[] = [];
  onTestFinished(node.watch((userId) => told.push(`${userId} ${node.isOnline(userId) ? 'came' : 'left'}`)));
  return told;
}

/** What is said on a channel, as it comes in; of each the kind of its note. */
async function listenTo(channel: string): Promise<{ kind: string; bytes: number; raw: Buffer }[]> {
  starting ??= startRedis();
  const said: { kind: string; bytes: number; raw: Buffer }[] = [];
  const ear = new Redis({ path: (await starting).url.slice('unix://'.length) });
  onTestFinished(() => ear.disconnect());
  await ear.subscribe(channel);
  ear.on('messageBuffer', (_: Buffer, raw: Buffer) => {
    const [, kind = ''] = /"kind":"(\w+)"/.exec(raw.toString()) ?? [];
    said.push({ kind, bytes: raw.length, raw });
  });
  return said;
}
