import { encodeId } from '../schema/ids.ts';
import { exportAccount } from './chat/leaving/export.ts';
import type { UserId } from './chat/model.ts';
import type { Database } from './db/connection.ts';
import type { Queryable } from './db/queryable.ts';
import { Snapshot } from './db/snapshot.ts';
import type { CursorCodec } from './log/cursor.ts';
import { readMark } from './log/head.ts';

export interface ExportLinesOptions {
  readonly database: Database;
  readonly cursors: CursorCodec;
  readonly userId: string;
  readonly clock: () => number;
  /** Nobody wants the rest: the snapshot ends behind the statement that is under way. */
  readonly signal: AbortSignal;
}

/** Shorter than a transaction may be idle: a slow reader keeps the snapshot all the same. */
const KEEP_ALIVE_MS = 3_000;
/** What is handed over at once. */
const CHUNK_LENGTH = 64 * 1_024;

/** The export of an account as text, a record per line, in pieces. */
export async function* exportLines(options: ExportLinesOptions): AsyncGenerator<string> {
  const { database, cursors, userId, clock, signal } = options;
  const snapshot = new Snapshot(database.pool);
  const source: Queryable = {
    // Many pages may have nothing of the person, and so give no chance to stop.
    async query(sql, parameters) {
      signal.throwIfAborted();
      return snapshot.query(sql, parameters);
    },
  };
  const keepAlive = setInterval(() => void source.query('SELECT 1').catch(() => undefined), KEEP_ALIVE_MS);
  try {
    const records = exportAccount({
      source,
      userId: userId as UserId,
      mark: await readMark(source),
      encodeCursor: (mark) => cursors.encode(mark),
      encodeId: (kind, id) => encodeId(kind, id as never),
      now: new Date(clock()),
    });
    let chunk = '';
    for await (const record of records) {
      chunk += `${JSON.stringify(record)}\n`;
      if (chunk.length < CHUNK_LENGTH) continue;
      yield chunk;
      chunk = '';
    }
    yield chunk;
  } finally {
    clearInterval(keepAlive);
    await snapshot.end();
  }
}
