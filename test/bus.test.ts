import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { batchFormat, decodeBatch, encodeBatch } from '../src/bus/batch-text.ts';
import type { Bus } from '../src/bus/bus.ts';
import { createMemoryBus } from '../src/bus/memory.ts';
import { createRedisBus } from '../src/bus/redis.ts';
import { RedisLink } from '../src/bus/redis-link.ts';
import { memberColumns, roomColumns, storedMessageColumns, userColumns } from '../src/chat/rows.ts';
import type { CommittedBatch, LogEvent } from '../src/log/event.ts';
import { type Log, silentLog } from '../src/observe/log.ts';
import type { Typing } from '../src/presence/contract.ts';
import { createMemoryTyping } from '../src/presence/memory.ts';
import { startRedisTyping } from '../src/presence/redis.ts';
import { until } from './support/process.ts';
import { startRedis, type TestRedis } from './support/redis.ts';

const key = 'a5'.repeat(32);

/** How nodes are made: `buses(2)` are those of two nodes, where there can be two. */
const kinds = [
  { kind: 'in memory', isShared: false },
  { kind: 'by Redis', isShared: true },
];

let starting: Promise<TestRedis> | null = null;
afterEach(async () => {
  await (await starting)?.[Symbol.asyncDispose]();
  starting = null;
});

async function link(options: { epoch?: string; key?: string; log?: Log } = {}): Promise<RedisLink> {
  starting ??= startRedis();
  const made = await RedisLink.start({
    url: (await starting).url,
    epoch: '00000000000000aa',
    key,
    log: silentLog,
    random: Math.random,
    ...options,
  });
  onTestFinished(() => made[Symbol.asyncDispose]());
  return made;
}

describe.each(kinds)('the bus $kind', ({ isShared }) => {
  async function nodes(): Promise<Bus[]> {
    if (!isShared) return [createMemoryBus({ log: silentLog })];
    const log = silentLog;
    return [createRedisBus({ link: await link(), log }), createRedisBus({ link: await link(), log })];
  }

  test('hands every batch to every listener of every node once, in the order of publishing, with events and rows as they were', async () => {
    const buses = await nodes();
    const heard = await Promise.all([...buses, ...buses].map(listen));
    const batches = Array.from({ length: 50 }, (_, index) => batchAt(index * 2 + 1, 2));
    for (const batch of batches) buses[0]?.publish(batch);
    await until(() => heard.every((list) => list.length >= 50), 5_000);
    for (const list of heard) expect(list).toEqual(batches);
  });

  test('hands its own batches over in the turn of publishing', async () => {
    const [bus] = await nodes();
    const heard = await listen(bus as Bus);
    bus?.publish(batchAt(1, 1));
    expect(heard).toHaveLength(1);
  });

  test('says nothing more to a listener that has stopped', async () => {
    const buses = await nodes();
    const stopped: CommittedBatch[] = [];
    const stops = await Promise.all(
      buses.map((bus) => bus.subscribe({ onBatch: (batch) => stopped.push(batch), onPosition: () => undefined })),
    );
    const heard = await Promise.all(buses.map(listen));
    for (const stop of stops) stop();
    buses[0]?.publish(batchAt(1, 1));
    await until(() => heard.every((list) => list.length === 1), 5_000);
    expect(stopped).toEqual([]);
  });
});

