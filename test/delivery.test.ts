import { expect, onTestFinished, test } from 'vitest';
import { faultsOf, holesOf, type LoggedEvent, readLog } from './support/history.ts';
import { eventsQuery, LogStream, messagesQuery } from './support/log-stream.ts';
import { createRoom, enterGuest, type Person, sendMutation } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

const ROOMS = 20;
const SENDERS = 50;
const MESSAGES = 10_000;
/** Sends of one sender that wait for their answers at once. */
const IN_FLIGHT = 8;

const joinMutation = (count: number) =>
  `mutation (${Array.from({ length: count }, (_, n) => `$r${n}: JoinRoomInput!`).join(' ')}) {
    ${Array.from({ length: count }, (_, n) => `j${n}: joinRoom(input: $r${n}) { errors { code } }`).join('\n')}
  }`;
const historyQuery = `query ($roomId: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  room(by: { id: $roomId }) {
    messages(first: $first, after: $after, last: $last, before: $before) {
      nodes { id text } pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
    }
  }
}`;

interface Acknowledged {
  readonly id: string;
  readonly text: string;
  readonly position: number;
}

test('[R2][R3][R5][W2] of 10,000 messages by 50 senders in 20 rooms every subscriber has each once and in order', async () => {
  const server = await startServer({ checkpointIntervalMs: 300 });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const owner = await enterGuest(server, 'owner');
  const rooms = await Promise.all(Array.from({ length: ROOMS }, (_, n) => createRoom(owner, `room ${n}`)));
  const senders = await Promise.all(Array.from({ length: SENDERS }, (_, n) => enterSender(server, n, rooms)));
  const streams: LogStream[] = [];
  onTestFinished(async () => void (await Promise.all(streams.map((stream) => stream[Symbol.asyncDispose]()))));
  const follow = (query: string, variables: object = {}) => {
    const person = senders[streams.length % SENDERS] as Person;
    const stream = new LogStream(server, person, { query, variables: { ...variables } });
    streams.push(stream);
    return stream;
  };

  const begun = rooms.map((roomId) => follow(messagesQuery, { roomId }));
  const cutRooms = rooms.slice(0, 6);
  const cut = cutRooms.map((roomId) => follow(messagesQuery, { roomId }));
  const wide = [follow(eventsQuery), follow(eventsQuery)];
  const cutWide = follow(eventsQuery);
  await Promise.all(streams.map((stream) => stream.until(({ items }) => items.length > 0)));
  const start = server.node.engine.hub.mark.position;

  const midway: { stream: LogStream; roomId: string; how: 'last' | 'after'; from: number }[] = [];
  const acknowledged: Acknowledged[] = [];
  /** At a third and two thirds of the way: newcomers, and cut connections. */
  const interfere = async (part: number) => {
    for (const stream of [...cut, cutWide]) stream.cut();
    for (const roomId of rooms.slice(part * 10, part * 10 + 10)) {
      midway.push({ stream: follow(messagesQuery, { roomId, last: 20 }), roomId, how: 'last', from: 0 });
    }
    for (const roomId of rooms.slice(10 - part * 10, 20 - part * 10)) {
      const { extensions } = await owner.ask(historyQuery, { roomId, last: 1 });
      const item = begun[rooms.indexOf(roomId)] as LogStream;
      for (const after of [extensions?.asOf, item.cursor] as string[]) {
        const from = server.node.engine.services.cursors.decode(after).position;
        midway.push({ stream: follow(messagesQuery, { roomId, after }), roomId, how: 'after', from });
      }
    }
  };
  const interferences: Promise<void>[] = [];
  await Promise.all(
    senders.map((sender, n) =>
      sendAll(server, sender, n, rooms, (message) => {
        acknowledged.push(message);
        if (acknowledged.length % (MESSAGES / 10) === 0) for (const stream of [...cut, cutWide]) stream.cut();
        if (acknowledged.length === Math.floor(MESSAGES / 3)) interferences.push(interfere(0));
        if (acknowledged.length === MESSAGES / 2) interferences.push(interfere(1));
      }),
    ),
  );
  await Promise.all(interferences);
  const log = await readLog(server.database);
  const head = log.length;
  await Promise.all(streams.map((stream) => stream.reached(head)));

  expect(holesOf(log.map(({ position }) => position))).toEqual([]);
  for (const roomId of rooms) expect(holesOf(inRoom(log, roomId).map(({ roomSeq }) => roomSeq ?? 0))).toEqual([]);
  const sent = log.filter(({ kind }) => kind === 'MESSAGE_SENT');
  expect(sent).toHaveLength(MESSAGES);
  const logged = sent.map(({ position, body }) => `${position} ${globalIdOf(String(body.messageId))}`);
  const told = acknowledged.map(({ position, id }) => `${position} ${id}`);
  expect(faultsOf(logged, told.sort(byPosition))).toEqual([]);

  const texts = new Map(acknowledged.map(({ id, text }) => [id, text]));
  const expectMessages = (stream: LogStream, roomId: string, isWanted: (position: number) => boolean) => {
    const wanted = inRoom(sent, roomId).filter(({ position }) => isWanted(position));
    const expected = wanted.map(({ position, body }) => `${position} ${globalIdOf(String(body.messageId))}`);
    const received = stream.events.map(({ position, value }) => `${position} ${value.message.id}`);
    expect(faultsOf(expected, received)).toEqual([]);
    for (const { value } of stream.events) expect(value.message.text).toBe(texts.get(value.message.id));
  };
  for (const [n, stream] of begun.entries()) expectMessages(stream, rooms[n] as string, (at) => at > start);
  for (const [n, stream] of cut.entries()) expectMessages(stream, cutRooms[n] as string, (at) => at > start);
  for (const stream of [...cut, cutWide]) expect(stream.connections).toBeGreaterThan(3);
  for (const { stream, roomId, how, from } of midway) {
    const first = stream.items[0]?.position ?? 0;
    if (how === 'after') expect(first).toBe(from);
    const before = inRoom(sent, roomId).filter(({ position }) => position <= first);
    const oldest = how === 'last' ? (before.at(-20)?.position ?? 0) : from + 1;
    expectMessages(stream, roomId, (at) => at >= oldest);
  }
  for (const stream of [...wide, cutWide]) {
    expect(faultsOf(positionsAfter(log, start), stream.positions)).toEqual([]);
  }

  for (const [n, roomId] of rooms.entries()) {
    const ids = inRoom(sent, roomId).map(({ body }) => globalIdOf(String(body.messageId)));
    expect(faultsOf(ids, await readHistory(owner, roomId, n % 2 === 0))).toEqual([]);
  }
}, 60_000);

