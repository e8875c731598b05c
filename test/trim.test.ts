import { expect, onTestFinished, test } from 'vitest';
import { doorNames, fault, openDoor, type SocketDoor } from './support/doors.ts';
import { age, fillLog, heldOf, trim } from './support/filled-log.ts';
import { entitledNow, faultsOf, holesOf, readLog, readSpans, rowIdOf } from './support/history.ts';
import { eventsQuery, LogStream, messagesQuery } from './support/log-stream.ts';
import { startNodes } from './support/nodes.ts';
import { createRoom, enterGuest, joinRoom, type Person, personOf, send } from './support/person.ts';
import { startRedis } from './support/redis.ts';
import { startServer, type TestServer } from './support/server.ts';
import { openEvents } from './support/sse-client.ts';

const pageQuery = `query ($after: Cursor) { events(after: $after, first: 100) { nodes { __typename cursor } endCursor hasMore } }`;
const historyQuery = `query ($id: ID!) { room(by: { id: $id }) { messages(last: 100) { nodes { text } } } }`;
const messagesAfter = `subscription ($roomId: ID!, $after: Cursor) {
  messages(roomId: $roomId, after: $after) { kind cursor message { text } end { code } } }`;

function positionOf(server: TestServer, cursor: string): number {
  return server.node.engine.services.cursors.decode(cursor).position;
}

/** Positions that the query gives, page after page. */
async function queried(server: TestServer, person: Person, start: string | null): Promise<number[]> {
  const positions: number[] = [];
  for (let after = start; ; ) {
    const { data } = await person.ask(pageQuery, { after });
    positions.push(...data.events.nodes.map(({ cursor }: { cursor: string }) => positionOf(server, cursor)));
    if (!data.events.hasMore) return positions;
    after = data.events.endCursor;
  }
}

function follow(server: TestServer, person: Person, query: string, variables: object): Promise<LogStream> {
  const stream = new LogStream(server, person, { query, variables: { ...variables } });
  onTestFinished(() => stream[Symbol.asyncDispose]());
  return stream.until(({ items }) => items.length > 0);
}

async function startKind(count: number): Promise<[TestServer, ...TestServer[]]> {
  const redis = count > 1 ? await startRedis() : null;
  if (redis) onTestFinished(() => redis[Symbol.asyncDispose]());
  const { nodes } = await startNodes(Array.from({ length: count }, () => ({ redisUrl: redis?.url ?? null })));
  return nodes as unknown as [TestServer, ...TestServer[]];
}

const kinds: [string, number][] = [
  ['one node', 1],
  ['two nodes on Redis', 2],
];

