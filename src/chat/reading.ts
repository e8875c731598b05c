import type { Queryable } from '../db/queryable.ts';
import { readMark } from '../log/head.ts';
import type { Mark } from '../log/position.ts';
import type { Member, MemberId, Message, MessageId, Room, RoomId, User, UserId, UserProfile } from './model.ts';
import { RowLoader } from './row-loader.ts';
import { type RowSource, readsOf, rowsOf } from './row-source.ts';
import { type MembershipKey, membershipKeyText } from './rows.ts';

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
  readonly users: RowLoader<UserId, User | null>;
  readonly rooms: RowLoader<RoomId, Room | null>;
  readonly members: RowLoader<MemberId, Member | null>;
  readonly messages: RowLoader<MessageId, Message | null>;
  readonly profiles: RowLoader<UserId, UserProfile>;
  /** Current memberships. */
  readonly memberships: RowLoader<MembershipKey, Member | null>;
  #mark: Promise<Mark> | null = null;

  constructor(source: Queryable, rows: RowSource = rowsOf(readsOf(source))) {
    this.#source = source;
    this.users = new RowLoader(rows.users);
    this.rooms = new RowLoader(rows.rooms);
    this.members = new RowLoader(rows.members);
    this.messages = new RowLoader(rows.messages);
    this.profiles = new RowLoader(rows.profiles);
    this.memberships = new RowLoader(rows.memberships, membershipKeyText);
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
    const index = indexOf(rows);
    this.users.atHand = index.users;
    this.rooms.atHand = index.rooms;
    this.members.atHand = index.members;
    this.messages.atHand = index.messages;
  }
}

interface RowIndex {
  readonly users: ReadonlyMap<UserId, User>;
  readonly rooms: ReadonlyMap<RoomId, Room>;
  readonly members: ReadonlyMap<MemberId, Member>;
  readonly messages: ReadonlyMap<MessageId, Message>;
}

/** One index per batch or page: each of its events is executed with all of its rows at hand. */
const indexes = new WeakMap<TouchedRows, RowIndex>();

function indexOf(rows: TouchedRows): RowIndex {
  const index = indexes.get(rows) ?? {
    users: byId(rows.users),
    rooms: byId(rows.rooms),
    members: byId(rows.members),
    messages: byId(rows.messages),
  };
  indexes.set(rows, index);
  return index;
}

function byId<Id, Row extends { readonly id: Id }>(rows: readonly Row[]): Map<Id, Row> {
  return new Map(rows.map((row) => [row.id, row]));
}
