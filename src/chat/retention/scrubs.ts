import { setTimeout as delay } from 'node:timers/promises';
import type { Queryable } from '../../db/queryable.ts';
import type { Committer } from '../../log/append.ts';
import type { Position } from '../../log/position.ts';
import type { Log } from '../../observe/log.ts';
import { type Command, scrubCommand } from '../command.ts';
import type { Decided } from '../decision.ts';
import type { Facts } from '../facts.ts';
import type { MessageId, RoomId } from '../model.ts';
import { isRefused } from '../refusal.ts';
import { type RetentionBounds, retentionDaysSql } from './retention.ts';
import { dueBefore } from './scrub-rules.ts';

/**
 * Takes the texts away that are older than the retention of their room: in small pieces, each a command that deletes messages
 * by events, so that every reader and every cache hears of it as of any other deletion.
 *   held → looked through from where it was left, the oldest first → left
 * The table of scrubs says how far each room has come. Any node goes on where another one died; a piece that is done twice
 * does nothing.
 */
export interface ScrubsOptions {
  readonly database: Queryable;
  readonly committer: Pick<Committer<Command, Facts, Decided>, 'submit'>;
  readonly bounds: RetentionBounds;
  readonly log: Log;
  readonly clock: () => number;
  readonly limits?: Partial<ScrubLimits>;
}

export interface ScrubLimits {
  /** How often it is looked for rooms with something due. */
  readonly intervalMs: number;
  /** Between two pieces others have their turns. */
  readonly pauseMs: number;
  /** Messages that are deleted, and looked at, in one piece. */
  readonly messages: number;
  readonly scannedMessages: number;
  /** A node that has not come on for this long is taken for dead. */
  readonly heldMs: number;
}

export interface Scrubs {
  /** The retention of a room was changed. */
  wake(): void;
  stop(): Promise<void>;
}

const defaults: ScrubLimits = {
  intervalMs: 60_000,
  pauseMs: 50,
  messages: 100,
  scannedMessages: 2_000,
  heldMs: 10_000,
};

interface Job {
  readonly roomId: RoomId;
  readonly days: number;
  readonly afterPosition: Position;
}

// Rooms without a retention cost nothing, the others a look at the oldest message that is not behind them.
const holdSql = `
  WITH due AS (
    SELECT room.id, days, coalesce(scrub.after_position, 0) AS after_position
    FROM room LEFT JOIN scrub ON scrub.room_id = room.id
    CROSS JOIN LATERAL (SELECT ${retentionDaysSql('room.message_retention_days', 1)} AS days) AS retention
    CROSS JOIN LATERAL (SELECT sent_at FROM message
      WHERE message.room_id = room.id AND position > coalesce(scrub.after_position, 0) ORDER BY position LIMIT 1) AS oldest
    WHERE days IS NOT NULL AND (scrub.held_until IS NULL OR scrub.held_until <= now())
      AND oldest.sent_at < $4::timestamptz - days * interval '24 hours'
    ORDER BY oldest.sent_at LIMIT 1
  ), held AS (
    INSERT INTO scrub (room_id, after_position, held_until)
    SELECT id, after_position, now() + $5::int * interval '1 millisecond' FROM due
    ON CONFLICT (room_id) DO UPDATE SET held_until = excluded.held_until WHERE scrub.held_until <= now()
    RETURNING room_id, after_position
  )
  SELECT held.room_id AS "roomId", due.days, held.after_position AS "afterPosition" FROM held JOIN due ON due.id = held.room_id`;

// Up to the first message that is young enough, as the clocks of nodes differ.
const dueSql = `
  WITH scanned AS (
    SELECT id, position, sent_at, deleted_at FROM message WHERE room_id = $1 AND position > $2::bigint
    ORDER BY position LIMIT $4
  ), old AS (
    SELECT id, position, deleted_at FROM scanned
    WHERE position < coalesce((SELECT min(position) FROM scanned WHERE sent_at >= $3), 9223372036854775807)
  ), due AS (SELECT id, position FROM old WHERE deleted_at IS NULL ORDER BY position LIMIT $5)
  SELECT coalesce((SELECT json_agg(id) FROM due), '[]') AS ids,
    CASE WHEN (SELECT count(*) FROM due) = $5 THEN (SELECT max(position) FROM due) ELSE (SELECT max(position) FROM old) END AS "upTo"`;

const progressSql = `
  UPDATE scrub SET after_position = greatest(after_position, $2), held_until = now() + $3::int * interval '1 millisecond'
  WHERE room_id = $1`;

export function startScrubs({ database, committer, bounds, log, clock, limits: given }: ScrubsOptions): Scrubs {
  const limits = { ...defaults, ...given };
  const stopping = new AbortController();
  const { signal } = stopping;
  let waking = new AbortController();

  /** Where the next piece begins; null: nothing more is due. */
  async function scrubSome({ roomId, days, afterPosition }: Job): Promise<Job | null> {
    const before = dueBefore(clock(), days);
    const parameters = [roomId, afterPosition, before, limits.scannedMessages, limits.messages];
    const [found] = await database.query<{ ids: MessageId[]; upTo: Position | null }>(dueSql, parameters);
    if (!found) throw new Error('the statement of messages that are due gave no row');
    const { ids, upTo } = found;
    if (upTo === null) return null;
    if (ids.length > 0) {
      const input = { roomId, messageIds: ids, bounds, clientKey: null };
      const decided = await committer.submit(scrubCommand(input));
      // Changed meanwhile: what was passed by may be due under the new one.
      if (isRefused(decided) || (decided.entity as { days: number | null }).days !== days) return null;
    }
    await database.query(progressSql, [roomId, upTo, limits.heldMs]);
    return { roomId, days, afterPosition: upTo };
  }

  async function scrubAll(): Promise<void> {
    const { defaultDays, minDays, maxDays } = bounds;
    while (!signal.aborted) {
      const parameters = [defaultDays, minDays, maxDays, new Date(clock()), limits.heldMs];
      const [held] = await database.query<Job>(holdSql, parameters);
      if (!held) return;
      let job: Job | null = held;
      while (job && !signal.aborted) {
        job = await scrubSome(job);
        await delay(limits.pauseMs);
      }
      await database.query(progressSql, [held.roomId, held.afterPosition, 0]);
    }
  }

  const running = (async () => {
    while (!signal.aborted) {
      try {
        await scrubAll();
      } catch (error) {
        log.warn({ err: error }, 'texts that are due by the retention of their room stay for now; it is tried again');
      }
      const wake = AbortSignal.any([signal, waking.signal]);
      await delay(limits.intervalMs, undefined, { signal: wake, ref: false }).catch(() => undefined);
      if (waking.signal.aborted) waking = new AbortController();
    }
  })();
  return {
    wake: () => waking.abort(),
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
