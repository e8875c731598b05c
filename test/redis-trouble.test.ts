import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { createTestDatabase } from './support/database.ts';
import { LogStream, messagesQuery } from './support/log-stream.ts';
import { startNodes, Talk, type TestNodes } from './support/nodes.ts';
import { createRoom, enterGuest, send } from './support/person.ts';
import { until } from './support/process.ts';
import { seededRandom } from './support/random.ts';
import { startRedis, type TestRedis, type TestRedisOptions } from './support/redis.ts';
import type { TestServer } from './support/server.ts';

const down = 'the bus is down, going on by the log';
const back = 'the bus is back';

test("[R2] two nodes bring each other's messages by Redis alone, without a look at the log", async () => {
  const { url: redisUrl } = await redisFor();
  const { nodes, said } = await startNodes([{ redisUrl }, { redisUrl }]);
  const talk = await Talk.begin(nodes);
  await talk.goesOn(100);
  await talk.settle();
  expect(said).toEqual([[], []]);
  expect(nodes.map(({ node }) => node.engine.nodes.repairedAt)).toEqual([null, null]);
});

test('[R2] with Redis away at the start, killed and restarted under load nothing is lost, repeated or swapped', async () => {
  const redis = await redisFor();
  await redis.kill();
  const { nodes, said } = await startNodes([{ redisUrl: redis.url }, { redisUrl: redis.url }]);
  expect(said).toEqual([[down], [down]]);
  const talk = await Talk.begin(nodes);
  await talk.goesOn();
  await redis.start();
  await until(() => said.every((lines) => lines.length === 2), 5_000);
  await talk.goesOn();
  await redis.kill();
  await until(() => said.every((lines) => lines.length === 3), 5_000);
  await talk.goesOn();
  expect(talk.delaysMs.length).toBeGreaterThan(100);
  expect(statesOf({ nodes })).toEqual(['down', 'down']);
  await redis.start();
  await until(() => said.every((lines) => lines.length === 4), 5_000);
  await talk.goesOn();
  await talk.settle();
  expect(said).toEqual([0, 1].map(() => [down, back, down, back]));
});

test('[R2] a Redis that hangs is noticed, done without, and taken up again when it goes on', async () => {
  const redis = await redisFor();
  const { nodes, said } = await startNodes([{ redisUrl: redis.url }, { redisUrl: redis.url }]);
  const talk = await Talk.begin(nodes);
  await talk.goesOn();
  redis.freeze();
  await until(() => said.every((lines) => lines.length === 1), 10_000);
  await talk.goesOn();
  redis.thaw();
  await until(() => said.every((lines) => lines.at(-1) === back), 10_000);
  await talk.goesOn();
  await talk.settle();
  expect(said).toEqual([0, 1].map(() => [down, back]));
});

test('[R2] connections to Redis that are cut again and again under load cost nothing but time', async () => {
  const redis = await redisFor();
  const made = await startNodes([{ redisUrl: redis.url }, { redisUrl: redis.url }]);
  const talk = await Talk.begin(made.nodes);
  for (let round = 0; round < 8; round++) {
    await redis.command('CLIENT', 'KILL', 'TYPE', round % 2 === 0 ? 'pubsub' : 'normal');
    await talk.goesOn(10);
  }
  await talk.settle();
  await until(() => statesOf(made).every((state) => state === 'up'), 5_000);
});

