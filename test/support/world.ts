import pg from 'pg';
import { expect } from 'vitest';
import type { Log } from '../../src/observe/log.ts';
import { silentLog } from '../../src/observe/log.ts';
import { createRoom, enterGuest, joinRoom, type Person, send } from './person.ts';
import { startServer, type TestServer, type TestServerOptions } from './server.ts';

/** A node with a few people and rooms in it, for tests that ask it for what it should refuse. */
export interface World extends AsyncDisposable {
  readonly server: TestServer;
  /** Owner of the room. */
  readonly ann: Person;
  /** Member of the room, owner of the private one. */
  readonly bob: Person;
  /** Public. */
  readonly roomId: string;
  /** Global id of a message in the room, by ann. */
  readonly messageId: string;
  /** Of the event that wrote the message. */
  readonly cursor: string;
  /** Unknown to ann. */
  readonly privateRoomId: string;
  /** In the private room. */
  readonly privateMessageId: string;
  /** What the node logged as an error: none is expected. */
  readonly bugs: readonly object[];
  /** A digest of the rows of each table: equal before and after means that nothing was written, not even in part. */
  content(): Promise<Record<string, string>>;
}

export async function startWorld(options: TestServerOptions = {}): Promise<World> {
  const bugs: object[] = [];
  const log: Log = { ...silentLog, error: (fields) => void bugs.push(fields), child: () => log };
  const server = await startServer({ log, ...options });
  const [ann, bob] = await Promise.all([enterGuest(server, 'Ann'), enterGuest(server, 'Bob')]);
  const roomId = await createRoom(ann, 'Kitchen');
  await joinRoom(bob, roomId);
  const sent = await send(ann, roomId, 'the first');
  const privateRoomId = await createRoom(bob, 'Cellar', 'PRIVATE');
  const hidden = await send(bob, privateRoomId, 'hidden');
  const reader = new pg.Pool({ connectionString: server.database.url, max: 1 });
  // Some tests take the database away.
  reader.on('error', () => undefined);
  return {
    server,
    ann,
    bob,
    roomId,
    messageId: sent.message.id,
    cursor: sent.cursor,
    privateRoomId,
    privateMessageId: hidden.message.id,
    bugs,
    content: async () => (await reader.query<Record<string, string>>(contentSql)).rows[0] ?? {},
    async [Symbol.asyncDispose]() {
      await reader.end();
      await server[Symbol.asyncDispose]();
    },
  };
}

const tables = [
  'event',
  'message',
  'member',
  'client_key',
  'room',
  'user_account',
  'user_password',
  'user_profile',
  'session',
  'identity',
  'passkey',
];
const digests = tables.map(
  (name) =>
    `(SELECT md5(coalesce(string_agg(one::text, E'\\n' ORDER BY one::text), '')) FROM ${name} AS one) AS ${name}`,
);
const contentSql = `SELECT ${digests.join(', ')}`;

/** What no caller may see: a line of a stack, a path of the server, SQL, the names of what is inside. */
const innards: readonly RegExp[] = [
  /\bat [^"]{1,80}:\d+:\d+/,
  /"stack(trace)?"/i,
  /node_modules|node:internal|file:\/\//,
  /(^|[\s"'(])\/(home|root|usr|var|tmp|opt|etc|src|work|app)\//,
  /\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\s+\w+/,
  /\b(pg_\w+|postgres(ql)?|sqlstate|drizzle|duplicate key value|violates \w+ constraint)\b/i,
];

/** The first thing in `raw`, an answer as it came, that should have stayed inside; null: nothing. */
export function leakIn(raw: string): string | null {
  for (const inside of innards) {
    const found = inside.exec(raw);
    if (found) return found[0];
  }
  return null;
}

export function expectNoLeak(raw: string): void {
  expect(leakIn(raw)).toBeNull();
}
