import type { TestDatabase } from '../support/database.ts';
import { readLog } from '../support/history.ts';
import type { StoredMessage, Tables } from './evidence.ts';

/** The log and what it tells of, by statements of the test's own. */
export async function readTables(database: Pick<TestDatabase, 'query'>): Promise<Tables> {
  return {
    log: await readLog(database),
    keys: await database.query('SELECT user_id AS "userId", key, position::float8 AS position FROM client_key'),
    messages: await database.query<StoredMessage>(
      `SELECT id, room_id AS "roomId", author_id AS "authorId", position::float8 AS position, text, version,
              deleted_at IS NOT NULL AS "isDeleted" FROM message`,
    ),
    rooms: await database.query('SELECT id, name, version FROM room'),
    spans: await database.query(
      `SELECT id, user_id AS "userId", role::text AS role, joined_position::float8 AS "from", left_position::float8 AS "to"
       FROM member`,
    ),
  };
}

export async function readEpochOf(database: Pick<TestDatabase, 'query'>): Promise<string> {
  const [state] = await database.query<{ epoch: string }>('SELECT epoch FROM log_state');
  return state?.epoch ?? '';
}

export async function headOf(database: Pick<TestDatabase, 'query'>): Promise<number> {
  const [head] = await database.query<{ position: number }>(
    'SELECT coalesce(max(position), 0)::float8 AS position FROM event',
  );
  return head?.position ?? 0;
}