describe.each(kinds)('leases of typing $kind', ({ isShared }) => {
  async function nodes(ttlMs: number): Promise<Typing[]> {
    if (!isShared) return [createMemoryTyping({ ttlMs })];
    return Promise.all([0, 1].map(async () => startRedisTyping({ link: await link(), ttlMs })));
  }

  test('are seen on every node in order of starting, and by watchers at each change', async () => {
    const all = await nodes(60_000);
    const seen = all.map((typing) => {
      const states: string[] = [];
      typing.watch('room', (userIds) => states.push(userIds.join(' ')));
      return states;
    });
    const [first, last] = [all[0] as Typing, all.at(-1) as Typing];
    first.start('room', 'ada');
    await until(() => all.every((typing) => typing.current('room').length === 1), 5_000);
    last.start('room', 'ben');
    last.start('other', 'cat');
    await until(() => all.every((typing) => typing.current('room').length === 2), 5_000);
    last.stop('room', 'ada');
    await until(() => all.every((typing) => typing.current('room').length === 1), 5_000);
    for (const states of seen) expect(states).toEqual(['ada', 'ada ben', 'ben']);
  });

  test('end by themselves after their time, and not before when they are renewed', async () => {
    const all = await nodes(150);
    const first = all[0] as Typing;
    const begun = performance.now();
    first.start('room', 'ada');
    const renewing = setInterval(() => first.start('room', 'ada'), 50);
    await until(() => all.every((typing) => typing.current('room').length === 1), 5_000);
    await until(() => performance.now() - begun > 400, 5_000);
    clearInterval(renewing);
    for (const typing of all) expect(typing.current('room')).toEqual(['ada']);
    await until(() => all.every((typing) => typing.current('room').length === 0), 5_000);
    for (const typing of all) expect(typing.size).toEqual({ leases: 0, watchers: 0 });
  });

  test('give back what is not held without a word', async () => {
    const [typing] = await nodes(60_000);
    let told = 0;
    typing?.watch('room', () => told++);
    typing?.stop('room', 'ada');
    expect([told, typing?.current('room')]).toEqual([0, []]);
  });
});

describe('nodes on one Redis', () => {
  test('a node that comes later learns who types', async () => {
    const typing = await startRedisTyping({ link: await link() });
    typing.start('room', 'ada');
    const late = await startRedisTyping({ link: await link() });
    await until(() => late.current('room').length === 1, 5_000);
  });

  test('of another deployment hear nothing of this one', async () => {
    const ours = createRedisBus({ link: await link(), log: silentLog });
    const theirs = createRedisBus({ link: await link({ epoch: '00000000000000bb' }), log: silentLog });
    const beside = createRedisBus({ link: await link(), log: silentLog });
    const [stranger, heard] = await Promise.all([listen(theirs), listen(beside)]);
    ours.publish(batchAt(1, 1));
    await until(() => heard.length === 1, 5_000);
    expect(stranger).toEqual([]);
  });

  test('believe nothing that is forged, damaged, cut or sealed for another topic or with another key', async () => {
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (_: object, message: string) => void warnings.push(message) };
    const reader = createRedisBus({ link: await link({ log }), log: silentLog });
    const heard = await listen(reader);
    const topic = 'parley:00000000000000aa:committed';
    const captured: Buffer[] = [];
    const redis = (await starting) as TestRedis;
    const spy = new Redis({ path: redis.url.slice('unix://'.length) });
    onTestFinished(() => spy.disconnect());
    await spy.subscribe(topic, 'parley:00000000000000aa:typing');
    spy.on('messageBuffer', (_: Buffer, bytes: Buffer) => captured.push(bytes));
    const writer = await link();
    const bus = createRedisBus({ link: writer, log: silentLog });
    bus.publish(batchAt(1, 1));
    writer.publish('typing', () => encodeBatch(batchAt(2, 1)));
    createRedisBus({ link: await link({ key: '5a'.repeat(32) }), log: silentLog }).publish(batchAt(3, 1));
    await until(() => captured.length === 3 && heard.length === 1, 5_000);

    const genuine = captured[0] as Buffer;
    const altered = Buffer.from(genuine);
    altered.writeUInt8((altered.at(-3) ?? 0) ^ 1, altered.length - 3);
    const asAnother = Buffer.from(genuine);
    asAnother.writeUInt8((asAnother.at(0) ?? 0) ^ 1, 0);
    const forged = Buffer.concat([Buffer.alloc(48, 7), Buffer.from(encodeBatch(batchAt(9, 1)))]);
    const bad = [altered, asAnother, forged, genuine.subarray(0, 30), genuine.subarray(0, -1), Buffer.alloc(0)];
    for (const bytes of [...bad, captured[1] as Buffer, Buffer.from('{"format":1}'), genuine]) {
      await redis.publish(topic, bytes);
    }
    // The genuine one, repeated, is the last to arrive: the tail knows it by its position.
    await until(() => heard.length === 2, 5_000);
    expect(heard.map(({ events }) => events[0]?.position)).toEqual([1, 1]);
    expect(warnings).toEqual(['messages on the bus were ignored: no node like this one sent them']);
  });

  test('ignore the echo of their own batches', async () => {
    const bus = createRedisBus({ link: await link(), log: silentLog });
    const [heard, beside] = [await listen(bus), await listen(createRedisBus({ link: await link(), log: silentLog }))];
    bus.publish(batchAt(1, 1));
    bus.publish(batchAt(2, 1));
    await until(() => beside.length === 2, 5_000);
    await (await starting)?.command('PING');
    expect(heard).toHaveLength(2);
  });
});

