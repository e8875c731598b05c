import { readTrimmed } from '../log/head.ts';
import type { Mark } from '../log/position.ts';
import { readPage } from '../log/read.ts';
import { replaySpans } from '../log/span.ts';
import { Fault } from '../observe/fault.ts';
import { asChatEvent, type ChatEvent, type EventKind } from './events.ts';
import { readMembership } from './membership.ts';
import type { RoomId, UserId, Viewer } from './model.ts';
import type { Reading } from './reading.ts';
import { roomById } from './rooms.ts';

export interface EventQuery {
  /** That the log holds, in the same snapshot; null: from the first event that it holds. */
  readonly after: Mark | null;
  /** 1 to 100. */
  readonly first: number;
  readonly roomIds: readonly RoomId[] | null;
  readonly actorIds: readonly UserId[] | null;
  readonly kinds: readonly EventKind[] | null;
}

export interface ChatEventPage {
  readonly events: readonly ChatEvent[];
  /** Go on after this: the last event's mark, or the snapshot's head when there is no more. */
  readonly end: Mark;
  readonly hasMore: boolean;
}

/** Public rooms among the wanted ones; null when one of them is unknown or not the viewer's to see. */
export async function publicRoomIdsOf(
  reading: Reading,
  viewer: Viewer,
  roomIds: readonly RoomId[],
): Promise<RoomId[] | null> {
  const rooms = await Promise.all(roomIds.map((id) => roomById(reading, viewer, id)));
  if (rooms.includes(null)) return null;
  return rooms.flatMap((room) => (room?.kind === 'PUBLIC' ? [room.id] : []));
}

/**
 * One page of what the viewer is entitled to, oldest first, within the reading's snapshot. Throws NOT_FOUND for a room that
 * is not the viewer's to see.
 */
export async function readEventPage(reading: Reading, viewer: Viewer, query: EventQuery): Promise<ChatEventPage> {
  const publicRoomIds = query.roomIds ? await publicRoomIdsOf(reading, viewer, query.roomIds) : [];
  if (!publicRoomIds) throw new Fault('NOT_FOUND', 'a room of the filter does not exist or is not yours to see');
  const membership = await readMembership(reading, viewer.user.id);
  const spans = replaySpans(membership.spans, { roomIds: query.roomIds, publicRoomIds });
  const head = await reading.mark();
  const after = query.after ?? (await readTrimmed(reading));
  const range = { after: after.position, upTo: head.position, limit: query.first + 1 };
  const { roomIds: aboutRoomIds, actorIds, kinds } = query;
  const found = await readPage(reading, range, { spans, userId: viewer.user.id, aboutRoomIds, actorIds, kinds });
  const events = found.slice(0, query.first);
  const hasMore = found.length > events.length;
  const last = events.at(-1);
  return { events: events.map(asChatEvent), end: hasMore && last ? last : head, hasMore };
}
