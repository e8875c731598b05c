import type { Queryable } from '../db/queryable.ts';
import { headSql } from '../log/head.ts';
import type { Position } from '../log/position.ts';

/** Current members of a room with the head of the log, in one statement and so in one snapshot. */
interface RoomMembers {
  readonly position: Position;
  readonly userIds: readonly string[];
}

const membersSql = (wanted: string) => `
  SELECT head.position, ARRAY(
    SELECT user_id::text FROM member WHERE room_id = $1 AND left_position IS NULL ${wanted}
  ) AS "userIds"
  FROM (${headSql}) AS head`;

const someSql = membersSql('LIMIT $2');
const amongSql = membersSql('AND user_id = ANY($2::uuid[])');

/** At most `limit` members, any. */
export function readSomeMembers(source: Queryable, roomId: string, limit: number): Promise<RoomMembers> {
  return readOne(source, someSql, [roomId, limit]);
}

/** Those of the given people who are members. */
export function readMembersAmong(source: Queryable, roomId: string, userIds: readonly string[]): Promise<RoomMembers> {
  return readOne(source, amongSql, [roomId, userIds]);
}

async function readOne(source: Queryable, sql: string, parameters: readonly unknown[]): Promise<RoomMembers> {
  const [members] = await source.query<RoomMembers>(sql, parameters);
  if (!members) throw new Error('log_state has no row: the database was not migrated');
  return members;
}
