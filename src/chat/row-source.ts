import type { Queryable } from '../db/queryable.ts';
import type { Member, MemberId, Message, MessageId, Room, RoomId, User, UserId, UserProfile } from './model.ts';
import { readProfiles } from './profiles/profiles.ts';
import {
  type MembershipKey,
  membershipKeyText,
  readMembersById,
  readMemberships,
  readMessagesById,
  readRoomsById,
  readUsersById,
} from './rows.ts';
import { type ReadAll, type ReadOne, together } from './together.ts';

/** Where rows come from, each kind in the order of its keys; null: there is none. */
export interface RowReads {
  readonly users: ReadAll<UserId, User | null>;
  readonly rooms: ReadAll<RoomId, Room | null>;
  readonly members: ReadAll<MemberId, Member | null>;
  readonly messages: ReadAll<MessageId, Message | null>;
  readonly profiles: ReadAll<UserId, UserProfile>;
  /** Current ones. */
  readonly memberships: ReadAll<MembershipKey, Member | null>;
}

/** The same one row at a time: what is asked for in one turn is read together. */
export type RowSource = { readonly [Kind in keyof RowReads]: OneOf<RowReads[Kind]> };

type OneOf<Read> = Read extends ReadAll<infer Key, infer Row> ? ReadOne<Key, Row> : never;

export function readsOf(source: Queryable): RowReads {
  return {
    users: (ids) => readUsersById(source, ids),
    rooms: (ids) => readRoomsById(source, ids),
    members: (ids) => readMembersById(source, ids),
    messages: (ids) => readMessagesById(source, ids),
    profiles: (ids) => readProfiles(source, ids),
    memberships: (keys) => readMemberships(source, keys),
  };
}

/** Rows as they are when they are asked for, for one operation or for many executions. */
export function rowsOf(reads: RowReads): RowSource {
  return {
    users: together(reads.users),
    rooms: together(reads.rooms),
    members: together(reads.members),
    messages: together(reads.messages),
    profiles: together(reads.profiles),
    memberships: together(reads.memberships, { keyTextOf: membershipKeyText }),
  };
}
