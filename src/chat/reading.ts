import DataLoader from 'dataloader';
import type { Queryable } from '../db/queryable.ts';
import { readMark } from '../log/head.ts';
import type { Mark } from '../log/position.ts';
import type { Member, MemberId, Message, MessageId, Room, RoomId, User, UserId } from './model.ts';
import {
  type MembershipKey,
  membershipKeyText,
  readMembersById,
  readMemberships,
  readMessagesById,
  readRoomsById,
  readUsersById,
} from './rows.ts';

/** Rows that a commit touched, as they were right after it. */
export interface TouchedRows {
  readonly users: readonly User[];
  readonly rooms: readonly Room[];
  readonly members: readonly Member[];
  readonly messages: readonly Message[];
}

/** Reads of one operation or execution, batched and cached for its time. Checks no rights: `Queries` does. */
export class Reading implements Queryable {
  readonly #source: Queryable;
  readonly users: DataLoader<UserId, User | null>;
  readonly rooms: DataLoader<RoomId, Room | null>;
  readonly members: DataLoader<MemberId, Member | null>;
  readonly messages: DataLoader<MessageId, Message | null>;
  /** Current memberships. */
  readonly memberships: DataLoader<MembershipKey, Member | null, string>;
  #mark: Promise<Mark> | null = null;

  constructor(source: Queryable) {
    this.#source = source;
    this.users = new DataLoader((ids) => readUsersById(source, ids));
    this.rooms = new DataLoader((ids) => readRoomsById(source, ids));
    this.members = new DataLoader((ids) => readMembersById(source, ids));
    this.messages = new DataLoader((ids) => readMessagesById(source, ids));
    this.memberships = new DataLoader((keys) => readMemberships(source, keys), { cacheKeyFn: membershipKeyText });
  }

  query<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]> {
    return this.#source.query<Row>(sql, parameters);
  }

  /** Head of the log in this reading's snapshot. */
  mark(): Promise<Mark> {
    this.#mark ??= readMark(this.#source);
    return this.#mark;
  }

  /** Spares the reads of rows that are at hand; they must be as new as what is read. */
  prime(rows: TouchedRows): void {
    for (const user of rows.users) this.users.prime(user.id, user);
    for (const room of rows.rooms) this.rooms.prime(room.id, room);
    for (const member of rows.members) this.members.prime(member.id, member);
    for (const message of rows.messages) this.messages.prime(message.id, message);
  }
}