test('with a read-only replica, or with a Redis whose memory is full, the bus and typing go on', async () => {
  const primary = await redisFor({ isTcp: true });
  const replica = await redisFor({ settings: [`replicaof 127.0.0.1 ${primary.port}`] });
  const full = await redisFor({ settings: ['maxmemory 1', 'maxmemory-policy noeviction'] });
  await expect(replica.command('SET', 'a', 'b')).rejects.toThrow('READONLY');
  await expect(full.command('SET', 'a', 'b')).rejects.toThrow('OOM');
  for (const { url: redisUrl } of [replica, full]) {
    const { nodes, said } = await startNodes([{ redisUrl }, { redisUrl }]);
    const talk = await Talk.begin(nodes);
    const repairs = () => nodes.map(({ node }) => node.engine.nodes.repairedAt?.getTime());
    // On a busy machine a batch may be late now and then, and is read from the log; without a bus all of them are.
    for (let before = null as unknown; !isDeepStrictEqual(before, repairs()); ) {
      before = repairs();
      await talk.goesOn(20);
    }
    await talk.settle();
    const [here, there] = nodes.map(({ node }) => node.engine.services.typing);
    here?.start('room', 'ada');
    await until(() => there?.current('room').length === 1, 5_000);
    expect(said).toEqual([[], []]);
  }
});

test('[R2] with a wrong password a node lives by the log and tells the reason, and typing is its own affair', async () => {
  const redis = await redisFor({ password: 'right' });
  const redisUrl = redis.url.replace('unix://', 'unix://:wrong@');
  const { nodes, said } = await startNodes([{ redisUrl }, { redisUrl }]);
  const talk = await Talk.begin(nodes);
  await talk.goesOn();
  await talk.settle();
  const [here, there] = nodes.map(({ node }) => node.engine.services.typing);
  here?.start('room', 'ada');
  expect([here?.current('room'), there?.current('room')]).toEqual([['ada'], []]);
  expect(said).toEqual([[down], [down]]);
  const ready = await fetch(`${nodes[0]?.url}/health/ready`);
  expect(ready.status).toBe(200);
  expect(await ready.text()).toMatch(/^ready\nthe bus is down since .*, going on by the log: .*(WRONGPASS|NOAUTH)/);
});

test('a user of Redis who may do what the guide names and no more is enough', async () => {
  const acl = 'user parley on >pass resetchannels &parley:* -@all +publish +subscribe +unsubscribe +info';
  const redis = await redisFor({ settings: [acl] });
  const redisUrl = redis.url.replace('unix://', 'unix://parley:pass@');
  const { nodes, said } = await startNodes([{ redisUrl }, { redisUrl }]);
  const talk = await Talk.begin(nodes);
  await talk.goesOn(20);
  await talk.settle();
  expect(said).toEqual([[], []]);
});

test('[R2] what is forged, damaged, repeated, swapped or dropped on the way changes nothing that is delivered', async () => {
  const [left, right] = [await redisFor(), await redisFor()];
  const { nodes, said } = await startNodes([{ redisUrl: left.url }, { redisUrl: right.url }]);
  const random = seededRandom(20_261_123);
  const passed = await Promise.all([relay(left, right, random), relay(right, left, random)]);
  const talk = await Talk.begin(nodes);
  await talk.goesOn(150);
  // How many messages one commit holds, and so how many batches the relays carry, is the machine's affair.
  while (passed.some((counts) => Object.values(counts).includes(0))) await talk.goesOn(20);
  await talk.settle();
  for (const lines of said)
    expect(lines).toContain('messages on the bus were ignored: no node like this one sent them');
});

