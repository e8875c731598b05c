import type { Position } from '../log/position.ts';

declare const brand: unique symbol;
type Id<Name extends string> = string & { readonly [brand]: Name };

/** Ids are UUIDv7 in lower case; the schema turns them into global ids. */
export type UserId = Id<'user'>;
export type RoomId = Id<'room'>;
export type MemberId = Id<'member'>;
export type MessageId = Id<'message'>;
export type SessionId = Id<'session'>;
export type PasskeyId = Id<'passkey'>;
export type IdentityId = Id<'identity'>;

export type RoomKind = 'PUBLIC' | 'PRIVATE';
export type MemberRole = 'OWNER' | 'MEMBER';
export type LeaveReason = 'LEFT' | 'REMOVED';

export interface User {
  readonly id: UserId;
  /** Null for guests. */
  readonly handle: string | null;
  readonly displayName: string;
  readonly isGuest: boolean;
  readonly isBot: boolean;
}

export interface Room {
  readonly id: RoomId;
  readonly kind: RoomKind;
  readonly slug: string;
  readonly name: string;
  readonly topic: string | null;
  readonly version: number;
  readonly createdAt: Date;
}

/** One span of membership: from joining until leaving. Who comes back gets a new one. */
export interface Member {
  readonly id: MemberId;
  readonly roomId: RoomId;
  readonly userId: UserId;
  readonly role: MemberRole;
  readonly joinedAt: Date;
  /** Position of the MEMBER_JOINED event: the first that the span covers. */
  readonly joinedPosition: Position;
  readonly leftAt: Date | null;
  /** Position of the MEMBER_LEFT event: the first that the span no longer covers. Null while a member. */
  readonly leftPosition: Position | null;
}

/** A message as it is now. A deleted one is a tombstone: no text, but its place stays. */
export interface Message {
  readonly id: MessageId;
  readonly roomId: RoomId;
  readonly authorId: UserId;
  /** Position of its MESSAGE_SENT event: its place in history. */
  readonly position: Position;
  readonly text: string | null;
  readonly clientKey: string | null;
  readonly sentAt: Date;
  readonly editedAt: Date | null;
  readonly deletedAt: Date | null;
  readonly version: number;
}

/** A sign-in of a person, as they see it. */
export interface Session {
  readonly id: SessionId;
  readonly createdAt: Date;
  /** Written at most once an hour. */
  readonly lastSeenAt: Date;
  readonly expiresAt: Date;
  readonly userAgent: string | null;
  readonly address: string | null;
}

/** A key of one's own that lets one in; the server has its public half. */
export interface Passkey {
  readonly id: PasskeyId;
  readonly name: string;
  /** Kept by a service that copies it to other devices. */
  readonly isBackedUp: boolean;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}

/** Who a person is at a provider of OpenID Connect. */
export interface Identity {
  readonly id: IdentityId;
  readonly issuer: string;
  readonly subject: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
}

/** Who asks: a signed-in person, by the session that their token or cookie stands for. */
export interface Viewer {
  readonly user: User;
  readonly credentialId: SessionId;
}

/** Why credentials ended. */
export type CredentialEndReason = 'SIGNED_OUT' | 'REVOKED' | 'PASSWORD_CHANGED';
