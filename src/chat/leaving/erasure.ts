import { setTimeout as delay } from 'node:timers/promises';
import type { Queryable } from '../../db/queryable.ts';
import type { Committer } from '../../log/append.ts';
import type { Position } from '../../log/position.ts';
import type { Log } from '../../observe/log.ts';
import { byServer, type Command, commandOf } from '../command.ts';
import type { Decided } from '../decision.ts';
import type { Facts } from '../facts.ts';
import type { MemberId, MessageId, RoomId, UserId } from '../model.ts';

/**
 * Takes away what deleted accounts leave behind: memberships, then texts, then keys, in small pieces that each are done or
 * not. The table of erasures says what is to do and how far it has come, so that any node goes on where another one died.
 * held → rooms left → spans looked through, the oldest first → keys gone → forgotten. A piece that is done twice does nothing.
 */
export interface ErasureOptions {
  readonly database: Queryable;
  readonly committer: Pick<Committer<Command, Facts, Decided>, 'submit'>;
  readonly log: Log;
  readonly limits?: Partial<ErasureLimits>;
}

export interface ErasureLimits {
  /** How often it is looked for what other nodes left. */
  readonly intervalMs: number;
  /** Between two pieces others have their turns. */
  readonly pauseMs: number;
  /** Rooms that are left, and messages that are deleted, in one piece. */
  readonly rooms: number;
  readonly messages: number;
  /** Messages that are looked at in one piece. */
  readonly scannedMessages: number;
  /** A node that has not come on for this long is taken for dead. */
  readonly heldMs: number;
}

export interface Erasures {
  /** There is something to do. */
  wake(): void;
  stop(): Promise<void>;
}

const defaults: ErasureLimits = {
  intervalMs: 5_000,
  pauseMs: 50,
  rooms: 20,
  messages: 100,
  scannedMessages: 2_000,
  heldMs: 10_000,
};

interface Job {
  readonly userId: UserId;
  readonly erasesMessages: boolean;
  readonly memberId: MemberId | null;
  readonly afterPosition: Position;
}

interface Span {
  readonly id: MemberId;
  readonly roomId: RoomId;
  readonly joinedPosition: Position;
  readonly leftPosition: Position;
}

const holdSql = `
  UPDATE erasure SET held_until = now() + $1::int * interval '1 millisecond' WHERE user_id = (
    SELECT user_id FROM erasure WHERE held_until <= now() ORDER BY started_at, user_id LIMIT 1 FOR UPDATE SKIP LOCKED
  )
  RETURNING user_id AS "userId", erases_messages AS "erasesMessages", member_id AS "memberId",
    after_position AS "afterPosition"`;

const keepHoldSql = `UPDATE erasure SET held_until = now() + $2::int * interval '1 millisecond' WHERE user_id = $1`;

const roomsSql = 'SELECT room_id AS "roomId" FROM member WHERE user_id = $1 AND left_position IS NULL LIMIT $2';

const spanSql = `
  SELECT id, room_id AS "roomId", joined_position AS "joinedPosition", left_position AS "leftPosition" FROM member
  WHERE user_id = $1 AND ($2::uuid IS NULL OR id > $2 OR (id = $2 AND left_position > $3::bigint + 1))
  ORDER BY id LIMIT 1`;

// Whoever wrote a message was a member then: a span of membership is all that has to be looked through.
const ownSql = `
  WITH scanned AS (
    SELECT id, position, author_id = $1 AND deleted_at IS NULL AS is_due FROM message
    WHERE room_id = $2 AND position > $3::bigint AND position < $4::bigint ORDER BY position LIMIT $5
  ), due AS (SELECT id, position FROM scanned WHERE is_due ORDER BY position LIMIT $6)
  SELECT coalesce((SELECT json_agg(id) FROM due), '[]') AS ids,
    (SELECT count(*) FROM due) = $6 AS "isFull",
    (SELECT max(position) FROM due)::bigint AS "lastDue", (SELECT max(position) FROM scanned)::bigint AS "lastScanned"`;

