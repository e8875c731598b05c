import type { Queryable } from '../db/queryable.ts';
import type { EventBody, LogEvent } from './event.ts';
import type { Position, Tag } from './position.ts';
import type { ReplaySpan } from './span.ts';

/** Which events of a page: those of rooms within spans, those to the person, and those to the server. */
export interface PageScope {
  readonly spans: readonly ReplaySpan[];
  /** Null: no events to a person or the server. */
  readonly userId: string | null;
  /** Events to the person are limited to those about these rooms; null: all. */
  readonly aboutRoomIds: readonly string[] | null;
  readonly actorIds: readonly string[] | null;
  readonly kinds: readonly string[] | null;
}

interface EventRow {
  position: Position;
  tag: Tag;
  roomId: string | null;
  userId: string | null;
  roomSeq: number | null;
  kind: string;
  body: EventBody;
  actorId: string | null;
  at: Date;
}

const columns = `e.position, e.tag, e.room_id AS "roomId", e.user_id AS "userId", e.room_seq AS "roomSeq",
  e.kind, e.body, e.actor_id AS "actorId", e.at`;

// One index range per span: `room_id = ANY(...) ORDER BY position` read 53,000 buffers where this reads 209. As a range of
// (room, position), which one index alone gives in order: with `room_id = span.room_id` PostgreSQL may rather walk through the
// whole log where it takes the room for a busy one, and read all that happened elsewhere.
const pageSql = `
  WITH wanted AS (
    SELECT r.* FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS span(room_id, from_position, to_position)
    CROSS JOIN LATERAL (
      SELECT ${columns} FROM event AS e
      WHERE e.room_id IS NOT NULL
        AND (e.room_id, e.position) > (span.room_id, greatest($4::bigint, span.from_position - 1))
        AND (e.room_id, e.position) < (span.room_id, least($5::bigint + 1, coalesce(span.to_position, $5::bigint + 1)))
        AND ($8::uuid[] IS NULL OR e.actor_id = ANY($8)) AND ($9::text[] IS NULL OR e.kind = ANY($9))
      ORDER BY e.room_id, e.position LIMIT $6
    ) AS r
    UNION ALL
    (SELECT ${columns} FROM event AS e
      WHERE e.user_id = $7 AND e.position > $4 AND e.position <= $5
        AND ($10::text[] IS NULL OR e.body ->> 'roomId' = ANY($10))
        AND ($8::uuid[] IS NULL OR e.actor_id = ANY($8)) AND ($9::text[] IS NULL OR e.kind = ANY($9))
      ORDER BY e.position LIMIT $6)
    UNION ALL
    (SELECT ${columns} FROM event AS e
      WHERE $7::uuid IS NOT NULL AND e.room_id IS NULL AND e.user_id IS NULL AND e.position > $4 AND e.position <= $5
        AND ($8::uuid[] IS NULL OR e.actor_id = ANY($8)) AND ($9::text[] IS NULL OR e.kind = ANY($9))
      ORDER BY e.position LIMIT $6)
  )
  SELECT * FROM wanted ORDER BY position LIMIT $6`;

/** Events of the scope with after < position <= upTo, oldest first, at most `limit`: fewer mean there are no more. */
export async function readPage(
  source: Queryable,
  range: { readonly after: Position; readonly upTo: Position; readonly limit: number },
  scope: PageScope,
): Promise<LogEvent[]> {
  const rows = await source.query<EventRow>(pageSql, [
    scope.spans.map((span) => span.roomId),
    scope.spans.map((span) => span.from),
    scope.spans.map((span) => span.to),
    range.after,
    range.upTo,
    range.limit,
    scope.userId,
    scope.actorIds,
    scope.kinds,
    scope.aboutRoomIds,
  ]);
  return rows.map(toEvent);
}

/** All events with after < position <= upTo, oldest first, at most `limit`. For the tail's repair alone: no entitlement. */
export async function readRange(
  source: Queryable,
  range: { readonly after: Position; readonly upTo: Position; readonly limit: number },
): Promise<LogEvent[]> {
  const rows = await source.query<EventRow>(
    `SELECT ${columns} FROM event AS e WHERE e.position > $1 AND e.position <= $2 ORDER BY e.position LIMIT $3`,
    [range.after, range.upTo, range.limit],
  );
  return rows.map(toEvent);
}

function toEvent(row: EventRow): LogEvent {
  const { roomId, userId, ...event } = row;
  if (roomId !== null) return { ...event, audience: { kind: 'room', roomId } };
  return { ...event, audience: userId === null ? { kind: 'server' } : { kind: 'user', userId } };
}
