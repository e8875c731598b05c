import type { LogEvent } from '../log/event.ts';
import type {
  ApiTokenId,
  CredentialEndReason,
  LeaveReason,
  MemberId,
  MemberRole,
  MessageId,
  RoomId,
  SessionId,
  UserId,
} from './model.ts';

/** What each kind of event says: ids, versions and roles, never content. */
export interface EventBodies {
  ROOM_CREATED: { roomId: RoomId; isPrivate: boolean; version: number };
  ROOM_UPDATED: { roomId: RoomId; version: number };
  MEMBER_JOINED: { roomId: RoomId; isPrivate: boolean; userId: UserId; memberId: MemberId; role: MemberRole };
  MEMBER_LEFT: { roomId: RoomId; userId: UserId; memberId: MemberId; reason: LeaveReason };
  MEMBER_UPDATED: { roomId: RoomId; userId: UserId; memberId: MemberId; role: MemberRole };
  MESSAGE_SENT: { roomId: RoomId; messageId: MessageId; version: number };
  MESSAGE_EDITED: { roomId: RoomId; messageId: MessageId; version: number };
  MESSAGE_DELETED: { roomId: RoomId; messageId: MessageId; version: number; authorId: UserId };
  /** To the person: the last word of a room that they left or were removed from. */
  MEMBERSHIP_ENDED: { roomId: RoomId; memberId: MemberId; reason: LeaveReason };
  /** To everyone signed in: something that is shown of a person changed, or the account was deleted. */
  USER_UPDATED: { userId: UserId };
  /** To the person: what they were signed in by is void from here on. */
  CREDENTIALS_ENDED: {
    sessionIds: readonly SessionId[];
    /** Absent: written before there were any. */
    apiTokenIds?: readonly ApiTokenId[];
    reason: CredentialEndReason;
  };
}

export type EventKind = keyof EventBodies;

/** The event union: a log event whose body is known by its kind. */
export type ChatEvent = {
  [Kind in EventKind]: Omit<LogEvent, 'kind' | 'body'> & { readonly kind: Kind; readonly body: EventBodies[Kind] };
}[EventKind];

/** The log holds only what chat wrote, so its events are of the union. */
export function asChatEvent(event: LogEvent): ChatEvent {
  return event as unknown as ChatEvent;
}
