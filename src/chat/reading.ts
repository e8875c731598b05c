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

export interface ReadingOptions {
  /** Absent: those of the source, as this reading asks for them. */
  readonly rows?: RowSource;
  /** Rows that need not be read; they must be as new as what is read. */
  readonly atHand?: TouchedRows | null;
}

/** Reads of one operation or execution, batched and cached for its time. Checks no rights: `Queries` does. */
export class Reading implements Queryable {
  readonly #source: Queryable;
  readonly #rows: RowSource;
  readonly #atHand: RowIndex | null;
  // Made when they are first needed: most executions need one or two of them, and there are many executions.
  #users: RowLoader<UserId, User | null> | null = null;
  #rooms: RowLoader<RoomId, Room | null> | null = null;
  #members: RowLoader<MemberId, Member | null> | null = null;
  #messages: RowLoader<MessageId, Message | null> | null = null;
  #profiles: RowLoader<UserId, UserProfile> | null = null;
  #memberships: RowLoader<MembershipKey, Member | null> | null = null;
  #mark: Promise<Mark> | null = null;

  constructor(source: Queryable, { rows = rowsOf(readsOf(source)), atHand = null }: ReadingOptions = {}) {
    this.#source = source;
    this.#rows = rows;
    this.#atHand = atHand && indexOf(atHand);
  }

  get users(): RowLoader<UserId, User | null> {
    this.#users ??= new RowLoader(this.#rows.users, this.#atHand?.users);
    return this.#users;
  }

  get rooms(): RowLoader<RoomId, Room | null> {
    this.#rooms ??= new RowLoader(this.#rows.rooms, this.#atHand?.rooms);
    return this.#rooms;
  }

  get members(): RowLoader<MemberId, Member | null> {
    this.#members ??= new RowLoader(this.#rows.members, this.#atHand?.members);
    return this.#members;
  }

  get messages(): RowLoader<MessageId, Message | null> {
    this.#messages ??= new RowLoader(this.#rows.messages, this.#atHand?.messages);
    return this.#messages;
  }

  get profiles(): RowLoader<UserId, UserProfile> {
    this.#profiles ??= new RowLoader(this.#rows.profiles);
    return this.#profiles;
  }

  /** Current memberships. */
  get memberships(): RowLoader<MembershipKey, Member | null> {
    this.#memberships ??= new RowLoader(this.#rows.memberships, undefined, membershipKeyText);
    return this.#memberships;
  }

  query<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]> {
    return this.#source.query<Row>(sql, parameters);
  }

  /** Head of the log in this reading's snapshot. */
  mark(): Promise<Mark> {
    this.#mark ??= readMark(this.#source);
    return this.#mark;
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
