import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  customType,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';

const at = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });
const position = (name: string) => bigint(name, { mode: 'number' });

/** Text whose order is that of its bytes, so that a keyset means the same on every machine. */
const orderedText = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });
const bytes = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

export const roomKind = pgEnum('room_kind', ['PUBLIC', 'PRIVATE']);
export const memberRole = pgEnum('member_role', ['OWNER', 'MEMBER']);

/**
 * The log. Written by log/append.ts alone. Audience: a room, a person (user_id), or with neither the server.
 * No foreign keys here and on `message`: rows are written under the lock after policy has seen what they refer to,
 * and a key check per row would lock and dirty the room's row on every send.
 */
export const event = pgTable(
  'event',
  {
    position: position('position').primaryKey(),
    tag: position('tag').notNull(),
    roomId: uuid('room_id'),
    userId: uuid('user_id'),
    roomSeq: position('room_seq'),
    kind: text('kind').notNull(),
    body: jsonb('body').notNull(),
    actorId: uuid('actor_id'),
    at: at('at').notNull(),
  },
  (table) => [
    uniqueIndex('event_room_position').on(table.roomId, table.position).where(sql`room_id IS NOT NULL`),
    index('event_user_position').on(table.userId, table.position).where(sql`user_id IS NOT NULL`),
    index('event_server_position').on(table.position).where(sql`room_id IS NULL AND user_id IS NULL`),
  ],
);

/** One row: what the log is, apart from its events. */
export const logState = pgTable('log_state', {
  id: smallint('id').primaryKey().default(1),
  /** 16 hexadecimal digits, minted at the first start. A restored backup keeps it: tags tell its history from another. */
  epoch: text('epoch').notNull(),
  /** Mark of the last event that is no longer held; position 0 while nothing was trimmed. */
  trimmedPosition: position('trimmed_position').notNull(),
  trimmedTag: position('trimmed_tag').notNull(),
  /** 64 hexadecimal digits: what nodes seal their news to each other with. Null until the first start that knows of it. */
  busKey: text('bus_key'),
});

/** Rooms with events that are no longer held: how far their count had come. Counts when the log holds none of theirs. */
export const trimmedRoom = pgTable('trimmed_room', {
  roomId: uuid('room_id').primaryKey(),
  roomSeq: position('room_seq').notNull(),
});

/** People, guests and bots. Not «user», which is a word of SQL. */
export const userAccount = pgTable(
  'user_account',
  {
    id: uuid('id').primaryKey(),
    handle: orderedText('handle'),
    displayName: text('display_name').notNull(),
    isGuest: boolean('is_guest').notNull(),
    isBot: boolean('is_bot').notNull(),
    createdAt: at('created_at').notNull(),
    /** Null: no picture. */
    avatarHash: text('avatar_hash'),
    /** Null: not deleted. The row of a deleted account stays, without a name: history refers to it. */
    deletedAt: at('deleted_at'),
  },
  (table) => [uniqueIndex('user_account_handle').on(table.handle)],
);

/** What people tell of themselves, apart from their rows: it is read when it is asked for. Null: not told. */
export const userProfile = pgTable('user_profile', {
  userId: uuid('user_id')
    .primaryKey()
    .references(() => userAccount.id, { onDelete: 'cascade' }),
  bio: text('bio'),
  pronouns: text('pronouns'),
  /** An IANA name. */
  timeZone: text('time_zone'),
  statusText: text('status_text'),
  statusEmoji: text('status_emoji'),
  statusExpiresAt: at('status_expires_at'),
});

/** Pictures of people, by what they were made of: two who sent in the same one share a row. */
export const avatar = pgTable('avatar', {
  /** SHA-256 of what was sent in, in hexadecimal digits. */
  hash: text('hash').primaryKey(),
  mediaType: text('media_type').notNull(),
  bytes: bytes('bytes').notNull(),
  /** When somebody took it last; one that nobody has is kept for a while behind that. */
  takenAt: at('taken_at').notNull(),
});

/** Handles of deleted accounts, and not whose they were: nobody can pose as who is gone. */
export const retiredHandle = pgTable('retired_handle', { handle: orderedText('handle').primaryKey() });

