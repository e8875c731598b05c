/**
 * The stack that one would write in an afternoon: a table, Redis pub/sub, subscriptions of what is published. No log, no
 * cursors (it takes `after`, and goes on from now), no keys. Its people and its checker are those of Parley.
 */
import { createServer } from 'node:http';
import { RedisPubSub } from 'graphql-redis-subscriptions';
import { useServer } from 'graphql-ws/use/ws';
import { createSchema, createYoga } from 'graphql-yoga';
import { Redis } from 'ioredis';
import pg from 'pg';
import { WebSocketServer } from 'ws';
import { newId } from '../../src/db/id.ts';
import type { TestDatabase } from '../support/database.ts';
import { readLog, rowIdOf } from '../support/history.ts';
import { until } from '../support/process.ts';
import { seededRandom } from '../support/random.ts';
import { startRedis } from '../support/redis.ts';
import { check } from './check.ts';
import { type Address, Caller } from './doors.ts';
import type { Findings, StoredMessage } from './evidence.ts';
import { ChaosReader } from './reader.ts';
import { headOf } from './stored.ts';
import { Writer } from './writer.ts';

const typeDefs = `
  type Query { asOf: String! }
  type Message { id: ID! version: Int! text: String deletedAt: String }
  type Code { code: String! }
  input SendMessageInput { roomId: ID! text: String! clientKey: String }
  type Sent { message: Message cursor: String replayed: Boolean! errors: [Code!]! }
  type Mutation { sendMessage(input: SendMessageInput!): Sent! }
  scalar Cursor
  type Update { kind: String! cursor: String! message: Message end: Code }
  type Subscription { messages(roomId: ID!, after: Cursor): Update! }`;

const tablesSql = `
  CREATE TABLE event (position bigserial PRIMARY KEY, room_id uuid, user_id uuid, room_seq bigint, kind text, actor_id uuid, body jsonb);
  CREATE TABLE message (id uuid, room_id uuid, author_id uuid, position bigint, text text, client_key text)`;

/** On a database that is empty. */
export async function playNaive({ url }: TestDatabase, seed: number): Promise<Findings> {
  const pool = new pg.Pool({ connectionString: url });
  try {
    return await play(databaseOf(pool), seed);
  } finally {
    await pool.end();
  }
}

type Database = Pick<TestDatabase, 'query'>;

function databaseOf(pool: pg.Pool): Database {
  return {
    async query<Row>(sql: string, parameters: readonly unknown[] = []) {
      return (await pool.query(sql, [...parameters])).rows as Row[];
    },
  };
}

async function play(database: Database, seed: number): Promise<Findings> {
  for (const sql of tablesSql.split(';')) await database.query(sql);
  const [roomId, writerId, readerId] = ['room', 'user', 'user'].map(newGlobalId) as [string, string, string];
  await insert(database, 'ROOM_CREATED', roomId, writerId, { roomId: rowIdOf(roomId), isPrivate: false });
  const joined = { roomId: rowIdOf(roomId), userId: rowIdOf(writerId), memberId: newId(), role: 'OWNER' };
  await insert(database, 'MEMBER_JOINED', roomId, writerId, joined);
  const after = await headOf(database);
  await using redis = await startRedis();
  await using first = await startNaiveNode(database, redis.url);
  await using second = await startNaiveNode(database, redis.url);
  const doors = [first, second];
  const positionOf = Number;
  const random = seededRandom(seed);
  const plan = {
    next: () => ({ verb: 'sendMessage' as const, input: { roomId, text: `message ${writer.deeds.length}` } }),
    settled: () => undefined,
  };
  const caller = new Caller(doors, { id: writerId, token: writerId }, 0);
  const writer = new Writer({ caller, name: 'writer', positionOf, plan, pauseMs: 5, random });
  const who = { id: readerId, token: readerId };
  const scope = { kind: 'room', roomId } as const;
  const reader = new ChaosReader({ who, doors, scope, isEventStream: false, habit: 'coming', random, positionOf });
  const reading = reader.run();
  await until(() => reader.position !== null, 30_000);
  let isOver = false;
  const writing = writer.run(() => !isOver);
  await until(() => reader.connections >= 3, 60_000);
  isOver = true;
  await writing;
  // What is on its way comes within this time, or never: nothing here tells how far a reader is.
  const head = await headOf(database);
  await until(() => (reader.position ?? 0) >= head, 1_000).catch(() => undefined);
  reader.stop();
  await reading;
  return check({
    deeds: writer.deeds,
    revocations: [],
    after,
    tables: await readNaiveTables(database),
    readings: [reader.reading(true)],
    states: [],
    intrusions: [],
  });
}

