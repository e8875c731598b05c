import type { Queryable } from '../db/queryable.ts';
import type { Member, MemberId, Message, MessageId, Room, RoomId, User, UserId } from './model.ts';

/** Select lists: SQL columns under the names of the model. Dates come as Date, or as text out of JSON. */
export const userColumns = `id, handle, display_name AS "displayName", is_guest AS "isGuest", is_bot AS "isBot",
  avatar_hash AS "avatarHash", deleted_at IS NOT NULL AS "isDeleted"`;
export const roomColumns = `id, kind, slug, name, topic, version, created_at AS "createdAt",
  message_retention_days AS "messageRetentionDays"`;
export const memberColumns = `id, room_id AS "roomId", user_id AS "userId", role, joined_at AS "joinedAt",
  joined_position AS "joinedPosition", left_at AS "leftAt", left_position AS "leftPosition"`;
/** Asked once for all rows, before each of them is looked up: the table of erasures is as good as empty. */
const isAnyErased = 'EXISTS (SELECT FROM erasure WHERE erases_messages)';
const startOfErasure = '(SELECT started_at FROM erasure WHERE user_id = author_id AND erases_messages)';
/** As it is shown: a message that is about to be erased is deleted already. */
export const messageColumns = messageColumnsOf(
  `CASE WHEN ${isAnyErased} AND ${startOfErasure} IS NOT NULL THEN NULL ELSE text END`,
  `CASE WHEN deleted_at IS NULL AND ${isAnyErased} THEN ${startOfErasure} ELSE deleted_at END`,
);
export const storedMessageColumns = messageColumnsOf('text', 'deleted_at');

function messageColumnsOf(text: string, deletedAt: string): string {
  return `id, room_id AS "roomId", author_id AS "authorId", position, ${text} AS text,
  client_key AS "clientKey", sent_at AS "sentAt", edited_at AS "editedAt", ${deletedAt} AS "deletedAt", version,
  is_expired AS "isExpired"`;
}

/** A row whose dates may still be text. */
export type RowOf<Entity> = {
  [Field in keyof Entity]: Entity[Field] extends Date | null ? Entity[Field] | string : Entity[Field];
};

export function toRoom(row: RowOf<Room>): Room {
  return { ...row, createdAt: new Date(row.createdAt) };
}

export function toMember(row: RowOf<Member>): Member {
  return { ...row, joinedAt: new Date(row.joinedAt), leftAt: toDate(row.leftAt) };
}

export function toMessage(row: RowOf<Message>): Message {
  return {
    ...row,
    sentAt: new Date(row.sentAt),
    editedAt: toDate(row.editedAt),
    deletedAt: toDate(row.deletedAt),
  };
}

function toDate(value: Date | string | null): Date | null {
  return value === null ? null : new Date(value);
}

export async function readUsersById(source: Queryable, ids: readonly UserId[]): Promise<(User | null)[]> {
  return readByIds(source, ids, `SELECT ${userColumns} FROM user_account WHERE id = ANY($1::uuid[])`);
}

export async function readRoomsById(source: Queryable, ids: readonly RoomId[]): Promise<(Room | null)[]> {
  return readByIds(source, ids, `SELECT ${roomColumns} FROM room WHERE id = ANY($1::uuid[])`);
}

export async function readMembersById(source: Queryable, ids: readonly MemberId[]): Promise<(Member | null)[]> {
  return readByIds(source, ids, `SELECT ${memberColumns} FROM member WHERE id = ANY($1::uuid[])`);
}

export async function readMessagesById(source: Queryable, ids: readonly MessageId[]): Promise<(Message | null)[]> {
  return readByIds(source, ids, `SELECT ${messageColumns} FROM message WHERE id = ANY($1::uuid[])`);
}

/** Whose membership of which room. */
export interface MembershipKey {
  readonly roomId: RoomId;
  readonly userId: UserId;
}

export function membershipKeyText({ roomId, userId }: MembershipKey): string {
  return `${roomId}/${userId}`;
}

/** Current memberships; null: none. */
export async function readMemberships(source: Queryable, keys: readonly MembershipKey[]): Promise<(Member | null)[]> {
  const rows = await source.query<Member>(
    `SELECT ${memberColumns} FROM unnest($1::uuid[], $2::uuid[]) AS wanted(wanted_room, wanted_user)
     JOIN member ON room_id = wanted_room AND user_id = wanted_user AND left_position IS NULL`,
    [keys.map(({ roomId }) => roomId), keys.map(({ userId }) => userId)],
  );
  const byKey = new Map(rows.map((row) => [membershipKeyText(row), row]));
  return keys.map((key) => byKey.get(membershipKeyText(key)) ?? null);
}

async function readByIds<Entity extends { id: string }>(
  source: Queryable,
  ids: readonly string[],
  sql: string,
): Promise<(Entity | null)[]> {
  const rows = await source.query<Entity>(sql, [ids]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id) ?? null);
}
