import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../src/db/connection.ts';
import type { Queryable } from '../src/db/queryable.ts';
import { pagesQueryable } from '../src/db/snapshot.ts';
import { type PageScope, readPage } from '../src/log/read.ts';
import type { TestDatabase } from './support/database.ts';
import { age, fillLog, heldOf, trim } from './support/filled-log.ts';
import { faultsOf, rowIdOf } from './support/history.ts';
import { eventsQuery, LogStream, messagesQuery } from './support/log-stream.ts';
import { createRoom, enterGuest, joinRoom, type Person, send } from './support/person.ts';
import { newSeed, seededRandom } from './support/random.ts';
import { startServer, type TestServer } from './support/server.ts';

interface Plan {
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
}

/** Buffers that PostgreSQL looks at for what a read asks. */
async function buffersOf(
  database: Pick<TestDatabase, 'query'>,
  read: (source: Queryable) => Promise<unknown>,
): Promise<number> {
  let buffers = 0;
  await read({
    async query<Row>(sql: string, parameters: readonly unknown[] = []) {
      type Explained = { 'QUERY PLAN': [{ Plan: Plan }] };
      const [explained] = await database.query<Explained>(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${sql}`, parameters);
      const plan = explained?.['QUERY PLAN'][0].Plan;
      buffers += (plan?.['Shared Hit Blocks'] ?? 0) + (plan?.['Shared Read Blocks'] ?? 0);
      return [] as Row[];
    },
  });
  return buffers;
}

function follow(server: TestServer, person: Person, query: string, variables: object): Promise<LogStream> {
  const stream = new LogStream(server, person, { query, variables: { ...variables } });
  onTestFinished(() => stream[Symbol.asyncDispose]());
  return stream.until(({ items }) => items.length > 0);
}

test('[R2] what happened elsewhere is not read by who resumes: it costs no buffer, however much it is', {
  timeout: 120_000,
}, async () => {
  const server = await startServer();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const { database } = server;
  const [owner, stranger] = [await enterGuest(server, 'owner'), await enterGuest(server, 'stranger')];
  const rooms = await Promise.all(['a', 'b', 'c'].map((name) => createRoom(owner, name)));
  const foreign = await createRoom(stranger, 'foreign');
  const own = { authorId: rowIdOf(owner.id), count: 1 };
  const elsewhere = { roomId: rowIdOf(foreign), authorId: rowIdOf(stranger.id) };
  const { last } = await heldOf(database);
  const spans = rooms.map((roomId) => ({ roomId: rowIdOf(roomId), from: 0, to: null }));
  const scope: PageScope = { spans, userId: rowIdOf(owner.id), aboutRoomIds: null, actorIds: null, kinds: null };
  const pageAfter = (after: number) => (source: Queryable) =>
    readPage(source, { after, upTo: Number.MAX_SAFE_INTEGER, limit: 200 }, scope);
  // The same in the order of the log, as the planner does it where it takes the rooms for busy ones.
  const naive = (after: number) => (source: Queryable) =>
    source.query(
      `SELECT * FROM (SELECT * FROM event WHERE position > $2 ORDER BY position OFFSET 0) AS e
       WHERE room_id = ANY($1::uuid[]) LIMIT 200`,
      [spans.map(({ roomId }) => roomId), after],
    );
  /** Each own event apart from the next one by so many foreign ones; a row each is on a page of its own either way. */
  const fill = async (between: number) => {
    const after = (await heldOf(database)).last ?? 0;
    for (let n = 0; n < 30; n += 1) {
      await fillLog(database, { ...own, roomId: rowIdOf(rooms[n % 3] as string) });
      await fillLog(database, { ...elsewhere, count: between });
    }
    await database.query('VACUUM ANALYZE event');
    return { few: await buffersOf(database, pageAfter(after)), naive: await buffersOf(database, naive(after)) };
  };
  const little = await fill(200);
  const much = await fill(6_000);
  expect(last).toBeLessThan(20);
  expect((await heldOf(database)).last).toBeGreaterThan(186_000);
  // Indexes grow by a level.
  expect(much.few).toBeLessThan(little.few + 30);
  expect(much.few).toBeLessThan(200);
  // The control: what reads foreign events is found out.
  expect(much.naive).toBeGreaterThan(much.few * 5);
});

test('[R2] a page reads what it shows, also where PostgreSQL does not know the tables yet', async () => {
  const server = await startServer();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const { database } = server;
  const owner = await enterGuest(server, 'owner');
  const roomId = rowIdOf(await createRoom(owner, 'a'));
  await database.query('ALTER TABLE event SET (autovacuum_enabled = off)');
  const after = (await heldOf(database)).last ?? 0;
  await fillLog(database, { roomId, authorId: rowIdOf(owner.id), count: 20_000 });
  const kinds = ['MESSAGE_SENT', 'MESSAGE_EDITED', 'MESSAGE_DELETED'];
  const scope: PageScope = {
    spans: [{ roomId, from: 0, to: null }],
    userId: null,
    aboutRoomIds: null,
    actorIds: null,
    kinds,
  };
  await using own = openDatabase({
    connection: { connectionString: database.url },
    poolSize: 1,
    applicationName: 'test',
  });
  const read = (source: Queryable) => readPage(source, { after, upTo: Number.MAX_SAFE_INTEGER, limit: 200 }, scope);
  expect(await buffersOf(pagesQueryable(own.pool), read)).toBeLessThan(50);
  // The control: a session like any other reads all that is left of the room.
  expect(await buffersOf(database, read)).toBeGreaterThan(200);
});

test('[R2] a reader of 20,000 missed events gets each once and in order, and then goes on live', {
  timeout: 120_000,
}, async () => {
  const server = await startServer();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const owner = await enterGuest(server, 'owner');
  const [roomId, foreign] = [
    await createRoom(owner, 'Kitchen'),
    await createRoom(await enterGuest(server, 'other'), 'x'),
  ];
  const { cursor } = await send(owner, roomId, 'seen');
  const positionOf = (at: string) => server.node.engine.services.cursors.decode(at).position;
  const own = { roomId: rowIdOf(roomId), authorId: rowIdOf(owner.id) };
  await fillLog(server.database, { ...own, count: 12_000 });
  await fillLog(server.database, { roomId: rowIdOf(foreign), authorId: rowIdOf(owner.id), count: 30_000 });
  await fillLog(server.database, { ...own, count: 8_000 });
  const from = positionOf(cursor);
  const missed = Array.from({ length: 20_000 }, (_, n) => from + 1 + n + (n < 12_000 ? 0 : 30_000));
  const streams = await Promise.all([
    follow(server, owner, messagesQuery, { roomId, after: cursor }),
    follow(server, owner, eventsQuery, { after: cursor }),
  ]);
  await streams[0]?.until(({ events }) => events.length > 3_000);
  for (const stream of streams) stream.cut();
  const next = positionOf((await send(owner, roomId, 'live')).cursor);
  for (const stream of streams) {
    await stream.reached(next);
    expect(faultsOf([...missed, next], stream.positions)).toEqual([]);
  }
});

test('[R2] [R9] whatever is written, trimmed and started anew, each reader has the log from its start on, or is told that it was trimmed', {
  timeout: 120_000,
}, async () => {
  const seed = newSeed();
  onTestFinished(({ task }) => void (task.result?.state === 'fail' && console.error(`seed ${seed}`)));
  const random = seededRandom(seed);
  const below = (count: number) => Math.floor(random() * count);
  const server = await startServer();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const positionOf = (at: string) => server.node.engine.services.cursors.decode(at).position;
  const owner = await enterGuest(server, 'owner');
  const roomId = await createRoom(owner, 'Kitchen');
  await joinRoom(owner, roomId);
  /** All that was ever written, by its cursor. */
  const cursors = [(await owner.ask('{ asOf }')).data.asOf as string];
  const places = () => cursors.map(positionOf);
  let streams: { stream: LogStream; start: number }[] = [];
  const checkBegun = ({ stream, start }: { stream: LogStream; start: number }) =>
    expect(stream.positions).toEqual(stream.positions.map((_, n) => start + 1 + n));
  let trimmed = 0;
  let refused = 0;
  let restarts = 0;
  let read = 0;
  // Goes on where chance had nearly all readers begin at what was trimmed.
  for (let step = 0; step < 120 || (step < 1_000 && read + streams.length <= 5); step += 1) {
    const does = random();
    if (does < 0.55) {
      const sent = await Promise.all(Array.from({ length: 1 + below(8) }, () => send(owner, roomId, `${step}`)));
      cursors.push(...sent.map(({ cursor }) => cursor).sort((a, b) => positionOf(a) - positionOf(b)));
    } else if (does < 0.7) {
      await age(server.database, places()[below(cursors.length)]);
      ({ position: trimmed } = await trim(server.database, { chunkEvents: 1 + below(20) }));
    } else if (does < 0.74 && restarts < 4) {
      restarts += 1;
      for (const { stream } of streams) await stream[Symbol.asyncDispose]();
      streams.forEach(checkBegun);
      read += streams.length;
      streams = [];
      await server.stop();
      await server.start();
    } else {
      const after = cursors[below(cursors.length)] as string;
      const stream = new LogStream(server, owner, { query: eventsQuery, variables: { after } });
      onTestFinished(() => stream[Symbol.asyncDispose]());
      // Up to the head before the next step: a trim that overtakes a reader in its pages is a test of its own.
      const head = positionOf(cursors.at(-1) as string);
      await stream.until(({ items, isRefused }) => isRefused || (items.at(-1)?.position ?? -1) >= head);
      const isHeld = positionOf(after) >= trimmed;
      expect(stream.isRefused).toBe(!isHeld);
      if (isHeld) streams.push({ stream, start: positionOf(after) });
      else refused += 1;
    }
  }
  const last = positionOf((await send(owner, roomId, 'the end')).cursor);
  for (const { stream, start } of streams) {
    // Live since then, so that no later trim was in their way.
    await stream.reached(last);
    checkBegun({ stream, start });
    expect(stream.positions).toHaveLength(last - start);
  }
  expect(read + streams.length).toBeGreaterThan(5);
  console.log(`${read + streams.length} readers, ${refused} refused, trimmed up to ${trimmed} of ${last}`);
});