describe('the text of a batch', () => {
  test('keeps text that looks like a date, and dates that are none', () => {
    const batch: CommittedBatch = {
      afterTag: 0,
      events: [eventAt(1)],
      rows: {
        messages: [{ id: 'm', text: '2026-01-01T00:00:00.000Z', sentAt: new Date(5), deletedAt: null }],
        users: [],
      },
    };
    expect(decodeBatch(encodeBatch(batch))).toEqual({ kind: 'batch', batch });
  });

  test('leaves rows behind when it grows too long, and then events', () => {
    const batch = batchAt(1, 3);
    const events = JSON.stringify(batch.events).length;
    expect(decodeBatch(encodeBatch(batch, events + 10))).toEqual({ kind: 'batch', batch: { ...batch, rows: null } });
    expect(decodeBatch(encodeBatch(batch, events - 1))).toEqual({ kind: 'position', position: 3 });
  });

  test('has a format that goes up when the columns of rows change: nodes of both versions run during an upgrade', () => {
    const columns = [userColumns, roomColumns, memberColumns, storedMessageColumns].join().replace(/\s+/g, ' ');
    const digest = createHash('sha256').update(columns).digest('hex').slice(0, 12);
    expect({ format: batchFormat, digest }).toEqual({ format: 4, digest: 'b46e2e3b6a9e' });
  });

  test('of another format, of nothing or with a hole is none', () => {
    const text = encodeBatch(batchAt(1, 3));
    const hole = encodeBatch({ afterTag: 0, events: [eventAt(1), eventAt(3)], rows: {} });
    for (const bad of ['', 'null', '{}', '[]', hole, text.slice(1), text.replace('"format":4', '"format":3')]) {
      expect(decodeBatch(bad), bad.slice(0, 40)).toBeNull();
    }
    expect(decodeBatch(text)).not.toBeNull();
  });
});

async function listen(bus: Bus): Promise<CommittedBatch[]> {
  const heard: CommittedBatch[] = [];
  await bus.subscribe({ onBatch: (batch) => heard.push(batch), onPosition: () => undefined });
  return heard;
}

function batchAt(position: number, count: number): CommittedBatch {
  const events = Array.from({ length: count }, (_, index) => eventAt(position + index));
  const messages = events.map((event) => ({
    id: `message ${event.position}`,
    text: 'ʕ•ᴥ•ʔ "quoted"\n2026',
    sentAt: event.at,
    editedAt: null,
    version: 1,
  }));
  return { afterTag: (position - 1) * 7, events, rows: { messages, users: [] } };
}

function eventAt(position: number): LogEvent {
  return {
    position,
    tag: position * 7,
    audience: { kind: 'room', roomId: 'room' },
    kind: 'MESSAGE_SENT',
    body: { messageId: `message ${position}`, version: 1 },
    actorId: null,
    roomSeq: position,
    at: new Date(1_700_000_000_123 + position),
  };
}
