import { openDatabase } from '../../src/db/connection.ts';
import type { Queryable } from '../../src/db/queryable.ts';
import { type TrimLimits, type Trimmed, trimLog } from '../../src/log/trim.ts';
import type { TestDatabase } from './database.ts';

export interface Filling {
  /** Row ids; the author was a member all the time. */
  readonly roomId: string;
  readonly authorId: string;
  readonly count: number;
  readonly textLength?: number;
  readonly ageDays?: number;
}

const fillSql = `
  WITH head AS (
    SELECT coalesce((SELECT max(position) FROM event), (SELECT trimmed_position FROM log_state)) AS position,
      coalesce((SELECT max(room_seq) FROM event WHERE room_id = $1::uuid), 0) AS seq
  ), made AS (
    SELECT head.position + n AS position, head.seq + n AS seq, n, gen_random_uuid() AS id,
      now() - $5::float8 * interval '1 day' AS at FROM head, generate_series(1, $3::int) AS n
  ), sent AS (
    INSERT INTO event (position, tag, room_id, room_seq, kind, body, actor_id, at)
    SELECT position, (random() * 2 ^ 47)::bigint, $1, seq, 'MESSAGE_SENT',
      jsonb_build_object('roomId', $1::text, 'messageId', id::text, 'version', 1), $2, at FROM made
  )
  INSERT INTO message (id, room_id, author_id, position, text, sent_at, version)
  SELECT id, $1, $2, position, n || ' ' || repeat('x', $4::int), at, 1 FROM made`;

/** Many messages with their events behind the head, below a server that does not run, or that finds them by itself. */
export async function fillLog(database: Pick<Queryable, 'query'>, filling: Filling): Promise<void> {
  const { roomId, authorId, count, textLength = 0, ageDays = 0 } = filling;
  await database.query(fillSql, [roomId, authorId, count, textLength, ageDays]);
}

/** Events up to a position, all where it is not given, become as old as 40 days. */
export async function age(database: TestDatabase, upTo: number = Number.MAX_SAFE_INTEGER): Promise<void> {
  await database.query(`UPDATE event SET at = now() - interval '40 days' WHERE position <= $1`, [upTo]);
}

/** Trims what is older than 30 days, as an operator would beside the nodes. */
export async function trim(database: TestDatabase, limits: Partial<TrimLimits> = {}): Promise<Trimmed> {
  await using own = openDatabase({
    connection: { connectionString: database.url },
    poolSize: 1,
    applicationName: 'trim',
  });
  return await trimLog({
    pool: own.pool,
    before: new Date(Date.now() - 30 * 86_400_000),
    limits: { pauseMs: 0, ...limits },
  });
}

/** What rows of the log are there, by statements of the test's own: it must be a run without a hole, up to the head. */
export async function heldOf(
  database: TestDatabase,
): Promise<{ trimmed: number; first: number | null; last: number | null; holes: number }> {
  const [row] = await database.query<Record<string, string | null>>(
    `SELECT (SELECT trimmed_position FROM log_state) AS trimmed, min(position) AS first, max(position) AS last,
       max(position) - min(position) + 1 - count(*) AS holes FROM event`,
  );
  const number = (value: string | null | undefined) => (value === null || value === undefined ? null : Number(value));
  return {
    trimmed: Number(row?.trimmed),
    first: number(row?.first),
    last: number(row?.last),
    holes: Number(row?.holes ?? 0),
  };
}
