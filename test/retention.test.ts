import { expect, onTestFinished, test } from 'vitest';
import { type RetentionBounds, retentionDaysOf, retentionDaysSql } from '../src/chat/retention/retention.ts';
import { createTestDatabase } from './support/database.ts';
import { doorNames, openDoor, refusal } from './support/doors.ts';
import { fillLog } from './support/filled-log.ts';
import { rowIdOf } from './support/history.ts';
import { LogStream, type StreamedItem } from './support/log-stream.ts';
import { startNodes } from './support/nodes.ts';
import { createRoom, enterGuest, joinRoom, type Person, personOf, send } from './support/person.ts';
import { startRedis } from './support/redis.ts';
import { startServer, type TestServer } from './support/server.ts';

const update = `mutation ($input: UpdateRoomInput!) { updateRoom(input: $input) {
  room { messageRetentionDays version } errors { code message path } } }`;
const roomQuery = 'query ($id: ID!) { room(by: { id: $id }) { messageRetentionDays } }';
const shown = 'id text deletedAt isExpired version';
const updates = `subscription ($roomId: ID!, $after: Cursor) { messages(roomId: $roomId, after: $after) {
  kind cursor message { ${shown} } } }`;
const events = `subscription ($after: Cursor) { events(after: $after) { __typename cursor actor { id }
  ... on MessageSent { message { ${shown} } } ... on MessageDeleted { message { ${shown} } version } } }`;
const eventPage = `query ($after: Cursor) { events(after: $after, first: 100) { nodes { __typename cursor actor { id }
  ... on MessageSent { message { ${shown} } } ... on MessageDeleted { message { ${shown} } version } } endCursor hasMore } }`;
const history = `query ($id: ID!, $after: String) { room(by: { id: $id }) { messages(first: 100, after: $after) {
  nodes { ${shown} } pageInfo { hasNextPage endCursor } } } }`;

interface Shown {
  readonly id: string;
  readonly text: string | null;
  readonly deletedAt: string | null;
  readonly isExpired: boolean;
  readonly version: number;
}

async function historyOf(reader: Person, roomId: string): Promise<Shown[]> {
  const found: Shown[] = [];
  for (let after: string | null = null; ; ) {
    const { data } = await reader.ask(history, { id: roomId, after });
    found.push(...data.room.messages.nodes);
    if (!data.room.messages.pageInfo.hasNextPage) return found;
    after = data.room.messages.pageInfo.endCursor;
  }
}

async function eventsOf(reader: Person, start: string): Promise<StreamedItem['value'][]> {
  const found: StreamedItem['value'][] = [];
  for (let after = start; ; ) {
    const { data } = await reader.ask(eventPage, { after });
    found.push(...data.events.nodes);
    if (!data.events.hasMore) return found;
    after = data.events.endCursor;
  }
}

function follow(server: TestServer, person: Person, query: string, variables: object): Promise<LogStream> {
  const stream = new LogStream(server, person, { query, variables: { ...variables } });
  onTestFinished(() => stream[Symbol.asyncDispose]());
  return stream.until(({ items }) => items.length > 0);
}

async function setRetention(owner: Person, roomId: string, messageRetentionDays: number | null) {
  const { data } = await owner.ask(update, { input: { roomId, messageRetentionDays } });
  expect(data.updateRoom.errors).toEqual([]);
  return data.updateRoom.room;
}

const isGone = ({ text, deletedAt, isExpired, version }: Shown) =>
  text === null && deletedAt !== null && isExpired && version === 2;

test('[M1] owners choose how long texts of a room stay, within the bounds of the server; others do not, and everybody sees it', async () => {
  const retention = { defaultDays: 90, minDays: 7, maxDays: 365 };
  const server = await startServer({ retention });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const owner = await enterGuest(server, 'Owner');
  const guest = await enterGuest(server, 'Guest');
  const roomId = await createRoom(owner, 'Kitchen');
  const daysOf = async () => (await guest.ask(roomQuery, { id: roomId })).data.room.messageRetentionDays;
  expect((await guest.ask('{ server { messageRetention { defaultDays minDays maxDays } } }')).data.server).toEqual({
    messageRetention: retention,
  });
  expect(await daysOf()).toBe(90);
  for (const name of doorNames) {
    await using door = await openDoor(name, server.url, owner.token);
    for (const messageRetentionDays of [6, 366, 0, -1, 2_147_483_647]) {
      const reply = await door.ask(update, { input: { roomId, messageRetentionDays } });
      refusal('updateRoom', 'RETENTION_INVALID', ['input', 'messageRetentionDays'])(reply);
    }
  }
  await using other = await openDoor('HTTP', server.url, guest.token);
  const asked = { input: { roomId, messageRetentionDays: 30 } };
  refusal('updateRoom', 'NOT_A_MEMBER', ['input', 'roomId'])(await other.ask(update, asked));
  await joinRoom(guest, roomId);
  refusal('updateRoom', 'FORBIDDEN', ['input', 'roomId'])(await other.ask(update, asked));
  expect(await daysOf()).toBe(90);
  expect(await setRetention(owner, roomId, 7)).toEqual({ messageRetentionDays: 7, version: 2 });
  expect(await setRetention(owner, roomId, 7)).toEqual({ messageRetentionDays: 7, version: 2 });
  expect(await daysOf()).toBe(7);
  expect(await setRetention(owner, roomId, null)).toEqual({ messageRetentionDays: 90, version: 3 });
});

