import type { Queryable } from '../../db/queryable.ts';
import type { EventBody } from '../../log/event.ts';
import type { Mark, Position } from '../../log/position.ts';
import type { MemberId, Message, RoomId, User, UserId, UserProfile } from '../model.ts';
import { avatarPath } from '../profiles/avatars.ts';
import { readProfiles } from '../profiles/profiles.ts';
import { messageColumns, type RowOf, toMessage, userColumns } from '../rows.ts';

/**
 * All that the server keeps of a person, as records of the format that docs/export.md tells, one after the other, all from
 * one snapshot. What is held at a time is a page. Secrets (passwords, tokens, keys) are kept as hashes, and are not in it.
 */
export interface ExportOptions {
  /** One snapshot. */
  readonly source: Queryable;
  readonly userId: UserId;
  /** Of that snapshot. */
  readonly mark: Mark;
  readonly encodeCursor: (mark: Mark) => string;
  readonly encodeId: (kind: ExportedId, id: string) => string;
  readonly now: Date;
}

export type ExportedId = 'user' | 'room' | 'member' | 'message' | 'session' | 'apiToken' | 'passkey' | 'identity';
export type ExportRecord = { readonly kind: string } & Readonly<Record<string, unknown>>;

export const exportVersion = 1;

/** Rows that are looked at by one statement. */
const PAGE_ROWS = 1_000;

interface Span {
  readonly id: MemberId;
  readonly roomId: RoomId;
  readonly roomName: string | null;
  readonly role: string;
  readonly joinedAt: Date;
  readonly joinedPosition: Position;
  readonly leftAt: Date | null;
  readonly leftPosition: Position | null;
}

interface OwnEvent extends Mark {
  readonly kind: string;
  readonly body: EventBody;
  readonly at: string;
}

const personSql = `SELECT ${userColumns}, created_at AS "createdAt" FROM user_account WHERE id = $1`;

// The name of a private room is for its members.
const spansSql = `
  SELECT member.id, member.room_id AS "roomId", role, joined_at AS "joinedAt", joined_position AS "joinedPosition",
    left_at AS "leftAt", left_position AS "leftPosition",
    CASE WHEN room.kind = 'PUBLIC' OR EXISTS (SELECT FROM member AS own WHERE own.room_id = room.id
      AND own.user_id = $1 AND own.left_position IS NULL) THEN room.name END AS "roomName"
  FROM member JOIN room ON room.id = member.room_id
  WHERE member.user_id = $1 AND ($2::uuid IS NULL OR member.id > $2) ORDER BY member.id LIMIT ${PAGE_ROWS}`;

// Whoever wrote a message was a member then, so that the spans of membership are all that has to be looked through.
const messagesSql = `
  WITH scanned AS (
    SELECT ${messageColumns} FROM message
    WHERE room_id = $2 AND position > $3::bigint AND ($4::bigint IS NULL OR position < $4) ORDER BY position LIMIT ${PAGE_ROWS}
  )
  SELECT (SELECT max(position) FROM scanned)::bigint AS "upTo",
    coalesce((SELECT json_agg(scanned ORDER BY position) FROM scanned WHERE "authorId" = $1), '[]') AS rows`;

const eventsSql = (audience: string) => `
  WITH scanned AS (
    SELECT position, tag, kind, body, at, actor_id, user_id FROM event
    WHERE ${audience} AND position > $2::bigint AND ($3::bigint IS NULL OR position <= $3) ORDER BY position LIMIT ${PAGE_ROWS}
  )
  SELECT (SELECT max(position) FROM scanned)::bigint AS "upTo",
    coalesce((SELECT json_agg(scanned ORDER BY position) FROM scanned WHERE actor_id = $1 OR user_id = $1), '[]') AS rows`;

const roomEventsSql = eventsSql('room_id = $4');
const ownEventsSql = eventsSql('user_id = $1');
const serverEventsSql = eventsSql('room_id IS NULL AND user_id IS NULL');

/** Lists that have a bound of their own. */
const lists: readonly (readonly [kind: string, id: ExportedId, sql: string])[] = [
  [
    'session',
    'session',
    `SELECT id, created_at AS "createdAt", last_seen_at AS "lastSeenAt", expires_at AS "expiresAt", ended_at AS "endedAt",
      user_agent AS "userAgent", address FROM session WHERE user_id = $1 ORDER BY id`,
  ],
  [
    'apiToken',
    'apiToken',
    `SELECT id, name, hint, scopes, created_at AS "createdAt", last_used_at AS "lastUsedAt", expires_at AS "expiresAt",
      ended_at AS "endedAt" FROM api_token WHERE user_id = $1 ORDER BY id`,
  ],
  [
    'passkey',
    'passkey',
    `SELECT id, name, is_backed_up AS "isBackedUp", created_at AS "createdAt", last_used_at AS "lastUsedAt"
      FROM passkey WHERE user_id = $1 ORDER BY id`,
  ],
  [
    'identity',
    'identity',
    `SELECT id, issuer, subject, created_at AS "createdAt", last_used_at AS "lastUsedAt"
      FROM identity WHERE user_id = $1 ORDER BY id`,
  ],
  [
    'bot',
    'user',
    `SELECT bot.user_id AS id, handle, display_name AS "displayName", bot.created_at AS "createdAt"
      FROM bot JOIN user_account ON user_account.id = bot.user_id WHERE owner_id = $1 ORDER BY bot.user_id`,
  ],
];