async function startNaiveNode(database: Database, redisUrl: string): Promise<Address & AsyncDisposable> {
  const connections = [1, 2].map(() => new Redis(redisUrl.replace('unix://', '')));
  const [publisher, subscriber] = connections as [Redis, Redis];
  const pubsub = new RedisPubSub({ publisher, subscriber });
  const schema = createSchema<{ userId: string }>({
    typeDefs,
    resolvers: {
      Query: { asOf: () => '0' },
      Mutation: {
        async sendMessage(_root, { input }, { userId }) {
          const message = { id: newGlobalId('message'), version: 1, text: input.text, deletedAt: null };
          const body = { roomId: rowIdOf(input.roomId), messageId: rowIdOf(message.id), version: 1 };
          const position = await insert(database, 'MESSAGE_SENT', input.roomId, userId, body);
          await database.query('INSERT INTO message VALUES ($1, $2, $3, $4, $5, $6)', [
            rowIdOf(message.id),
            rowIdOf(input.roomId),
            rowIdOf(userId),
            position,
            input.text,
            input.clientKey,
          ]);
          await pubsub.publish(input.roomId, { messages: { kind: 'SENT', cursor: String(position), message } });
          return { message, cursor: String(position), replayed: false, errors: [] };
        },
      },
      Subscription: {
        messages: {
          async *subscribe(_root: unknown, { roomId }: { roomId: string }) {
            const published = pubsub.asyncIterableIterator(roomId);
            yield { messages: { kind: 'CHECKPOINT', cursor: String(await headOf(database)) } };
            yield* published as AsyncIterable<object>;
          },
        },
      },
    },
  });
  const yoga = createYoga({
    schema,
    logging: false,
    context: ({ request }) => ({ userId: request.headers.get('authorization')?.replace('Bearer ', '') ?? '' }),
  });
  const server = createServer(yoga);
  const sockets = new WebSocketServer({ server, path: '/graphql' });
  const graphql = useServer({ schema }, sockets);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      await graphql.dispose();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      for (const connection of connections) connection.disconnect();
    },
  };
}

async function insert(database: Database, kind: string, roomId: string, actorId: string, body: object) {
  const [row] = await database.query<{ position: number }>(
    `INSERT INTO event (room_id, kind, actor_id, body, room_seq)
     SELECT $1, $2, $3, $4, count(*) + 1 FROM event RETURNING position::float8 AS position`,
    [rowIdOf(roomId), kind, rowIdOf(actorId), body],
  );
  return row?.position ?? 0;
}

async function readNaiveTables(database: Database) {
  const log = await readLog(database);
  const messages = await database.query<StoredMessage>(
    `SELECT id, room_id AS "roomId", author_id AS "authorId", position::float8 AS position, text, 1 AS version,
            false AS "isDeleted" FROM message`,
  );
  const keys = await database.query<{ userId: string; key: string; position: number }>(
    'SELECT author_id AS "userId", client_key AS key, position::float8 AS position FROM message',
  );
  const spans = log.flatMap(({ kind, position, body }) =>
    kind === 'MEMBER_JOINED'
      ? [{ id: String(body.memberId), userId: String(body.userId), role: 'OWNER', from: position - 1, to: null }]
      : [],
  );
  return { log, messages, keys, rooms: [], spans };
}

function newGlobalId(kind: string): string {
  return `${kind}_${newId().replaceAll('-', '')}`;
}