test('[M1] the bounds of the server hold for what was chosen before, alike in code and in the database', async () => {
  await using database = await createTestDatabase();
  const days = [null, 1, 7, 30, 90, 365, 36_500];
  const all: RetentionBounds[] = [null, 7, 90].flatMap((defaultDays) =>
    [1, 7].flatMap((minDays) => [null, 90].map((maxDays) => ({ defaultDays, minDays, maxDays }))),
  );
  for (const bounds of all) {
    const { defaultDays, minDays, maxDays } = bounds;
    const rows = await database.query<{ days: number | null }>(
      `SELECT ${retentionDaysSql('chosen', 2)} AS days FROM unnest($1::int[]) WITH ORDINALITY AS one(chosen, n) ORDER BY n`,
      [days, defaultDays, minDays, maxDays],
    );
    expect(rows.map((row) => row.days)).toEqual(days.map((chosen) => retentionDaysOf(chosen, bounds)));
  }
  expect(retentionDaysOf(null, { defaultDays: null, minDays: 1, maxDays: null })).toBeNull();
  expect(retentionDaysOf(null, { defaultDays: null, minDays: 1, maxDays: 30 })).toBe(30);
  expect(retentionDaysOf(365, { defaultDays: null, minDays: 1, maxDays: 30 })).toBe(30);
  expect(retentionDaysOf(1, { defaultDays: null, minDays: 7, maxDays: null })).toBe(7);
});

const OLD = 260;

test.each([
  ['one node', 1],
  ['two nodes on Redis', 2],
])(
  '[M2] [R3] on %s texts that are due go by an event each, once: live, resumed and queried are the same, and younger ones stay',
  async (_, count) => {
    const redis = count > 1 ? await startRedis() : null;
    if (redis) onTestFinished(() => redis[Symbol.asyncDispose]());
    const { nodes } = await startNodes(Array.from({ length: count }, () => ({ redisUrl: redis?.url ?? null })));
    const here = nodes[0] as TestServer;
    const there = nodes.at(-1) as TestServer;
    const owner = await enterGuest(here, 'Owner');
    const reader = await enterGuest(there, 'Reader');
    const roomId = await createRoom(owner, 'Kitchen');
    const otherId = await createRoom(owner, 'Other');
    for (const id of [roomId, otherId]) await joinRoom(reader, id);
    const start = (await reader.ask('{ asOf }')).data.asOf as string;
    // Sent through the nodes, so that their rings have the texts, and what was made of them.
    const live = await follow(there, reader, updates, { roomId });
    const liveEvents = await follow(there, reader, events, {});
    for (let n = 0; n < OLD; n += 20) {
      await Promise.all(Array.from({ length: 20 }, (_, i) => send(owner, roomId, `secret ${n + i}`, `key-${n + i}`)));
    }
    await send(owner, otherId, 'kept');
    const deleted = (await send(owner, roomId, 'by hand')).message.id;
    await owner.ask(`mutation ($id: ID!) { deleteMessage(input: { messageId: $id }) { errors { code } } }`, {
      id: deleted,
    });
    const { cursor } = await send(owner, roomId, 'young');
    const positionOf = (at: string) => here.node.engine.services.cursors.decode(at).position;
    await live.reached(positionOf(cursor));
    await liveEvents.reached(positionOf(cursor));
    await here.database.query(`UPDATE message SET sent_at = now() - interval '8 days' WHERE position < $1`, [
      positionOf(cursor),
    ]);

    await setRetention(owner, roomId, 7);
    await expect
      .poll(async () => (await historyOf(reader, roomId)).filter(isGone).length, { timeout: 20_000 })
      .toBe(OLD);
    const last = (await send(owner, roomId, 'the end')).cursor;
    const final = await historyOf(reader, roomId);
    expect(final.map(({ id }) => id).length).toBe(OLD + 3);
    expect(final.filter((one) => !isGone(one)).map(({ text, isExpired }) => [text, isExpired])).toEqual([
      [null, false],
      ['young', false],
      ['the end', false],
    ]);
    expect((await historyOf(reader, otherId)).map(({ text }) => text)).toEqual(['kept']);

    // Live: what was sent, then a deletion of each. Resumed and queried: the same places, and no text that is gone.
    for (const stream of [live, liveEvents]) await stream.reached(positionOf(last));
    const goneIds = final.filter(isGone).map(({ id }) => id);
    const deletions = live.events.filter(({ kind, value }) => kind === 'DELETED' && value.message.id !== deleted);
    expect(deletions.map(({ value }) => value.message)).toEqual(final.filter(isGone));
    for (const node of nodes) {
      const person = personOf(node, reader.id, reader.token);
      const resumed = await follow(node, person, updates, { roomId, after: start });
      await resumed.reached(positionOf(last));
      expect(resumed.events.map(({ position, kind }) => [position, kind])).toEqual(
        live.events.map(({ position, kind }) => [position, kind]),
      );
      expect(JSON.stringify(resumed.items)).not.toContain('secret');
      const resumedEvents = await follow(node, person, events, { after: start });
      await resumedEvents.reached(positionOf(last));
      expect(resumedEvents.positions).toEqual(liveEvents.positions);
      const queried = await eventsOf(person, start);
      expect(queried).toEqual(resumedEvents.events.map(({ value }) => value));
      expect(JSON.stringify(queried)).not.toContain('secret');
      const byServer = queried.filter(({ __typename, actor }) => __typename === 'MessageDeleted' && actor === null);
      expect(byServer.map(({ message }) => message.id)).toEqual(goneIds);
      expect(byServer.map(({ version }) => version)).toEqual(Array(OLD).fill(2));
    }
    expect(await here.database.query(`SELECT FROM message WHERE text LIKE 'secret%'`)).toEqual([]);
  },
  90_000,
);

