import type { Queryable } from '../db/queryable.ts';
import { Fault } from '../observe/fault.ts';
import { expired } from './cursor.ts';
import type { Mark, Position } from './position.ts';

/** The newest event, or where the log was trimmed to, or the beginning: one row always. */
export const headSql = `
  SELECT coalesce(newest.position, state.trimmed_position) AS position, coalesce(newest.tag, state.trimmed_tag) AS tag
  FROM log_state AS state
  LEFT JOIN LATERAL (SELECT position, tag FROM event ORDER BY position DESC LIMIT 1) AS newest ON true`;

const markSql = `
  SELECT coalesce(stored.tag, CASE WHEN state.trimmed_position = $1 THEN state.trimmed_tag END) AS tag,
         state.trimmed_position AS "trimmedPosition",
         coalesce((SELECT max(position) FROM event), state.trimmed_position) AS "headPosition"
  FROM log_state AS state LEFT JOIN event AS stored ON stored.position = $1`;

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

/** Passes a mark that this log holds. Throws CURSOR_EXPIRED: FUTURE, TRIMMED (with the earliest position) or OTHER_HISTORY. */
export async function checkMark(source: Queryable, mark: Mark): Promise<void> {
  const [found] = await source.query<{ tag: number | null; trimmedPosition: Position; headPosition: Position }>(
    markSql,
    [mark.position],
  );
  if (!found) throw new Fault('INTERNAL', 'the log has no state');
  if (found.tag === mark.tag) return;
  const advice = 'load state anew and go on from its asOf';
  if (mark.position > found.headPosition) {
    throw expired('FUTURE', `the cursor names a place that the log has not reached: ${advice}`);
  }
  if (mark.position < found.trimmedPosition) {
    throw expired('TRIMMED', `the log no longer holds events before position ${found.trimmedPosition}: ${advice}`);
  }
  throw expired('OTHER_HISTORY', `the cursor belongs to another history of this log: ${advice}`);
}
