import type { Parameter, Statement } from '../db/queryable.ts';
import type { Facts } from './facts.ts';
import type { Message } from './model.ts';

// By itself: it cannot be there yet, and need not be looked for first.
const sentSql = `
  INSERT INTO message (id, room_id, author_id, position, text, client_key, sent_at, version)
  SELECT sent.*, $7::timestamptz, 1
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::text[]) AS sent`;

const messageSql = `
  INSERT INTO message (id, room_id, author_id, position, text, client_key, sent_at, edited_at, deleted_at, version)
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::timestamptz[],
    $8::timestamptz[], $9::timestamptz[], $10::int[])
  ON CONFLICT (id) DO UPDATE SET text = excluded.text, client_key = excluded.client_key, edited_at = excluded.edited_at,
    deleted_at = excluded.deleted_at, version = excluded.version`;

// By itself, so that what is sent carries nothing of it.
const expirySql = `
  UPDATE message SET text = NULL, deleted_at = one.deleted_at, version = one.version, is_expired = true
  FROM unnest($1::uuid[], $2::timestamptz[], $3::int[]) AS one(id, deleted_at, version) WHERE message.id = one.id`;

const roomSql = `
  INSERT INTO room (id, kind, slug, name, topic, version, created_at, message_retention_days)
  SELECT * FROM unnest($1::uuid[], $2::room_kind[], $3::text[], $4::text[], $5::text[], $6::int[], $7::timestamptz[], $8::int[])
  ON CONFLICT (id) DO UPDATE SET name = excluded.name, topic = excluded.topic, version = excluded.version,
    message_retention_days = excluded.message_retention_days`;

// In order of change, so that a span is closed before the next one of the same person opens.
const memberSql = `
  INSERT INTO member (id, room_id, user_id, role, joined_at, joined_position, left_at, left_position)
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::member_role[], $5::timestamptz[], $6::bigint[],
    $7::timestamptz[], $8::bigint[])
  ON CONFLICT (id) DO UPDATE SET role = excluded.role, left_at = excluded.left_at, left_position = excluded.left_position`;

const keySql = `
  INSERT INTO client_key (user_id, key, input_hash, entity_id, position, tag)
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::bigint[], $6::bigint[])`;

/** What writes all that the decisions of a batch changed: a statement for each kind of row, whatever their number. */
export function effectsOf(facts: Facts): readonly Statement[] {
  const changed = [...facts.changedMessages.values()];
  return [
    ...write(
      roomSql,
      [...facts.changedRooms.values()],
      ['id', 'kind', 'slug', 'name', 'topic', 'version', 'createdAt', 'messageRetentionDays'],
    ),
    ...write(
      memberSql,
      [...facts.changedMembers.values()],
      ['id', 'roomId', 'userId', 'role', 'joinedAt', 'joinedPosition', 'leftAt', 'leftPosition'],
    ),
    ...writeSent(changed.filter(isAsSent)),
    ...write(
      messageSql,
      changed.filter((message) => !isAsSent(message)),
      ['id', 'roomId', 'authorId', 'position', 'text', 'clientKey', 'sentAt', 'editedAt', 'deletedAt', 'version'],
    ),
    ...write(expirySql, [...facts.expiredMessages.values()], ['id', 'deletedAt', 'version']),
    ...facts.accounts.effects,
    ...facts.ways.effects,
    ...facts.tokens.effects,
    ...facts.profiles.effects,
    ...facts.deletions.effects,
    ...write(keySql, facts.newKeys, ['userId', 'key', 'inputHash', 'entityId', 'position', 'tag']),
  ];
}

/** All of them were sent at the time of their batch. */
function writeSent(messages: readonly Message[]): readonly Statement[] {
  const [first] = messages;
  if (first === undefined) return [];
  const columns = (['id', 'roomId', 'authorId', 'position', 'text', 'clientKey'] as const).map((column) =>
    messages.map((message) => message[column]),
  );
  return [{ sql: sentSql, parameters: [...columns, first.sentAt] }];
}

/** Whatever is done to a message gives it another version. */
function isAsSent({ version }: Message): boolean {
  return version === 1;
}

/** No rows: no statement. */
function write<Column extends string>(
  sql: string,
  rows: readonly Readonly<Record<Column, Parameter>>[],
  columns: readonly Column[],
): readonly Statement[] {
  if (rows.length === 0) return [];
  return [{ sql, parameters: columns.map((column) => rows.map((row) => row[column])) }];
}
