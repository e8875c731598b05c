import type { Queryable } from '../db/queryable.ts';
import { type CursorCodec, expired } from './cursor.ts';
import type { Mark, Position, Tag } from './position.ts';

/**
 * The newest event, or where the log was trimmed to, or the beginning: one row always. What was trimmed is not looked at:
 * until PostgreSQL has cleaned up behind a trim, the way there leads over all that is gone.
 */
export const headSql = `
  SELECT coalesce(newest.position, state.trimmed_position) AS position, coalesce(newest.tag, state.trimmed_tag) AS tag
  FROM log_state AS state
  LEFT JOIN LATERAL (
    SELECT position, tag FROM event WHERE position > state.trimmed_position ORDER BY position DESC LIMIT 1
  ) AS newest ON true`;

const placeSql = `
  SELECT coalesce(stored.tag, CASE WHEN state.trimmed_position = $1 THEN state.trimmed_tag END) AS tag,
         state.trimmed_position AS "trimmedPosition", state.trimmed_tag AS "trimmedTag",
         coalesce((SELECT max(position) FROM event WHERE position > state.trimmed_position), state.trimmed_position) AS "headPosition"
  FROM log_state AS state LEFT JOIN event AS stored ON stored.position = $1`;

/** What the log knows of a position, in one snapshot. */
export interface Place {
  /** Of what stands there, or stood there as the last that was trimmed; null: the log has nothing to tell of it. */
  readonly tag: Tag | null;
  /** Of the last event that is no longer held, the earliest place to go on from; position 0 while nothing was trimmed. */
  readonly trimmed: Mark;
  readonly headPosition: Position;
}

/** The mark of the newest event as `source` sees it. */
export async function readMark(source: Queryable): Promise<Mark> {
  const [head] = await source.query<Mark>(headSql);
  if (!head) throw new Error('log_state has no row: the database was not migrated');
  return head;
}

/** The epoch of this log, minted at its first start: 16 hexadecimal digits. */
export async function readEpoch(source: Queryable): Promise<string> {
  const [state] = await source.query<{ epoch: string }>('SELECT epoch FROM log_state');
  if (!state) throw new Error('log_state has no row: the database was not migrated');
  return state.epoch;
}

/** What nodes of this deployment seal their news with: 64 hexadecimal digits. */
export async function readBusKey(source: Queryable): Promise<string> {
  const [state] = await source.query<{ busKey: string | null }>('SELECT bus_key AS "busKey" FROM log_state');
  if (!state?.busKey) throw new Error('log_state has no key of the bus: the log was not begun');
  return state.busKey;
}

/** Mints epoch and zero tag where the log is new. Safe when several nodes do it at once. */
export async function ensureLogState(source: Queryable, epoch: string, zeroTag: number): Promise<void> {
  await source.query(
    'INSERT INTO log_state (id, epoch, trimmed_position, trimmed_tag) VALUES (1, $1, 0, $2) ON CONFLICT DO NOTHING',
    [epoch, zeroTag],
  );
}

/** Mints the key of the bus where there is none. Safe when several nodes do it at once. */
export async function ensureBusKey(source: Queryable, key: string): Promise<void> {
  await source.query('UPDATE log_state SET bus_key = $1 WHERE bus_key IS NULL', [key]);
}

/** All that a cursor at the position, or who has read up to it, has to know. */
export async function readPlace(source: Queryable, position: Position): Promise<Place> {
  const [found] = await source.query<{
    tag: Tag | null;
    trimmedPosition: Position;
    trimmedTag: Tag;
    headPosition: Position;
  }>(placeSql, [position]);
  if (!found) throw new Error('log_state has no row: the database was not migrated');
  const { tag, headPosition, trimmedPosition, trimmedTag } = found;
  return { tag, headPosition, trimmed: { position: trimmedPosition, tag: trimmedTag } };
}

/** The last event that is no longer held; position 0 while nothing was trimmed. */
export async function readTrimmed(source: Queryable): Promise<Mark> {
  const [state] = await source.query<Mark>('SELECT trimmed_position AS position, trimmed_tag AS tag FROM log_state');
  if (!state) throw new Error('log_state has no row: the database was not migrated');
  return state;
}

/**
 * The mark of a cursor, where this log holds it. Throws what decoding does, and CURSOR_EXPIRED: FUTURE, OTHER_HISTORY, or
 * TRIMMED, with `earliest`, the cursor of the earliest place that the log holds.
 */
export async function readCursor(source: Queryable, cursors: CursorCodec, cursor: string): Promise<Mark> {
  const mark = cursors.decode(cursor);
  const { tag, trimmed, headPosition } = await readPlace(source, mark.position);
  if (tag === mark.tag) return mark;
  const advice = 'load state anew and go on from its asOf';
  if (mark.position > headPosition) {
    throw expired('FUTURE', `the cursor names a place that the log has not reached: ${advice}`);
  }
  if (mark.position < trimmed.position) {
    throw expired('TRIMMED', `the log no longer holds what comes behind the cursor: ${advice}`, {
      earliest: cursors.encode(trimmed),
    });
  }
  throw expired('OTHER_HISTORY', `the cursor belongs to another history of this log: ${advice}`);
}
