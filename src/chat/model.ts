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
export type ApiTokenId = Id<'apiToken'>;
/** What somebody was let in by. */
export type CredentialId = SessionId | ApiTokenId;

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
  /** Null: no picture. */
  readonly avatarHash: string | null;
  /** Nothing is left of them but their id, which history refers to. */
  readonly isDeleted: boolean;
}

/** What a person tells of themselves; null: not told. */
export interface UserProfile {
  readonly bio: string | null;
  readonly pronouns: string | null;
  /** An IANA name. */
  readonly timeZone: string | null;
  readonly status: UserStatus | null;
}

export interface UserStatus {
  readonly text: string;
  readonly emoji: string | null;
  /** Null: it stays. */
  readonly expiresAt: Date | null;
}

export interface Room {
  readonly id: RoomId;
  readonly kind: RoomKind;
  readonly slug: string;
  readonly name: string;
  readonly topic: string | null;
  readonly version: number;
  readonly createdAt: Date;
  /** Days that texts stay, as its owners chose; null: they chose nothing. */
  readonly messageRetentionDays: number | null;
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
  /** Deleted by the retention of its room. */
  readonly isExpired: boolean;
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

/** What an API token may be used for. */
export type ApiScope = 'READ' | 'WRITE' | 'ROOMS' | 'PROFILE';

/** A credential for a program, as its owner sees it. */
export interface ApiToken {
  readonly id: ApiTokenId;
  readonly name: string;
  /** Its prefix and last characters. */
  readonly hint: string;
  readonly scopes: readonly ApiScope[];
  readonly createdAt: Date;
  /** Written at most once a minute; null: never so far. */
  readonly lastUsedAt: Date | null;
  /** Null: it does not expire. */
  readonly expiresAt: Date | null;
}

/** A program that takes part, as its owner sees it. */
export interface Bot {
  readonly user: User;
  readonly createdAt: Date;
}

/** Who asks: a signed-in person or bot, by the session or the API token that they were let in by. */
export type Viewer = SessionViewer | ApiTokenViewer;

/** In whose name something is done, and by what: null: by the server itself. */
export interface Actor {
  readonly user: User;
  readonly credentialId: CredentialId | null;
}

export interface SessionViewer {
  readonly user: User;
  readonly credentialId: SessionId;
  /** Null: all that the person may. */
  readonly scopes: null;
  /** Null: each use puts it off. */
  readonly expiresAt: null;
}

export interface ApiTokenViewer {
  readonly user: User;
  readonly credentialId: ApiTokenId;
  readonly scopes: readonly ApiScope[];
  /** Null: it does not expire. */
  readonly expiresAt: Date | null;
}

/** Why credentials ended. SIGNED_UP: of a guest who became a member, and goes on by a new one. */
export type CredentialEndReason = 'SIGNED_OUT' | 'REVOKED' | 'PASSWORD_CHANGED' | 'ACCOUNT_DELETED' | 'SIGNED_UP';
