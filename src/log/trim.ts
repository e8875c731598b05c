import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { beginning } from '../db/connection.ts';
import type { Log } from '../observe/log.ts';
import type { Position, Tag } from './position.ts';

/**
 * Takes the oldest events out of the log, as a prefix of the whole of it, in chunks. Each is one transaction that deletes
 * rows and says how far the log goes back from then on: whatever is killed, no reader finds rows gone that the log says
 * it holds. It takes no lock of the log, and needs none: who appends reads head and counts in one statement, so either
 * with the rows or with what is kept of them.
 */
export interface TrimOptions {
  readonly pool: pg.Pool;
  /** Events that were written before this go; the first younger one stays, with all behind it. */
  readonly before: Date;
  readonly signal?: AbortSignal;
  readonly limits?: Partial<TrimLimits>;
}

export interface TrimLimits {
  /** Events of one chunk: some tens of milliseconds. */
  readonly chunkEvents: number;
  /** Between two chunks others have their turns. */
  readonly pauseMs: number;
}

export interface Trimmed {
  /** How many this trim took out. */
  readonly events: number;
  /** The last event that the log no longer holds; 0: it holds all. */
  readonly position: Position;
  /** False where another node was at it, or it was told to stop. */
  readonly isDone: boolean;
}

const defaults: TrimLimits = { chunkEvents: 2_000, pauseMs: 50 };

// Up to the first that is young enough: the clocks of nodes differ, so times of events are not quite in their order.
const dueSql = `
  WITH oldest AS (
    SELECT position, tag, at FROM event WHERE position > (SELECT trimmed_position FROM log_state)
    ORDER BY position LIMIT $2
  ), due AS (
    SELECT position, tag FROM oldest
    WHERE position < coalesce((SELECT min(position) FROM oldest WHERE at >= $1), 9223372036854775807)
    ORDER BY position DESC LIMIT 1
  )
  SELECT state.trimmed_position AS "from", due.position AS "upTo", due.tag
  FROM log_state AS state LEFT JOIN due ON true`;

// Who is at it already goes on alone.
const holdSql = 'SELECT FROM log_state WHERE trimmed_position = $1 FOR UPDATE SKIP LOCKED';

const trimSql = `
  WITH gone AS (
    DELETE FROM event WHERE position > $1::bigint AND position <= $2::bigint RETURNING room_id, room_seq
  ), counted AS (
    INSERT INTO trimmed_room (room_id, room_seq)
    SELECT room_id, max(room_seq) FROM gone WHERE room_id IS NOT NULL GROUP BY room_id
    ON CONFLICT (room_id) DO UPDATE SET room_seq = excluded.room_seq
  )
  UPDATE log_state SET trimmed_position = $2::bigint, trimmed_tag = $3::bigint`;

interface Due {
  readonly from: Position;
  /** Null: nothing is old enough. */
  readonly upTo: Position | null;
  readonly tag: Tag | null;
}

export async function trimLog({ pool, before, signal, limits: given }: TrimOptions): Promise<Trimmed> {
  const { chunkEvents, pauseMs } = { ...defaults, ...given };
  let events = 0;
  for (;;) {
    const { rows } = await pool.query<Due>(dueSql, [before, chunkEvents]);
    const [due] = rows;
    if (!due) throw new Error('log_state has no row: the database was not migrated');
    const { from, upTo } = due;
    if (upTo === null) return { events, position: from, isDone: true };
    if (signal?.aborted || !(await trimChunk(pool, due))) return { events, position: from, isDone: false };
    events += upTo - from;
    await delay(pauseMs);
  }
}

/** False: another one is trimming. */
async function trimChunk(pool: pg.Pool, { from, upTo, tag }: Due): Promise<boolean> {
  const client = await pool.connect();
  try {
    await client.query(beginning(pool, 'BEGIN'));
    const isHeld = (await client.query(holdSql, [from])).rowCount === 1;
    if (isHeld) await client.query(trimSql, [from, upTo, tag]);
    await client.query('COMMIT');
    client.release();
    return isHeld;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

export interface TrimsOptions extends Pick<TrimOptions, 'pool' | 'limits'> {
  /** Events older than this go. */
  readonly keepMs: number;
  readonly log: Log;
  readonly clock: () => number;
  readonly intervalMs?: number;
}

/** Where there is nothing to do, a look costs one row. */
const INTERVAL_MS = 60_000;

/** Trims the log again and again, in the background. Every node does it, one at a time. */
export function startTrims({ pool, keepMs, log, clock, intervalMs = INTERVAL_MS, limits = {} }: TrimsOptions) {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = (async () => {
    while (!signal.aborted) {
      try {
        const { events, position } = await trimLog({ pool, before: new Date(clock() - keepMs), signal, limits });
        if (events > 0) log.info({ events, position }, 'the log was trimmed');
      } catch (error) {
        log.warn({ err: error }, 'the log could not be trimmed; it is tried again');
      }
      await delay(intervalMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  })();
  return async () => {
    stopping.abort();
    await running;
  };
}
