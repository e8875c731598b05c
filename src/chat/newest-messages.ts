import type { Queryable } from '../db/queryable.ts';
import type { LogEvent } from '../log/event.ts';
import type { Position, Tag } from '../log/position.ts';
import type { MessageId, RoomId, UserId } from './model.ts';

interface SentRow {
  readonly messageId: MessageId;
  readonly position: Position;
  readonly authorId: UserId;
  readonly at: Date;
  readonly tag: Tag;
  readonly roomSeq: number | null;
}

// The tag of an event that was trimmed is gone with it: whatever stands in its place, the cursor is told to be TRIMMED.
const newestSql = `
  SELECT message.id AS "messageId", message.position, author_id AS "authorId", sent_at AS at, event.room_seq AS "roomSeq",
    coalesce(event.tag, CASE WHEN message.position = state.trimmed_position THEN state.trimmed_tag END, 0) AS tag
  FROM message CROSS JOIN log_state AS state LEFT JOIN event ON event.position = message.position
  WHERE message.room_id = $1 AND message.position <= $2 ORDER BY message.position DESC LIMIT $3`;

/**
 * The newest `count` messages of a room, up to a position, as the events that sent them, oldest first. History is longer
 * than the log: of those that were trimmed the event is made anew of its message, without a tag and a seq.
 */
export async function readNewestSent(
  source: Queryable,
  { roomId, upTo, count }: { readonly roomId: string; readonly upTo: Position; readonly count: number },
): Promise<LogEvent[]> {
  const rows = await source.query<SentRow>(newestSql, [roomId, upTo, count]);
  return rows.map((row) => toEvent(roomId as RoomId, row)).reverse();
}

function toEvent(roomId: RoomId, { messageId, position, authorId, at, tag, roomSeq }: SentRow): LogEvent {
  return {
    position,
    tag,
    audience: { kind: 'room', roomId },
    roomSeq,
    kind: 'MESSAGE_SENT',
    body: { roomId, messageId, version: 1 },
    actorId: authorId,
    at,
  };
}
