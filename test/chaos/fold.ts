/** What the tables must hold, told by the log alone: its events taken in one after the other. Ids are those of rows. */
import type { LoggedEvent, LoggedSpan } from '../support/history.ts';

export interface FoldedSpan extends LoggedSpan {
  readonly id: string;
  readonly role: string;
}

export interface FoldedMessage {
  readonly roomId: string;
  readonly authorId: string | null;
  readonly position: number;
  readonly version: number;
  readonly isDeleted: boolean;
}

export interface Folded {
  readonly spans: readonly FoldedSpan[];
  readonly messages: ReadonlyMap<string, FoldedMessage>;
  /** Their versions. */
  readonly rooms: ReadonlyMap<string, number>;
  /** Events of people who had no right to them at that place. */
  readonly trespasses: readonly string[];
}

export function foldLog(log: readonly LoggedEvent[]): Folded {
  const spans = new Map<string, FoldedSpan>();
  const current = new Map<string, string>();
  const messages = new Map<string, FoldedMessage>();
  const rooms = new Map<string, number>();
  const privateRooms = new Set<string>();
  const createdAt = new Map<string, number>();
  const trespasses: string[] = [];
  const spanOf = (roomId: string, userId: string | null) => spans.get(current.get(`${roomId}/${userId}`) ?? '');
  for (const event of log) {
    const { position, kind, actorId } = event;
    const body = event.body as Readonly<Record<string, string>>;
    const { roomId = '', userId = '', memberId = '', messageId = '' } = body;
    const actor = spanOf(roomId, actorId);
    const demand = (isAllowed: boolean) => {
      if (!isAllowed) trespasses.push(`${kind} at ${position} by ${actorId}, who might not`);
    };
    switch (kind) {
      case 'ROOM_CREATED':
        rooms.set(roomId, 1);
        createdAt.set(roomId, position);
        if (event.body.isPrivate) privateRooms.add(roomId);
        break;
      case 'ROOM_UPDATED':
        demand(actor?.role === 'OWNER');
        rooms.set(roomId, Number(body.version));
        break;
      case 'MEMBER_JOINED':
        if (privateRooms.has(roomId) && body.role !== 'OWNER') demand(actor !== undefined);
        if (spanOf(roomId, userId)) trespasses.push(`${userId} joined at ${position}, a member already`);
        current.set(`${roomId}/${userId}`, memberId);
        spans.set(memberId, {
          id: memberId,
          roomId,
          userId,
          role: body.role ?? '',
          isPrivate: privateRooms.has(roomId),
          // Who makes a room is in it from the event that says so.
          from: createdAt.get(roomId) === position - 1 ? position - 1 : position,
          to: null,
        });
        break;
      case 'MEMBER_LEFT': {
        demand(userId === actorId ? actor !== undefined : actor?.role === 'OWNER');
        const span = spans.get(memberId);
        if (span) spans.set(memberId, { ...span, to: position });
        current.delete(`${roomId}/${userId}`);
        break;
      }
      case 'MEMBER_UPDATED': {
        demand(actor?.role === 'OWNER');
        const span = spans.get(memberId);
        if (span) spans.set(memberId, { ...span, role: body.role ?? '' });
        break;
      }
      case 'MESSAGE_SENT':
        demand(actor !== undefined);
        messages.set(messageId, { roomId, authorId: actorId, position, version: 1, isDeleted: false });
        break;
      case 'MESSAGE_EDITED':
      case 'MESSAGE_DELETED': {
        const message = messages.get(messageId);
        demand(actor !== undefined && message?.authorId === actorId);
        if (!message) break;
        if (Number(body.version) !== message.version + 1 || message.isDeleted)
          trespasses.push(`${kind} at ${position} of a message that stood at version ${message.version}`);
        messages.set(messageId, { ...message, version: Number(body.version), isDeleted: kind === 'MESSAGE_DELETED' });
        break;
      }
    }
  }
  return { spans: [...spans.values()], messages, rooms, trespasses };
}