test('[M2] a node that stops in the midst of it leaves the rest to another one, which does each once', {
  timeout: 90_000,
}, async () => {
  const redis = await startRedis();
  onTestFinished(() => redis[Symbol.asyncDispose]());
  const { nodes } = await startNodes([{ redisUrl: redis.url }, { redisUrl: redis.url }]);
  const [here, there] = nodes as readonly TestServer[] as readonly [TestServer, TestServer];
  const owner = await enterGuest(here, 'Owner');
  const roomId = await createRoom(owner, 'Kitchen');
  await fillLog(here.database, { roomId: rowIdOf(roomId), authorId: rowIdOf(owner.id), count: 3_000, ageDays: 30 });
  const reader = personOf(there, owner.id, owner.token);
  const stream = await follow(there, reader, updates, { roomId });
  await setRetention(owner, roomId, 7);
  const left = async () => {
    const [row] = await here.database.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM message WHERE text IS NOT NULL',
    );
    return row?.count ?? 0;
  };
  await expect.poll(left, { interval: 10 }).toBeLessThan(2_900);
  await here.stop();
  expect(await left()).toBeGreaterThan(0);
  // What wakes the other one is any change of a retention, or its own clock.
  await setRetention(reader, roomId, 8);
  await expect.poll(left, { timeout: 60_000 }).toBe(0);
  await stream.until(({ events: all }) => all.filter(({ kind }) => kind === 'DELETED').length >= 3_000);
  const ids = stream.events.filter(({ kind }) => kind === 'DELETED').map(({ value }) => value.message.id);
  expect(new Set(ids).size).toBe(3_000);
  expect(ids).toHaveLength(3_000);
});

test('[M2] [W4] what was due when it was looked for, and is not any more when its turn comes, stays', async () => {
  const server = await startServer();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const owner = await enterGuest(server, 'Owner');
  const roomId = await createRoom(owner, 'Kitchen');
  const { message } = await send(owner, roomId, 'long ago');
  await server.database.query(`UPDATE message SET sent_at = now() - interval '8 days'`);
  const scrub = (days: number | null) =>
    server.node.engine.committer.submit({
      verb: 'scrubRoom',
      actorId: null,
      inputHash: '',
      input: {
        roomId: rowIdOf(roomId),
        messageIds: [rowIdOf(message.id)],
        bounds: { defaultDays: days, minDays: 1, maxDays: null },
        clientKey: null,
      },
    } as never);
  expect(await scrub(null)).toMatchObject({ mark: null, entity: { days: null } });
  expect(await scrub(9)).toMatchObject({ mark: null, entity: { days: 9 } });
  expect((await historyOf(owner, roomId)).map(({ text }) => text)).toEqual(['long ago']);
  expect(await scrub(7)).toMatchObject({ mark: { position: expect.any(Number) } });
  expect((await historyOf(owner, roomId)).map(({ text }) => text)).toEqual([null]);
});
