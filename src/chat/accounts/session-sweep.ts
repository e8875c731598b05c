import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { beginning } from '../../db/connection.ts';
import { APPEND_LOCK } from '../../log/attempt.ts';
import type { Log } from '../../observe/log.ts';
import { REPLACED_MS } from './sessions.ts';

export interface SweepOptions {
  readonly pool: pg.Pool;
  readonly log: Log;
  /** How long it waits after it found nothing more to do. */
  readonly intervalMs: number;
  readonly chunkRows?: number;
}

/** Some milliseconds under the lock of the log; between two chunks the others have their turns. */
const CHUNK_ROWS = 100;
const PAUSE_MS = 50;

const isDue = `(expires_at < now() OR ended_at IS NOT NULL
  AND (NOT is_replaced OR ended_at < now() - interval '${REPLACED_MS} ms'))`;
const dueSql = `SELECT id, user_id AS "userId" FROM session WHERE ${isDue} LIMIT $1`;
const sessionsSql = `DELETE FROM session WHERE id = ANY($1::uuid[]) AND ${isDue}`;

// Nobody comes back as a guest who has no session left: there is nothing that their keys could still settle.
const guestsOverSql = `
  SELECT id FROM user_account WHERE id = ANY($1::uuid[]) AND is_guest
    AND NOT EXISTS (SELECT FROM session WHERE user_id = user_account.id AND NOT ${isDue})
    AND NOT EXISTS (SELECT FROM member WHERE user_id = user_account.id)`;
const keysSql = `
  DELETE FROM client_key WHERE (user_id, key) IN (
    SELECT user_id, key FROM client_key WHERE user_id = ANY($1::uuid[]) LIMIT $2)`;

const apiTokensSql = `
  DELETE FROM api_token WHERE id IN (SELECT id FROM api_token WHERE expires_at < now() OR ended_at IS NOT NULL LIMIT $1)`;

// Who has been in a room is part of its history.
const guestsSql = `
  DELETE FROM user_account WHERE id = ANY($1::uuid[]) AND is_guest
    AND NOT EXISTS (SELECT FROM session WHERE user_id = user_account.id)
    AND NOT EXISTS (SELECT FROM member WHERE user_id = user_account.id)
  RETURNING id`;

/**
 * Deletes sessions and API tokens that have ended or expired, and guests who have no session left and never were in a room, with
 * their client keys, in chunks. History is not touched. Every node does it.
 */
export function startSweep({ pool, log, intervalMs, chunkRows = CHUNK_ROWS }: SweepOptions): () => Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = (async () => {
    while (!signal.aborted) {
      await delay(intervalMs, undefined, { signal, ref: false }).catch(() => undefined);
      try {
        while (!signal.aborted && (await sweepChunk(pool, chunkRows, signal))) await delay(PAUSE_MS);
        while (!signal.aborted && (await sweepApiTokens(pool, chunkRows))) await delay(PAUSE_MS);
      } catch (error) {
        log.warn({ err: error }, 'old sessions could not be deleted; it is tried again');
      }
    }
  })();
  return () => {
    stopping.abort();
    return running;
  };
}

/** True where there may be more. */
async function sweepChunk(pool: pg.Pool, chunkRows: number, signal: AbortSignal): Promise<boolean> {
  const { rows: due } = await pool.query<{ id: string; userId: string }>(dueSql, [chunkRows]);
  if (due.length === 0) return false;
  const userIds = [...new Set(due.map(({ userId }) => userId))];
  if (!(await sweepKeys(pool, userIds, chunkRows, signal))) return false;
  const client = await pool.connect();
  try {
    await client.query(beginning(pool, 'BEGIN'));
    // Before any row, as commits do: nobody is being added to a room meanwhile, and neither waits for the other for ever.
    await client.query(`SELECT pg_advisory_xact_lock(${APPEND_LOCK})`);
    await client.query(sessionsSql, [due.map(({ id }) => id)]);
    const { rows: gone } = await client.query<{ id: string }>(guestsSql, [userIds]);
    // Of a command that was under way when the session ended: few.
    await client.query('DELETE FROM client_key WHERE user_id = ANY($1::uuid[])', [gone.map(({ id }) => id)]);
    await client.query('COMMIT');
    client.release();
    return due.length === chunkRows;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/**
 * Outside of the lock, as there may be as many as a guest liked to send; before the guest, who says whose they are. False: it
 * was stopped before the last one.
 */
async function sweepKeys(
  pool: pg.Pool,
  userIds: readonly string[],
  chunkRows: number,
  signal: AbortSignal,
): Promise<boolean> {
  const { rows } = await pool.query<{ id: string }>(guestsOverSql, [userIds]);
  const guestIds = rows.map(({ id }) => id);
  while (guestIds.length > 0) {
    if (signal.aborted) return false;
    const { rowCount } = await pool.query(keysSql, [guestIds, chunkRows]);
    if (rowCount === 0) break;
    await delay(PAUSE_MS);
  }
  return true;
}

/** True where there may be more. */
async function sweepApiTokens(pool: pg.Pool, chunkRows: number): Promise<boolean> {
  const { rowCount } = await pool.query(apiTokensSql, [chunkRows]);
  return rowCount === chunkRows;
}