async function enterSender(server: TestServer, n: number, rooms: readonly string[]): Promise<Person> {
  const sender = await enterGuest(server, `sender ${n}`);
  const inputs = Object.fromEntries(rooms.map((roomId, index) => [`r${index}`, { roomId }]));
  const { errors } = await sender.ask(joinMutation(rooms.length), inputs);
  if (errors) throw new Error(JSON.stringify(errors));
  return sender;
}

/** One sender's share, over one socket. */
async function sendAll(
  server: TestServer,
  sender: Person,
  n: number,
  rooms: readonly string[],
  onAcknowledged: (message: Acknowledged) => void,
): Promise<void> {
  await using client = await sender.connect();
  let next = 0;
  const sendOnAndOn = async () => {
    while (next < MESSAGES / SENDERS) {
      const count = next++;
      const text = `${n} says ${count}`;
      const roomId = rooms[(n + count) % rooms.length];
      const { data, errors } = await client.request(sendMutation, { input: { roomId, text } });
      const { message, cursor } = data?.sendMessage ?? {};
      if (!message) throw new Error(JSON.stringify(errors ?? data));
      onAcknowledged({ id: message.id, text, position: server.node.engine.services.cursors.decode(cursor).position });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, sendOnAndOn));
}

/** Ids of a room's messages, oldest first, read by pages from one end or from the other. */
async function readHistory(person: Person, roomId: string, isForward: boolean): Promise<string[]> {
  const ids: string[] = [];
  for (let place: string | null = null; ; ) {
    const page = isForward ? { first: 100, after: place } : { last: 100, before: place };
    const { data } = await person.ask(historyQuery, { roomId, ...page });
    const { nodes, pageInfo } = data.room.messages;
    const found = nodes.map(({ id }: { id: string }) => id);
    if (isForward) ids.push(...found);
    else ids.unshift(...found);
    if (!(isForward ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) return ids;
    place = isForward ? pageInfo.endCursor : pageInfo.startCursor;
  }
}

function inRoom(log: readonly LoggedEvent[], roomId: string): LoggedEvent[] {
  const id = roomId.replace('room_', '');
  return log.filter((event) => event.roomId?.replaceAll('-', '') === id);
}

function positionsAfter(log: readonly LoggedEvent[], start: number): number[] {
  return log.map(({ position }) => position).filter((position) => position > start);
}

function globalIdOf(messageId: string): string {
  return `message_${messageId.replaceAll('-', '')}`;
}

function byPosition(a: string, b: string): number {
  return Number.parseInt(a, 10) - Number.parseInt(b, 10);
}