test.each(kinds)(
  '[R9] [R6] on %s a cursor from before the trim is refused on every transport, with the earliest one to go on from, and that one holds',
  async (_, count) => {
    const nodes = await startKind(count);
    const [node] = nodes;
    const owner = await enterGuest(node, 'owner');
    const beginning = (await owner.ask('{ asOf }')).data.asOf as string;
    const roomId = await createRoom(owner, 'Kitchen');
    const sent: { cursor: string; message: { id: string } }[] = [];
    for (let n = 0; n < 10; n += 1) sent.push(await send(owner, roomId, `text ${n}`, `key-${n}`));
    const live = await Promise.all(nodes.map((one) => follow(one, owner, eventsQuery, {})));
    const [before, at, behind] = [sent[3]?.cursor, sent[4]?.cursor, sent[5]?.cursor] as [string, string, string];
    const place = positionOf(node, at);
    await age(node.database, place);
    expect(await trim(node.database, { chunkEvents: 3 })).toMatchObject({ position: place, isDone: true });

    for (const one of nodes) {
      const person = personOf(one, owner.id, owner.token);
      for (const after of [beginning, before]) {
        for (const name of doorNames) {
          await using door = await openDoor(name, one.url, owner.token);
          fault('CURSOR_EXPIRED', { reason: 'TRIMMED', earliest: at })(await door.ask(pageQuery, { after }));
        }
        await using sockets = (await openDoor('WebSocket', one.url, owner.token)) as SocketDoor;
        await using sse = await openDoor('SSE', one.url, owner.token);
        for (const query of [messagesAfter, eventsQuery]) {
          const variables = { roomId, after };
          fault('CURSOR_EXPIRED', { reason: 'TRIMMED', earliest: at })(await sockets.refused(query, variables));
          fault('CURSOR_EXPIRED', { reason: 'TRIMMED', earliest: at })(await sse.ask(query, variables));
        }
        using stream = await openEvents(one.url, {
          query: messagesAfter,
          variables: { roomId },
          headers: { authorization: `Bearer ${owner.token}`, 'last-event-id': after },
        });
        const refused = (await stream.next()).data;
        expect(refused.errors[0].extensions).toMatchObject({ code: 'CURSOR_EXPIRED', reason: 'TRIMMED', earliest: at });
      }
      const held = [5, 6, 7, 8, 9].map((n) => positionOf(node, sent[n]?.cursor as string));
      expect(await queried(one, person, at)).toEqual(held);
      expect(await queried(one, person, null)).toEqual(held);
      expect(await queried(one, person, behind)).toEqual(held.slice(1));
      const resumed = await follow(one, person, eventsQuery, { after: at });
      expect((await resumed.reached(held.at(-1) as number)).positions).toEqual(held);
    }

    // All else knows what it knew: history, the newest messages, what was done under a key.
    for (const one of nodes) {
      const person = personOf(one, owner.id, owner.token);
      const { nodes: history } = (await person.ask(historyQuery, { id: roomId })).data.room.messages;
      const texts = Array.from({ length: 10 }, (_, n) => `text ${n}`);
      expect(history.map(({ text }: { text: string }) => text)).toEqual(texts);
      const last = await follow(one, person, messagesQuery, { roomId, last: 8 });
      await last.until(({ events }) => events.length >= 8);
      expect(last.events.map(({ value }) => value.message.text)).toEqual(texts.slice(2));
      expect(last.events.map(({ kind }) => kind)).toEqual(Array(8).fill('SENT'));
      const replayed = await send(person, roomId, 'text 2', 'key-2');
      expect(replayed).toMatchObject({ replayed: true, cursor: sent[2]?.cursor, message: { id: sent[2]?.message.id } });
    }

    const next = await send(owner, roomId, 'and on');
    for (const stream of live) {
      await stream.reached(positionOf(node, next.cursor));
      expect(stream.positions).toEqual([positionOf(node, next.cursor)]);
    }
  },
  60_000,
);

test.each(kinds)(
  '[R9] [W2] on %s a log that was trimmed whole goes on where it was, also after a restart, and the place it was trimmed to holds',
  async (_, count) => {
    const nodes = await startKind(count);
    const [node] = nodes;
    const owner = await enterGuest(node, 'owner');
    const roomId = await createRoom(owner, 'Kitchen');
    let cursor = '';
    for (let n = 0; n < 5; n += 1) cursor = (await send(owner, roomId, `text ${n}`)).cursor;
    const head = positionOf(node, cursor);
    await age(node.database);
    await trim(node.database);
    expect(await heldOf(node.database)).toEqual({ trimmed: head, first: null, last: null, holes: 0 });
    expect((await owner.ask('{ asOf }')).data.asOf).toBe(cursor);
    for (const one of nodes) {
      await one.stop();
      await one.start();
    }
    const streams = await Promise.all(
      nodes.map((one) => follow(one, personOf(one, owner.id, owner.token), eventsQuery, { after: cursor })),
    );
    const next = await send(owner, roomId, 'next');
    expect(positionOf(node, next.cursor)).toBe(head + 1);
    for (const stream of streams) expect((await stream.reached(head + 1)).positions).toEqual([head + 1]);
    const [{ roomSeq } = { roomSeq: null }] = await readLog(node.database);
    // The room was made, its owner joined, and said five things before.
    expect(roomSeq).toBe(8);
  },
  60_000,
);

