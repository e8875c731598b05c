import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { beginning } from '../../db/connection.ts';
import { APPEND_LOCK } from '../../log/append.ts';
import type { Log } from '../../observe/log.ts';

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

const isDueSql = 'SELECT 1 FROM session WHERE expires_at < now() OR ended_at IS NOT NULL LIMIT 1';

const sessionsSql = `
  DELETE FROM session WHERE id IN (
    SELECT id FROM session WHERE expires_at < now() OR ended_at IS NOT NULL LIMIT $1
  ) RETURNING user_id AS "userId"`;

const apiTokensSql = `
  DELETE FROM api_token WHERE id IN (SELECT id FROM api_token WHERE expires_at < now() OR ended_at IS NOT NULL LIMIT $1)`;

// Who has been in a room is part of its history.
const guestsSql = `
  DELETE FROM user_account WHERE id = ANY($1::uuid[]) AND is_guest
    AND NOT EXISTS (SELECT FROM session WHERE user_id = user_account.id)
    AND NOT EXISTS (SELECT FROM member WHERE user_id = user_account.id)`;

/**
 * Deletes sessions and API tokens that have ended or expired, and guests who have no session left and never were in a room, in chunks.
 * History is not touched. Every node does it.
 */
export function startSweep({ pool, log, intervalMs, chunkRows = CHUNK_ROWS }: SweepOptions): () => Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = (async () => {
    while (!signal.aborted) {
      await delay(intervalMs, undefined, { signal, ref: false }).catch(() => undefined);
      try {
        while (!signal.aborted && (await sweepChunk(pool, chunkRows))) await delay(PAUSE_MS);
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
async function sweepChunk(pool: pg.Pool, chunkRows: number): Promise<boolean> {
  if ((await pool.query(isDueSql)).rows.length === 0) return false;
  const client = await pool.connect();
  try {
    await client.query(beginning(pool, 'BEGIN'));
    // Before any row, as commits do: nobody is being added to a room meanwhile, and neither waits for the other for ever.
    await client.query(`SELECT pg_advisory_xact_lock(${APPEND_LOCK})`);
    const { rows } = await client.query<{ userId: string }>(sessionsSql, [chunkRows]);
    await client.query(guestsSql, [[...new Set(rows.map(({ userId }) => userId))]]);
    await client.query('COMMIT');
    client.release();
    return rows.length === chunkRows;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** True where there may be more. */
async function sweepApiTokens(pool: pg.Pool, chunkRows: number): Promise<boolean> {
  const { rowCount } = await pool.query(apiTokensSql, [chunkRows]);
  return rowCount === chunkRows;
}