export async function* exportAccount(options: ExportOptions): AsyncGenerator<ExportRecord> {
  const { userId, mark, encodeCursor, encodeId, now } = options;
  const asOf = encodeCursor(mark);
  let records = 0;
  yield { kind: 'export', version: exportVersion, userId: encodeId('user', userId), asOf, exportedAt: now };
  for await (const record of recordsOf(options)) {
    records += 1;
    yield record;
  }
  yield { kind: 'end', records };
}

async function* recordsOf(options: ExportOptions): AsyncGenerator<ExportRecord> {
  const { source, userId, encodeId } = options;
  yield await profileOf(options);
  for (const [kind, idKind, sql] of lists) {
    for (const { id, ...row } of await source.query<{ id: string }>(sql, [userId])) {
      yield { kind, id: encodeId(idKind, id), ...row };
    }
  }
  for await (const span of spansOf(options)) {
    const { id, roomId, roomName, role, joinedAt, leftAt } = span;
    yield {
      kind: 'membership',
      id: encodeId('member', id),
      roomId: encodeId('room', roomId),
      roomName,
      role,
      joinedAt,
      leftAt,
    };
  }
  for await (const span of spansOf(options)) yield* messagesIn(span, options);
  for await (const span of spansOf(options)) {
    yield* eventsIn(roomEventsSql, span.joinedPosition - 1, span.leftPosition, [span.roomId], options);
  }
  yield* eventsIn(ownEventsSql, 0, null, [], options);
  yield* eventsIn(serverEventsSql, 0, null, [], options);
}

async function profileOf({ source, userId, encodeId }: ExportOptions): Promise<ExportRecord> {
  const [user] = await source.query<User & { createdAt: Date }>(personSql, [userId]);
  if (!user) throw new Error(`user ${userId} does not exist`);
  const [told] = (await readProfiles(source, [userId])) as [UserProfile];
  const { handle, displayName, isGuest, isBot, avatarHash, createdAt } = user;
  const avatarUrl = avatarHash && avatarPath(avatarHash);
  return {
    kind: 'profile',
    id: encodeId('user', userId),
    handle,
    displayName,
    isGuest,
    isBot,
    avatarUrl,
    createdAt,
    ...told,
  };
}

async function* spansOf({ source, userId }: ExportOptions): AsyncGenerator<Span> {
  for (let after: MemberId | null = null; ; ) {
    const spans: Span[] = await source.query<Span>(spansSql, [userId, after]);
    yield* spans;
    if (spans.length < PAGE_ROWS) return;
    after = spans.at(-1)?.id ?? null;
  }
}

async function* messagesIn(span: Span, { source, userId, encodeId }: ExportOptions): AsyncGenerator<ExportRecord> {
  const { roomId, joinedPosition, leftPosition } = span;
  for (let after: Position | null = joinedPosition; after !== null; ) {
    const [page]: Page<RowOf<Message>>[] = await source.query(messagesSql, [userId, roomId, after, leftPosition]);
    for (const row of page?.rows ?? []) {
      const { id, text, clientKey, sentAt, editedAt, deletedAt, version } = toMessage(row);
      const ids = { id: encodeId('message', id), roomId: encodeId('room', roomId) };
      yield { kind: 'message', ...ids, text, clientKey, sentAt, editedAt, deletedAt, version };
    }
    after = page?.upTo ?? null;
  }
}

interface Page<Row> {
  readonly upTo: Position | null;
  readonly rows: readonly Row[];
}

async function* eventsIn(
  sql: string,
  from: Position,
  upTo: Position | null,
  rest: readonly unknown[],
  { source, userId, encodeId, encodeCursor }: ExportOptions,
): AsyncGenerator<ExportRecord> {
  for (let after: Position | null = from; after !== null; ) {
    const [page]: Page<OwnEvent>[] = await source.query(sql, [userId, after, upTo, ...rest]);
    for (const { position, tag, kind: event, body, at } of page?.rows ?? []) {
      const cursor = encodeCursor({ position, tag });
      yield { kind: 'event', cursor, event, at: new Date(at), body: withGlobalIds(body, encodeId) };
    }
    after = page?.upTo ?? null;
  }
}

const idKinds: Readonly<Record<string, ExportedId>> = {
  roomId: 'room',
  messageId: 'message',
  memberId: 'member',
  userId: 'user',
  authorId: 'user',
  sessionIds: 'session',
  apiTokenIds: 'apiToken',
};

function withGlobalIds(body: EventBody, encodeId: ExportOptions['encodeId']): EventBody {
  const encoded = Object.entries(body).map(([field, value]) => {
    const kind = idKinds[field];
    if (kind === undefined) return [field, value];
    return [
      field,
      typeof value === 'string' ? encodeId(kind, value) : (value as readonly string[]).map((id) => encodeId(kind, id)),
    ];
  });
  return Object.fromEntries(encoded) as EventBody;
}
