import DataLoader from 'dataloader';
import type { Queryable } from '../db/queryable.ts';
import { readMark } from '../log/head.ts';
import type { Mark } from '../log/position.ts';
import type { Member, MemberId, Message, MessageId, Room, RoomId, User, UserId, UserProfile } from './model.ts';
import { type RowSource, rowsOf } from './row-source.ts';
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
  readonly users: DataLoader<UserId, User | null>;
  readonly rooms: DataLoader<RoomId, Room | null>;
  readonly members: DataLoader<MemberId, Member | null>;
  readonly messages: DataLoader<MessageId, Message | null>;
  readonly profiles: DataLoader<UserId, UserProfile>;
  /** Current memberships. */
  readonly memberships: DataLoader<MembershipKey, Member | null, string>;
  #atHand: RowIndex | null = null;
  #mark: Promise<Mark> | null = null;

  constructor(source: Queryable, rows: RowSource = rowsOf(source)) {
    this.#source = source;
    this.users = new DataLoader((ids) => readMissing(ids, this.#atHand?.users, rows.users));
    this.rooms = new DataLoader((ids) => readMissing(ids, this.#atHand?.rooms, rows.rooms));
    this.members = new DataLoader((ids) => readMissing(ids, this.#atHand?.members, rows.members));
    this.messages = new DataLoader((ids) => readMissing(ids, this.#atHand?.messages, rows.messages));
    this.profiles = new DataLoader((ids) => rows.profiles(ids));
    this.memberships = new DataLoader((keys) => rows.memberships(keys), { cacheKeyFn: membershipKeyText });
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
    this.#atHand = indexOf(rows);
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

/** In the order of `ids`: from what is at hand, the rest by one read. */
async function readMissing<Id, Row>(
  ids: readonly Id[],
  atHand: ReadonlyMap<Id, Row> | undefined,
  read: (ids: readonly Id[]) => Promise<(Row | null)[]>,
): Promise<(Row | null)[]> {
  const missing = atHand ? ids.filter((id) => !atHand.has(id)) : ids;
  if (missing.length === ids.length) return read(ids);
  const rows = missing.length === 0 ? [] : await read(missing);
  const found = new Map(missing.map((id, index) => [id, rows[index] ?? null]));
  return ids.map((id) => atHand?.get(id) ?? found.get(id) ?? null);
}
