import type { Queryable } from '../db/queryable.ts';
import type { LogEvent } from '../log/event.ts';
import { asChatEvent } from './events.ts';
import type { MemberId, MessageId, RoomId, UserId } from './model.ts';
import type { TouchedRows } from './reading.ts';
import { readMembersById, readMessagesById, readRoomsById, readUsersById } from './rows.ts';

/** Kinds of the events that show a message. The first is that of sending. */
export const messageKinds = ['MESSAGE_SENT', 'MESSAGE_EDITED', 'MESSAGE_DELETED'] as const;

/** What an event shows and later ones may change: its room, its message or member, and the people in it. */
export function subjectsOf(event: LogEvent): readonly string[] {
  const { body, actorId } = asChatEvent(event);
  const { roomId, messageId, memberId, userId, authorId } = body as Partial<Record<string, string>>;
  const subjects: string[] = [];
  for (const id of [roomId, messageId, memberId, userId, authorId, actorId]) {
    if (typeof id === 'string' && !subjects.includes(id)) subjects.push(id);
  }
  return subjects;
}

/** The subject that earlier events show otherwise from here on; null: none. */
export function changedSubjectOf(event: LogEvent): string | null {
  const { kind, body } = asChatEvent(event);
  switch (kind) {
    case 'MESSAGE_EDITED':
    case 'MESSAGE_DELETED':
      return body.messageId;
    case 'MEMBER_UPDATED':
    case 'MEMBER_LEFT':
      return body.memberId;
    case 'ROOM_UPDATED':
      return body.roomId;
    case 'USER_UPDATED':
      return body.userId;
    default:
      return null;
  }
}

/** Rows that the events of a page are about, in a query per kind of row. */
export async function loadEventRows(source: Queryable, events: readonly LogEvent[]): Promise<TouchedRows> {
  const ids = {
    users: new Set<UserId>(),
    rooms: new Set<RoomId>(),
    members: new Set<MemberId>(),
    messages: new Set<MessageId>(),
  };
  for (const { body, actorId } of events.map(asChatEvent)) {
    if (actorId !== null) ids.users.add(actorId as UserId);
    if ('roomId' in body) ids.rooms.add(body.roomId);
    if ('userId' in body) ids.users.add(body.userId);
    if ('memberId' in body) ids.members.add(body.memberId);
    if ('messageId' in body) ids.messages.add(body.messageId);
  }
  const [rooms, members, messages] = await Promise.all([
    found(readRoomsById, source, ids.rooms),
    found(readMembersById, source, ids.members),
    found(readMessagesById, source, ids.messages),
  ]);
  for (const { authorId } of messages) ids.users.add(authorId);
  return { rooms, members, messages, users: await found(readUsersById, source, ids.users) };
}

async function found<Id, Entity>(
  read: (source: Queryable, ids: readonly Id[]) => Promise<(Entity | null)[]>,
  source: Queryable,
  ids: ReadonlySet<Id>,
): Promise<Entity[]> {
  if (ids.size === 0) return [];
  const rows = await read(source, [...ids]);
  return rows.filter((row) => row !== null);
}