test.each(kinds)(
  '[R9] [R2] on %s a reader whom the trim overtakes in its pages has all up to there, and then its end, never a hole',
  async (_, count) => {
    const nodes = await startKind(count);
    const node = nodes.at(-1) as TestServer;
    const owner = await enterGuest(node, 'owner');
    const roomId = await createRoom(owner, 'Kitchen');
    const { cursor } = await send(owner, roomId, 'the first');
    const begin = positionOf(node, cursor);
    // More than the kernel takes for somebody who does not read.
    await fillLog(node.database, {
      roomId: rowIdOf(roomId),
      authorId: rowIdOf(owner.id),
      count: 6_000,
      textLength: 3_900,
    });
    const head = begin + 6_000;
    await using client = await owner.connect();
    const stream = client.subscribe(messagesAfter, { roomId, after: cursor });
    const shown = async () => (await stream.next()).data.messages;
    expect(await shown()).toMatchObject({ kind: 'CHECKPOINT' });
    expect(await shown()).toMatchObject({ kind: 'SENT' });
    client.socket.pause();
    const reader = () => node.node.engine.hub.size.readers;
    // A second one that reads sees the whole of it: by then the first is stuck.
    await using second = await owner.connect();
    const all = second.subscribe(messagesAfter, { roomId, after: cursor });
    await all.until(({ data }) => data.messages.isCaughtUp ?? positionOf(node, data.messages.cursor) >= head);
    expect(reader()).toBe(2);
    await age(node.database, head - 10);
    await trim(node.database);
    client.socket.resume();
    const positions = [begin + 1];
    let end = await shown();
    for (; end.kind !== 'ENDED'; end = await shown())
      if (end.kind === 'SENT') positions.push(positionOf(node, end.cursor));
    expect(end.end).toEqual({ code: 'CURSOR_EXPIRED' });
    const lastShown = positions.at(-1) as number;
    expect(lastShown).toBeLessThan(head - 10);
    expect(positions).toEqual(Array.from({ length: lastShown - begin }, (_, n) => begin + 1 + n));
    expect((await stream.ended).kind).toBe('complete');
    // Coming back tells where to begin.
    await using sockets = (await openDoor('WebSocket', node.url, owner.token)) as SocketDoor;
    fault('CURSOR_EXPIRED', { reason: 'TRIMMED' })(await sockets.refused(messagesAfter, { roomId, after: end.cursor }));
  },
  120_000,
);

test('[R9] [A2] rooms joined, left and joined again around a trim: live, resumed and queried are the same behind it', async () => {
  const server = await startServer();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const owner = await enterGuest(server, 'owner');
  const ann = await enterGuest(server, 'ann');
  const live = await follow(server, ann, eventsQuery, {});
  const rooms = await Promise.all(['a', 'b', 'c'].map((name) => createRoom(owner, name)));
  const [a, b, c] = rooms as [string, string, string];
  const leave = (roomId: string) =>
    ann.ask('mutation ($input: LeaveRoomInput!) { leaveRoom(input: $input) { errors { code } } }', {
      input: { roomId },
    });
  const say = async () => {
    let cursor = '';
    for (const roomId of rooms) cursor = (await send(owner, roomId, 'words')).cursor;
    return cursor;
  };
  await joinRoom(ann, a);
  await joinRoom(ann, b);
  await say();
  await leave(b);
  const cut = await say();
  await joinRoom(ann, b);
  await joinRoom(ann, c);
  await say();
  await leave(a);
  await say();
  await leave(b);
  await joinRoom(ann, b);
  const end = positionOf(server, await say());
  await age(server.database, positionOf(server, cut));
  await trim(server.database);

  const log = await readLog(server.database);
  const first = positionOf(server, cut) + 1;
  expect(log.map(({ position }) => position - first + 1)).toEqual(log.map((_, n) => n + 1));
  for (const roomId of rooms) {
    const seqs = log.filter((event) => event.roomId === rowIdOf(roomId)).map(({ roomSeq }) => roomSeq as number);
    expect(holesOf(seqs.map((seq) => seq - (seqs[0] as number) + 1))).toEqual([]);
  }
  const wanted = entitledNow(log, await readSpans(server.database), rowIdOf(ann.id));
  expect(wanted.length).toBeGreaterThan(8);
  await live.reached(end);
  expect(
    faultsOf(
      wanted,
      live.positions.filter((position) => position >= first),
    ),
  ).toEqual([]);
  const resumed = await follow(server, ann, eventsQuery, { after: cut });
  expect(faultsOf(wanted, (await resumed.reached(end)).positions)).toEqual([]);
  expect(faultsOf(wanted, await queried(server, ann, cut))).toEqual([]);
  expect(faultsOf(wanted, await queried(server, ann, null))).toEqual([]);
});