/** Deleted accounts whose memberships, messages and keys are still being taken away, and how far that has come. */
export const erasure = pgTable('erasure', {
  userId: uuid('user_id')
    .primaryKey()
    .references(() => userAccount.id, { onDelete: 'cascade' }),
  /** Texts go too; while the row is here no read shows them. */
  erasesMessages: boolean('erases_messages').notNull(),
  startedAt: at('started_at').notNull(),
  /** The node that is at it renews this; when it is over another one may go on. */
  heldUntil: at('held_until').notNull(),
  /** The span of membership that is looked through, up to this position; null: none yet. */
  memberId: uuid('member_id'),
  afterPosition: position('after_position').notNull(),
});

/** Passwords of people who have an account, apart from their rows: those travel between nodes. */
export const userPassword = pgTable('user_password', {
  userId: uuid('user_id')
    .primaryKey()
    .references(() => userAccount.id, { onDelete: 'cascade' }),
  /** As argon2 writes it, with its parameters and salt. */
  hash: text('hash').notNull(),
  changedAt: at('changed_at').notNull(),
  /** Of one that was added to an account: when who added it had proven who they are. */
  provenAt: at('proven_at'),
});

/** Who people are at a provider of OpenID Connect: issuer and subject, never an address of e-mail. */
export const identity = pgTable(
  'identity',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => userAccount.id, { onDelete: 'cascade' }),
    issuer: orderedText('issuer').notNull(),
    subject: orderedText('subject').notNull(),
    createdAt: at('created_at').notNull(),
    lastUsedAt: at('last_used_at').notNull(),
    /** Of one that was added to an account: when who added it had proven who they are. */
    provenAt: at('proven_at'),
  },
  (table) => [
    uniqueIndex('identity_subject').on(table.issuer, table.subject),
    uniqueIndex('identity_user').on(table.userId, table.issuer),
  ],
);

/** Public keys of people's authenticators. */
export const passkey = pgTable(
  'passkey',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => userAccount.id, { onDelete: 'cascade' }),
    /** As WebAuthn writes it: base64url. */
    credentialId: orderedText('credential_id').notNull(),
    /** COSE, in base64url. */
    publicKey: text('public_key').notNull(),
    /** Of signatures; stays 0 where the authenticator does not count. */
    counter: bigint('counter', { mode: 'number' }).notNull(),
    transports: text('transports').array().notNull(),
    name: text('name').notNull(),
    isBackedUp: boolean('is_backed_up').notNull(),
    createdAt: at('created_at').notNull(),
    /** Null: never since it was added. */
    lastUsedAt: at('last_used_at'),
    /** When who added it had proven who they are; null: added before this was kept. */
    provenAt: at('proven_at'),
  },
  (table) => [
    uniqueIndex('passkey_credential').on(table.credentialId),
    index('passkey_user').on(table.userId, table.id),
  ],
);

/** Challenges that were met and states that came back: none counts twice. Kept until they would have expired. */
export const spentChallenge = pgTable(
  'spent_challenge',
  { id: uuid('id').primaryKey(), expiresAt: at('expires_at').notNull() },
  (table) => [index('spent_challenge_expires').on(table.expiresAt)],
);

/** Sign-ins. One that has ended is void at once; its row goes later, in the background. */
export const session = pgTable(
  'session',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => userAccount.id, { onDelete: 'cascade' }),
    /** SHA-256 of the token, in hexadecimal digits: the token itself is kept nowhere. */
    tokenHash: text('token_hash').notNull(),
    createdAt: at('created_at').notNull(),
    lastSeenAt: at('last_seen_at').notNull(),
    expiresAt: at('expires_at').notNull(),
    /** When who has it proved last who they are; null: when it began. */
    provenAt: at('proven_at'),
    /** Null until it was signed out or revoked, by an event of the log. */
    endedAt: at('ended_at'),
    /** It ended as the guest who had it signed up, who goes on by another one. */
    isReplaced: boolean('is_replaced').notNull().default(false),
    /** Where it was signed in from, as the request told; null: it told nothing. */
    userAgent: text('user_agent'),
    address: text('address'),
  },
  (table) => [
    uniqueIndex('session_token_hash').on(table.tokenHash),
    index('session_user').on(table.userId, table.id),
    index('session_expires').on(table.expiresAt),
    index('session_ended').on(table.endedAt).where(sql`ended_at IS NOT NULL`),
  ],
);