const progressSql = 'UPDATE erasure SET member_id = $2, after_position = $3 WHERE user_id = $1';

const keysSql = `
  DELETE FROM client_key WHERE user_id = $1 AND key IN (SELECT key FROM client_key WHERE user_id = $1 LIMIT 1000)
  RETURNING 1`;

// What was added while the account was being deleted lets nobody in, and goes here.
const leftoversSql = `
  WITH a AS (DELETE FROM passkey WHERE user_id = $1), b AS (DELETE FROM identity WHERE user_id = $1),
    c AS (DELETE FROM user_password WHERE user_id = $1)
  DELETE FROM erasure WHERE user_id = $1`;

export function startErasures({ database, committer, log, limits: given }: ErasureOptions): Erasures {
  const limits = { ...defaults, ...given };
  const stopping = new AbortController();
  const { signal } = stopping;
  let waking = new AbortController();

  /** True where there was something to do. */
  async function leaveRooms({ userId }: Job): Promise<boolean> {
    const rooms = await database.query<{ roomId: RoomId }>(roomsSql, [userId, limits.rooms]);
    const leave = (roomId: RoomId) =>
      committer.submit(commandOf('leaveForGood', byServer(userId), {}, { roomId, clientKey: null }));
    // Asked for at once: they share a transaction.
    await Promise.all(rooms.map(({ roomId }) => leave(roomId)));
    return rooms.length > 0;
  }

  /** Where the next piece begins; null: all spans were looked through. */
  async function eraseSome(job: Job): Promise<Job | null> {
    const { userId, memberId, afterPosition } = job;
    const [span] = await database.query<Span>(spanSql, [userId, memberId, afterPosition]);
    if (!span) return null;
    const { id, roomId, joinedPosition, leftPosition } = span;
    const from = id === memberId ? afterPosition : joinedPosition;
    const parameters = [userId, roomId, from, leftPosition, limits.scannedMessages, limits.messages];
    const [found] = await database.query<{
      ids: MessageId[];
      isFull: boolean;
      lastDue: Position | null;
      lastScanned: Position | null;
    }>(ownSql, parameters);
    if (!found) throw new Error('the statement of own messages gave no row');
    const { ids, isFull, lastDue, lastScanned } = found;
    if (ids.length > 0) {
      const input = { roomId, messageIds: ids, clientKey: null };
      await committer.submit(commandOf('eraseMessages', byServer(userId), {}, input));
    }
    const upTo = (isFull ? lastDue : lastScanned) ?? leftPosition;
    await database.query(progressSql, [userId, id, upTo]);
    return { ...job, memberId: id, afterPosition: upTo };
  }

  async function finish({ userId }: Job): Promise<void> {
    while (!signal.aborted && (await database.query(keysSql, [userId])).length > 0) await delay(limits.pauseMs);
    if (!signal.aborted) await database.query(leftoversSql, [userId]);
  }

  async function work(held: Job): Promise<void> {
    let job: Job | null = held;
    while (!signal.aborted && (await leaveRooms(held))) await pauseWith(held);
    while (!signal.aborted && held.erasesMessages && job) {
      job = await eraseSome(job);
      await pauseWith(held);
    }
    await finish(held);
  }

  async function pauseWith({ userId }: Job): Promise<void> {
    await database.query(keepHoldSql, [userId, limits.heldMs]);
    await delay(limits.pauseMs);
  }

  async function workAll(): Promise<void> {
    while (!signal.aborted) {
      const [job] = await database.query<Job>(holdSql, [limits.heldMs]);
      if (!job) return;
      await work(job);
    }
  }

  const running = (async () => {
    while (!signal.aborted) {
      try {
        await workAll();
      } catch (error) {
        log.warn({ err: error }, 'what a deleted account left could not be erased now; it is tried again');
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
