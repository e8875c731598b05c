import { expect, onTestFinished, test } from 'vitest';
import { faultsOf, holesOf, readLog, rowIdOf } from './support/history.ts';
import { eventsQuery, LogStream, messagesQuery } from './support/log-stream.ts';
import { startNodes } from './support/nodes.ts';
import { createRoom, enterGuest, joinRoom, type Person, sendMutation } from './support/person.ts';
import { startRedis } from './support/redis.ts';
import { readHistory } from './support/room-history.ts';
import type { TestServer } from './support/server.ts';

const NODES = 4;
const ROOMS = 8;
const SENDERS = 50;
const MESSAGES = 10_000;
/** Sends of one sender that wait for their answers at once. */
const IN_FLIGHT = 4;

/** Someone of a node. */
interface Guest {
  readonly node: TestServer;
  readonly person: Person;
}

/** A reader, and the messages that it is to have: of one room (of all: null) from a position on. */
interface Reading {
  readonly stream: LogStream;
  readonly roomId: string | null;
  readonly how: 'begun' | 'after' | 'last';
  readonly from: number;
}

test('[R1] [R2] [R3] [R5] [W2] of 10,000 messages by 50 senders through 4 nodes readers on every node have each once and in order, midway too, and all histories are alike', {
  timeout: 120_000,
}, async () => {
  const redis = await startRedis();
  onTestFinished(() => redis[Symbol.asyncDispose]());
  const { nodes } = await startNodes(Array.from({ length: NODES }, () => ({ redisUrl: redis.url })));
  const [first] = nodes as [TestServer];
  const owner = await enterGuest(first, 'owner');
  const rooms = await Promise.all(Array.from({ length: ROOMS }, (_, n) => createRoom(owner, `room ${n}`)));
  const guests = await Promise.all(Array.from({ length: SENDERS }, (_, n) => enter(nodes, n, rooms)));
  const positionOf = (cursor: string) => first.node.engine.services.cursors.decode(cursor).position;

  const readings: Reading[] = [];
  onTestFinished(async () => void (await Promise.all(readings.map(({ stream }) => stream[Symbol.asyncDispose]()))));
  /** On the node of the guest. */
  const follow = ({ node, person }: Guest, reading: Omit<Reading, 'stream'>, variables: object = {}) => {
    const { roomId } = reading;
    const query = roomId === null ? eventsQuery : messagesQuery;
    const stream = new LogStream(node, person, { query, variables: { ...(roomId && { roomId }), ...variables } });
    readings.push({ ...reading, stream });
  };
  const onNode = (n: number) => guests.filter(({ node }) => node === nodes[n % NODES]);

  const { extensions } = await owner.ask('{ asOf }');
  const start = positionOf(extensions?.asOf as string);
  for (const n of nodes.keys()) {
    const [one, other] = onNode(n) as [Guest, Guest];
    follow(one, { roomId: null, how: 'after', from: start }, { after: extensions?.asOf });
    for (const roomId of [0, 1, 2, 3].map((k) => rooms[(n * 2 + k) % ROOMS] as string))
      follow(other, { roomId, how: 'begun', from: start });
  }
  await Promise.all(readings.map(({ stream }) => stream.until(({ items }) => items.length > 0)));

  /** On each node newcomers: with the newest, after the answer of another node, after what a reader elsewhere has seen. */
  const joinMidway = async (part: number) => {
    for (const n of nodes.keys()) {
      const guest = onNode(n)[2 + part] as Guest;
      const [a, b, c] = [0, 1, 2].map((k) => rooms[(n * 3 + k + part) % ROOMS]) as [string, string, string];
      follow(guest, { roomId: a, how: 'last', from: 0 }, { last: 30 });
      const answer = await (onNode(n + 1)[0] as Guest).person.ask('{ asOf }');
      const asOf = answer.extensions?.asOf as string;
      follow(guest, { roomId: b, how: 'after', from: positionOf(asOf) }, { after: asOf });
      const elsewhere = readings.find(({ roomId, how }) => roomId === null && how === 'after')?.stream as LogStream;
      const seen = elsewhere.cursor as string;
      follow(guest, { roomId: c, how: 'after', from: positionOf(seen) }, { after: seen });
    }
  };
  const acknowledged: string[] = [];
  const midway: Promise<void>[] = [];
  await Promise.all(
    guests.map((guest, n) =>
      sendAll(guest, n, rooms, (id, cursor) => {
        acknowledged.push(`${positionOf(cursor)} ${rowIdOf(id)}`);
        if (acknowledged.length === Math.floor(MESSAGES / 3)) midway.push(joinMidway(0));
        if (acknowledged.length === Math.floor((MESSAGES * 2) / 3)) midway.push(joinMidway(1));
      }),
    ),
  );
  await Promise.all(midway);

  const log = await readLog(first.database);
  await Promise.all(readings.map(({ stream }) => stream.reached(log.length)));
  expect(holesOf(log.map(({ position }) => position))).toEqual([]);
  const sent = log.filter(({ kind }) => kind === 'MESSAGE_SENT');
  const name = ({ position, body }: (typeof log)[number]) => `${position} ${body.messageId}`;
  expect(sent).toHaveLength(MESSAGES);
  expect(faultsOf(sent.map(name), acknowledged.sort(byPosition))).toEqual([]);

  const inRoom = (roomId: string) => sent.filter((event) => event.roomId === rowIdOf(roomId));
  for (const roomId of rooms) {
    const counts = log.filter((event) => event.roomId === rowIdOf(roomId)).map(({ roomSeq }) => roomSeq ?? 0);
    expect(holesOf(counts)).toEqual([]);
  }
  for (const { stream, roomId, how, from } of readings) {
    expect(stream.connections).toBe(1);
    if (roomId === null) {
      const wanted = log.map(({ position }) => position).filter((position) => position > from);
      expect(faultsOf(wanted, stream.positions)).toEqual([]);
      continue;
    }
    const begin = stream.items[0]?.position ?? 0;
    expect(begin, 'joined before the last message').toBeLessThan(log.length);
    if (how === 'after') expect(begin).toBe(from);
    const shown =
      how === 'last'
        ? inRoom(roomId)
            .filter(({ position }) => position <= begin)
            .slice(-30)
        : [];
    const wanted = [...shown, ...inRoom(roomId).filter(({ position }) => position > (how === 'last' ? begin : from))];
    const received = stream.events.map(({ position, value }) => `${position} ${rowIdOf(value.message.id)}`);
    expect(faultsOf(wanted.map(name), received)).toEqual([]);
  }
  for (const n of nodes.keys()) {
    const { person } = onNode(n)[0] as Guest;
    for (const roomId of rooms) {
      const { messageIds } = await readHistory(person, roomId);
      expect(messageIds.map(rowIdOf)).toEqual(inRoom(roomId).map(({ body }) => body.messageId));
    }
  }
});

async function enter(nodes: readonly TestServer[], n: number, rooms: readonly string[]): Promise<Guest> {
  const node = nodes[n % nodes.length] as TestServer;
  const person = await enterGuest(node, `sender ${n}`);
  for (const roomId of rooms) await joinRoom(person, roomId);
  return { node, person };
}

/** One sender's share, over one socket to its node. */
async function sendAll(
  { person }: Guest,
  n: number,
  rooms: readonly string[],
  onAcknowledged: (messageId: string, cursor: string) => void,
): Promise<void> {
  await using client = await person.connect();
  let next = 0;
  const sendOnAndOn = async () => {
    while (next < MESSAGES / SENDERS) {
      const count = next++;
      const input = { roomId: rooms[(n + count) % rooms.length], text: `${n} says ${count}` };
      const { data, errors } = await client.request(sendMutation, { input });
      const { message, cursor } = data?.sendMessage ?? {};
      if (!message) throw new Error(JSON.stringify(errors ?? data));
      onAcknowledged(message.id, cursor);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, sendOnAndOn));
}

function byPosition(a: string, b: string): number {
  return Number.parseInt(a, 10) - Number.parseInt(b, 10);
}