test('[R3][W8] news that come after their message was deleted do not bring its text back', async () => {
  const [left, right] = [await redisFor(), await redisFor()];
  const databaseDirectUrl = await deafUrl();
  const { nodes } = await startNodes([{ redisUrl: left.url }, { redisUrl: right.url, databaseDirectUrl }]);
  const [here, there] = nodes as [TestServer, TestServer];
  const ear = new Redis({ path: left.url.slice('unix://'.length) });
  onTestFinished(() => ear.disconnect());
  const held: { channel: string; bytes: Buffer }[] = [];
  ear.on('pmessageBuffer', (_: string, channel: Buffer, bytes: Buffer) =>
    held.push({ channel: String(channel), bytes }),
  );
  await ear.psubscribe('parley:*:committed');
  const ann = await enterGuest(here, 'Ann');
  const roomId = await createRoom(ann, 'Kitchen');
  const { cursor: after } = await send(ann, roomId, 'the first');
  const follow = () => {
    const stream = new LogStream(there, ann, { query: messagesQuery, variables: { roomId, after } });
    onTestFinished(() => stream[Symbol.asyncDispose]());
    return stream;
  };
  const live = follow();
  const { message } = await send(ann, roomId, 'a secret');
  const { data } = await ann.ask(
    `mutation ($id: ID!) { deleteMessage(input: { messageId: $id }) { message { text } errors { message } } }`,
    { id: message.id },
  );
  expect(data.deleteMessage.message).toEqual({ text: null });
  await live.until(({ events }) => events.length === 2);
  await until(() => held.length >= 4, 5_000);
  for (const { channel, bytes } of [...held, ...held]) await right.publish(channel, bytes);
  await send(ann, roomId, 'the last');
  await live.until(({ events }) => events.length === 3);
  const resumed = await follow().until(({ events }) => events.length === 3);
  const shown = resumed.events.map(({ kind, value }) => `${kind} ${value.message.text}`);
  expect(shown).toEqual(['SENT null', 'DELETED null', 'SENT the last']);
  expect(live.events.map(({ kind }) => kind)).toEqual(['SENT', 'DELETED', 'SENT']);
});

test('[R2] without Redis and without a bell, the comparison of heads alone brings every message', async () => {
  const databaseDirectUrl = await deafUrl();
  const { nodes } = await startNodes([{ databaseDirectUrl }, { databaseDirectUrl }]);
  const talk = await Talk.begin(nodes);
  await talk.goesOn();
  await talk.settle();
});

/** Another database: who listens there hears nothing of this one's commits. */
async function deafUrl(): Promise<string> {
  const database = await createTestDatabase();
  onTestFinished(() => database[Symbol.asyncDispose]());
  return database.url;
}

const fates = ['passed', 'dropped', 'repeated', 'late', 'damaged', 'forged'] as const;

/** Carries the news of commits from one Redis to another, with an ill fate for each second message. */
async function relay(from: TestRedis, to: TestRedis, random: () => number): Promise<Record<string, number>> {
  const [ear, mouth] = [from, to].map(({ url }) => new Redis({ path: url.slice('unix://'.length) }));
  onTestFinished(() => {
    ear?.disconnect();
    mouth?.disconnect();
  });
  const counts: Record<string, number> = Object.fromEntries(fates.map((fate) => [fate, 0]));
  const say = (channel: string, bytes: Buffer) => void mouth?.publish(channel, bytes).catch(() => undefined);
  await ear?.psubscribe('parley:*:committed');
  ear?.on('pmessageBuffer', (_: string, channelBytes: Buffer, bytes: Buffer) => {
    const channel = channelBytes.toString();
    // What the relay of the other direction brought here stays here.
    if (carried.has(digest(bytes))) return;
    const fate = random() < 0.5 ? 'passed' : (fates[Math.floor(random() * fates.length)] ?? 'passed');
    counts[fate] = (counts[fate] ?? 0) + 1;
    carried.add(digest(bytes));
    const altered = Buffer.from(bytes);
    if (fate === 'damaged') altered[48 + Math.floor(random() * (bytes.length - 48))] = 0;
    if (fate === 'forged') altered.fill(1, 0, 48);
    carried.add(digest(altered));
    if (fate === 'late') setTimeout(() => say(channel, bytes), random() * 200);
    else if (fate !== 'dropped') say(channel, altered);
    if (fate === 'repeated') setTimeout(() => say(channel, bytes), random() * 50);
  });
  return counts;
}

/** Digests of all that any relay has seen. */
const carried = new Set<string>();

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64');
}

function statesOf({ nodes }: Pick<TestNodes, 'nodes'>): (string | undefined)[] {
  return nodes.map(({ node }) => node.engine.nodes.bus?.state);
}

async function redisFor(options: TestRedisOptions = {}): Promise<TestRedis> {
  const redis = await startRedis(options);
  onTestFinished(() => redis[Symbol.asyncDispose]());
  return redis;
}