/** API tokens of people and bots. One that has ended is void at once; its row goes later, in the background. */
export const apiToken = pgTable(
  'api_token',
  {
    id: uuid('id').primaryKey(),
    /** As whom it acts. */
    userId: uuid('user_id')
      .notNull()
      .references(() => userAccount.id, { onDelete: 'cascade' }),
    /** SHA-256 of the token, in hexadecimal digits: the token itself is kept nowhere. */
    tokenHash: text('token_hash').notNull(),
    name: text('name').notNull(),
    /** The last characters of the token, for people to tell theirs apart. */
    hint: text('hint').notNull(),
    scopes: text('scopes').array().notNull(),
    createdAt: at('created_at').notNull(),
    /** Null: never so far. */
    lastUsedAt: at('last_used_at'),
    /** Null: it does not expire. */
    expiresAt: at('expires_at'),
    /** Null until it was revoked, by an event of the log. */
    endedAt: at('ended_at'),
  },
  (table) => [
    uniqueIndex('api_token_hash').on(table.tokenHash),
    index('api_token_user').on(table.userId, table.id),
    index('api_token_expires').on(table.expiresAt).where(sql`expires_at IS NOT NULL`),
    index('api_token_ended').on(table.endedAt).where(sql`ended_at IS NOT NULL`),
  ],
);

/** Whose the bots are, apart from their rows as people: those travel between nodes. A deleted bot has no row here. */
export const bot = pgTable(
  'bot',
  {
    userId: uuid('user_id')
      .primaryKey()
      .references(() => userAccount.id, { onDelete: 'cascade' }),
    ownerId: uuid('owner_id')
      .notNull()
      .references(() => userAccount.id, { onDelete: 'cascade' }),
    createdAt: at('created_at').notNull(),
  },
  (table) => [index('bot_owner').on(table.ownerId, table.userId)],
);

export const room = pgTable(
  'room',
  {
    id: uuid('id').primaryKey(),
    kind: roomKind('kind').notNull(),
    slug: orderedText('slug').notNull(),
    name: text('name').notNull(),
    topic: text('topic'),
    version: integer('version').notNull(),
    createdAt: at('created_at').notNull(),
    /** How long texts stay, as its owners chose. Null: they chose nothing. */
    messageRetentionDays: integer('message_retention_days'),
  },
  (table) => [
    uniqueIndex('room_slug').on(table.slug),
    index('room_public_slug').on(table.slug).where(sql`kind = 'PUBLIC'`),
  ],
);

/** Spans of membership; a current member is a row without left_position. */
export const member = pgTable(
  'member',
  {
    id: uuid('id').primaryKey(),
    roomId: uuid('room_id')
      .notNull()
      .references(() => room.id),
    userId: uuid('user_id')
      .notNull()
      .references(() => userAccount.id),
    role: memberRole('role').notNull(),
    joinedAt: at('joined_at').notNull(),
    joinedPosition: position('joined_position').notNull(),
    leftAt: at('left_at'),
    leftPosition: position('left_position'),
  },
  (table) => [
    uniqueIndex('member_current').on(table.roomId, table.userId).where(sql`left_position IS NULL`),
    index('member_room_joined').on(table.roomId, table.joinedPosition).where(sql`left_position IS NULL`),
    index('member_user').on(table.userId, table.roomId),
  ],
);

export const message = pgTable(
  'message',
  {
    id: uuid('id').primaryKey(),
    roomId: uuid('room_id').notNull(),
    authorId: uuid('author_id').notNull(),
    position: position('position').notNull(),
    text: text('text'),
    clientKey: text('client_key'),
    sentAt: at('sent_at').notNull(),
    editedAt: at('edited_at'),
    deletedAt: at('deleted_at'),
    version: integer('version').notNull(),
    /** The retention of its room took the text; with deleted_at. */
    isExpired: boolean('is_expired').notNull().default(false),
  },
  (table) => [uniqueIndex('message_room_position').on(table.roomId, table.position)],
);

/** How far a room's retention has come: up to this position it has no text that was due when it was last looked at. */
export const scrub = pgTable('scrub', {
  roomId: uuid('room_id')
    .primaryKey()
    .references(() => room.id),
  afterPosition: position('after_position').notNull(),
  /** The node that is at it renews this; when it is over another one may go on. */
  heldUntil: at('held_until').notNull(),
});

/** What became of a person's client key: the input it stood for, and the row it made or changed. Kept for ever. */
export const clientKey = pgTable(
  'client_key',
  {
    userId: uuid('user_id').notNull(),
    key: orderedText('key').notNull(),
    /** SHA-256 of the command and its input, in hexadecimal digits. */
    inputHash: text('input_hash').notNull(),
    entityId: uuid('entity_id').notNull(),
    /** Mark of the command's last event; null when nothing had to change. */
    position: position('position'),
    tag: position('tag'),
  },
  (table) => [primaryKey({ columns: [table.userId, table.key] })],
);
