import type { Queryable } from '../db/queryable.ts';
import type { LogEvent } from '../log/event.ts';
import { headSql } from '../log/head.ts';
import type { MembershipChange, MembershipSnapshot, MembershipSpan } from '../log/span.ts';
import { asChatEvent } from './events.ts';

const spansSql = `
  SELECT head.position, coalesce((SELECT json_agg(span) FROM (
      SELECT member.room_id AS "roomId", room.kind = 'PRIVATE' AS "isPrivate",
        member.joined_position AS "fromPosition", member.left_position AS "toPosition"
      FROM member JOIN room ON room.id = member.room_id
      WHERE member.user_id = $1 ORDER BY member.joined_position
    ) AS span), '[]') AS spans
  FROM (${headSql}) AS head`;

/** All spans of a person with the head of the log, in one statement and so in one snapshot. */
export async function readMembership(source: Queryable, userId: string): Promise<MembershipSnapshot> {
  const [snapshot] = await source.query<{ position: number; spans: MembershipSpan[] }>(spansSql, [userId]);
  if (!snapshot) throw new Error('log_state has no row: the database was not migrated');
  return snapshot;
}

/** Whose membership begins or ends with an event. Who makes a room is in it from the event that says so. */
export function membershipChangeOf(event: LogEvent): MembershipChange | null {
  const { kind, body, actorId } = asChatEvent(event);
  switch (kind) {
    case 'ROOM_CREATED':
      return actorId === null
        ? null
        : { change: 'joined', userId: actorId, roomId: body.roomId, isPrivate: body.isPrivate };
    case 'MEMBER_JOINED':
      return { change: 'joined', userId: body.userId, roomId: body.roomId, isPrivate: body.isPrivate };
    case 'MEMBER_LEFT':
      return { change: 'left', userId: body.userId, roomId: body.roomId };
    default:
      return null;
  }
}
