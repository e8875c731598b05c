import DataLoader from 'dataloader';
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

type Read<Key, Row> = (keys: readonly Key[]) => Promise<Row[]>;

/** Where rows come from, each kind in the order of its keys; null: there is none. */
export interface RowSource {
  readonly users: Read<UserId, User | null>;
  readonly rooms: Read<RoomId, Room | null>;
  readonly members: Read<MemberId, Member | null>;
  readonly messages: Read<MessageId, Message | null>;
  readonly profiles: Read<UserId, UserProfile>;
  /** Current ones. */
  readonly memberships: Read<MembershipKey, Member | null>;
}

export function rowsOf(source: Queryable): RowSource {
  return {
    users: (ids) => readUsersById(source, ids),
    rooms: (ids) => readRoomsById(source, ids),
    members: (ids) => readMembersById(source, ids),
    messages: (ids) => readMessagesById(source, ids),
    profiles: (ids) => readProfiles(source, ids),
    memberships: (keys) => readMemberships(source, keys),
  };
}

/** Rows of one statement: a thousand viewers of one event are read at once, and no parameter grows without bound. */
const ROWS_AT_ONCE = 1_000;

/**
 * Rows as they are now, for many executions: what they ask for in one turn is read once and together. Nothing is kept: who asks
 * once a read has begun gets another one, so that no execution sees what is older than the event that it is about.
 */
export function togetherOf(rows: RowSource): RowSource {
  return {
    users: together(rows.users),
    rooms: together(rows.rooms),
    members: together(rows.members),
    messages: together(rows.messages),
    profiles: together(rows.profiles),
    memberships: together(rows.memberships, membershipKeyText),
  };
}

function together<Key, Row>(read: Read<Key, Row>, cacheKeyFn?: (key: Key) => string): Read<Key, Row> {
  const loader: DataLoader<Key, Row, unknown> = new DataLoader(
    (keys) => {
      loader.clearAll();
      return read(keys);
    },
    { maxBatchSize: ROWS_AT_ONCE, ...(cacheKeyFn && { cacheKeyFn }) },
  );
  return (keys) => Promise.all(keys.map((key) => loader.load(key)));
}
