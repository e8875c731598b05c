import type { StoredEvent, StoredMessage } from './crash-check.ts';
import type { TestDatabase } from './database.ts';

/** The log behind a position, and the messages of some rooms, by statements of the test's own; ids as the API has them. */
export async function readStored(
  database: Pick<TestDatabase, 'query'>,
  after: number,
  roomIds: readonly string[],
): Promise<{ messages: readonly StoredMessage[]; events: readonly StoredEvent[] }> {
  const messages = await database.query<StoredMessage>(
    `SELECT ${globalId('message', 'id')} AS id, ${globalId('user', 'author_id')} AS "authorId",
            ${globalId('room', 'room_id')} AS "roomId", client_key AS "clientKey", text
     FROM message WHERE ${globalId('room', 'room_id')} = ANY ($1)`,
    [roomIds],
  );
  const events = await database.query<StoredEvent>(
    `SELECT position::float8 AS position, ${globalId('room', 'room_id')} AS "roomId",
            room_seq::float8 AS "roomSeq", kind, ${globalId('message', "(body->>'messageId')")} AS "messageId"
     FROM event WHERE position > $1 ORDER BY position`,
    [after],
  );
  return { messages, events };
}

/** SQL that writes a UUID as the API does. */
function globalId(kind: string, column: string): string {
  return `'${kind}_' || replace(${column}::text, '-', '')`;
}
