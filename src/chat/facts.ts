import type { Queryable } from '../db/queryable.ts';
import type { Mark } from '../log/position.ts';
import { AccountFacts, loadAccountFacts } from './accounts/account-facts.ts';
import {
  CredentialFacts,
  type CredentialRows,
  credentialsToLookAt,
  credentialsToProve,
  endedCredentialsSql,
  proofsSql,
} from './accounts/credential-facts.ts';
import { loadSignInWayFacts, SignInWayFacts } from './accounts/sign-in-way-facts.ts';
import type { Command } from './command.ts';
import { CurrentMembers } from './current-members.ts';
import { DeletionFacts, loadDeletionFacts, lockSignInWays } from './leaving/deletion-facts.ts';
import type { Member, Message, MessageId, Room, RoomId, User, UserId } from './model.ts';
import { loadProfileFacts, ProfileFacts } from './profiles/profiles.ts';
import { ApiTokenFacts, loadApiTokenFacts } from './programs/api-token-facts.ts';
import type { TouchedRows } from './reading.ts';
import {
  memberColumns,
  type RowOf,
  roomColumns,
  storedMessageColumns,
  toMember,
  toMessage,
  toRoom,
  userColumns,
} from './rows.ts';

export interface StoredKey {
  readonly userId: UserId;
  readonly key: string;
  readonly inputHash: string;
  readonly entityId: string;
  readonly position: number | null;
  readonly tag: number | null;
}

interface FactsRow extends CredentialRows, Omit<KnownRows, 'rooms' | 'members' | 'messages'> {
  rooms: RowOf<Room>[];
  members: RowOf<Member>[];
  messages: RowOf<Message>[];
}

const list = (select: string) => `coalesce((SELECT json_agg(found) FROM (${select}) AS found), '[]')`;

/** Members are counted up to this: more than any batch can take away from two. */
const COUNT_LIMIT = 2_000;

const factsSql = `
  SELECT ${list(`SELECT ${roomColumns} FROM room WHERE id = ANY($1::uuid[])`)} AS rooms,
    ${list(`SELECT ${memberColumns} FROM unnest($2::uuid[], $3::uuid[]) AS wanted(wanted_room, wanted_user)
      JOIN member ON room_id = wanted_room AND user_id = wanted_user AND left_position IS NULL`)} AS members,
    ${list(`SELECT ${storedMessageColumns} FROM message WHERE id = ANY($4::uuid[])`)} AS messages,
    ${list(`SELECT user_id AS "userId", key, input_hash AS "inputHash", entity_id AS "entityId", position, tag
      FROM unnest($5::uuid[], $6::text[]) AS wanted(wanted_user, wanted_key)
      JOIN client_key ON user_id = wanted_user AND key = wanted_key`)} AS keys,
    coalesce((SELECT json_agg(slug) FROM room WHERE slug = ANY($7::text[])), '[]') AS slugs,
    ${list(`SELECT ${userColumns} FROM user_account WHERE id = ANY($8::uuid[])`)} AS users,
    ${list(`SELECT room_id AS "roomId", user_id AS "userId" FROM member
      WHERE room_id = ANY($9::uuid[]) AND left_position IS NULL AND role = 'OWNER'`)} AS owners,
    ${list(`SELECT wanted.room_id AS "roomId", (SELECT count(*) FROM (SELECT 1 FROM member
        WHERE member.room_id = wanted.room_id AND left_position IS NULL LIMIT ${COUNT_LIMIT}) AS counted) AS count
      FROM unnest($9::uuid[]) AS wanted(room_id)`)} AS counts,
    ${list(endedCredentialsSql('$10'))} AS ended,
    ${list(proofsSql('$11'))} AS proofs`;

type PartsOfFacts = Pick<Facts, 'credentials' | 'accounts' | 'ways' | 'tokens' | 'profiles' | 'deletions'>;

/** What is known of rooms, people and messages before the first command of a batch is decided. */
export interface KnownRows {
  readonly rooms: readonly Room[];
  readonly members: readonly Member[];
  readonly messages: readonly Message[];
  readonly keys: readonly StoredKey[];
  readonly slugs: readonly string[];
  readonly users: readonly User[];
  readonly owners: readonly { readonly roomId: RoomId; readonly userId: UserId }[];
  readonly counts: readonly { readonly roomId: RoomId; readonly count: number }[];
}

/**
 * What the commands of one batch need to be decided, read after the lock, and what they change: each decision sees
 * the changes of those before it, as if each had a transaction of its own.
 */
export class Facts {
  readonly #rooms: Map<RoomId, Room>;
  readonly #members: CurrentMembers;
  readonly #messages: Map<MessageId, Message>;
  readonly #keys: Map<string, StoredKey>;
  readonly #slugs: Set<string>;
  readonly #users: Map<UserId, User>;
  readonly #owners = new Map<RoomId, Set<UserId>>();
  readonly #counts: Map<RoomId, number>;
  readonly credentials: CredentialFacts;
  readonly accounts: AccountFacts;
  readonly ways: SignInWayFacts;
  readonly tokens: ApiTokenFacts;
  readonly profiles: ProfileFacts;
  readonly deletions: DeletionFacts;
  readonly changedRooms = new Map<RoomId, Room>();
  readonly changedMembers = new Map<string, Member>();
  readonly changedMessages = new Map<MessageId, Message>();
  /** Not among the changed ones: they are written behind those. */
  readonly expiredMessages = new Map<MessageId, Message>();
  readonly newKeys: StoredKey[] = [];

  /** Parts that are not named: no command of the batch is about them. */
  constructor(rows: KnownRows, parts: Partial<PartsOfFacts> = {}) {
    this.credentials = parts.credentials ?? new CredentialFacts();
    this.accounts = parts.accounts ?? new AccountFacts();
    this.ways = parts.ways ?? new SignInWayFacts();
    this.tokens = parts.tokens ?? new ApiTokenFacts();
    this.profiles = parts.profiles ?? new ProfileFacts();
    this.deletions = parts.deletions ?? new DeletionFacts();
    this.#rooms = new Map(rows.rooms.map((one) => [one.id, one]));
    this.#members = new CurrentMembers(rows.members);
    this.#messages = new Map(rows.messages.map((one) => [one.id, one]));
    this.#keys = new Map(rows.keys.map((one) => [clientKeyOf(one.userId, one.key), one]));
    this.#slugs = new Set(rows.slugs);
    this.#users = new Map(rows.users.map((one) => [one.id, one]));
    for (const { roomId, userId } of rows.owners) this.#ownersOf(roomId).add(userId);
    this.#counts = new Map(rows.counts.map((one) => [one.roomId, one.count]));
  }

  room(id: RoomId): Room | null {
    return this.#rooms.get(id) ?? null;
  }

  /** The current membership; null: none. */
  member(roomId: RoomId, userId: UserId): Member | null {
    return this.#members.get(roomId, userId) ?? null;
  }

  message(id: MessageId): Message | null {
    return this.#messages.get(id) ?? null;
  }

  key(userId: UserId, key: string): StoredKey | null {
    return this.#keys.get(clientKeyOf(userId, key)) ?? null;
  }

  user(id: UserId): User | null {
    return this.#users.get(id) ?? null;
  }

  hasUser(id: UserId): boolean {
    return this.#users.has(id) && !this.isDeleted(id);
  }

  isDeleted(id: UserId): boolean {
    return (this.accounts.user(id) ?? this.#users.get(id))?.isDeleted ?? false;
  }

  isSlugTaken(slug: string): boolean {
    return this.#slugs.has(slug);
  }

  isLastOwner(roomId: RoomId, userId: UserId): boolean {
    const owners = this.#ownersOf(roomId);
    return owners.has(userId) && owners.size === 1;
  }

  /** Current members, counted up to 2,000; known for rooms that a command of the batch joins, leaves or changes roles in. */
  memberCount(roomId: RoomId): number {
    return this.#counts.get(roomId) ?? 0;
  }

  putRoom(room: Room): void {
    this.#rooms.set(room.id, room);
    this.#slugs.add(room.slug);
    this.changedRooms.set(room.id, room);
  }

  putMessage(message: Message): void {
    this.#messages.set(message.id, message);
    this.changedMessages.set(message.id, message);
  }

  putExpired(message: Message): void {
    this.#messages.set(message.id, message);
    this.expiredMessages.set(message.id, message);
  }

  /** A new span, a changed role, or with leftPosition the end of a span. */
  putMember(member: Member): void {
    const wasMember = this.#members.get(member.roomId, member.userId) !== undefined;
    const isMember = member.leftPosition === null;
    if (isMember) this.#members.set(member);
    else this.#members.delete(member.roomId, member.userId);
    if (isMember && member.role === 'OWNER') this.#ownersOf(member.roomId).add(member.userId);
    else this.#ownersOf(member.roomId).delete(member.userId);
    this.#counts.set(member.roomId, this.memberCount(member.roomId) + Number(isMember) - Number(wasMember));
    this.changedMembers.set(member.id, member);
  }

  putKey(userId: UserId, key: string, inputHash: string, entityId: string, mark: Mark | null): void {
    const stored = { userId, key, inputHash, entityId, position: mark?.position ?? null, tag: mark?.tag ?? null };
    this.#keys.set(clientKeyOf(userId, key), stored);
    this.newKeys.push(stored);
  }

  touchedRows(): TouchedRows {
    return {
      // Of two rows of one person the later counts.
      users: [...this.#users.values(), ...this.accounts.changedUsers],
      rooms: [...this.#rooms.values()],
      members: [...this.changedMembers.values()],
      // Of two rows of one message the later counts.
      messages: [...this.changedMessages.values(), ...this.expiredMessages.values()],
    };
  }

  #ownersOf(roomId: RoomId): Set<UserId> {
    const owners = this.#owners.get(roomId) ?? new Set();
    this.#owners.set(roomId, owners);
    return owners;
  }
}

export async function loadFacts(tx: Queryable, commands: readonly Command[]): Promise<Facts> {
  const pairs = commands.flatMap((command) => membersOf(command));
  const keyed = commands.filter(({ input }) => input.clientKey !== null);
  const rows = tx.query<FactsRow>(factsSql, [
    roomsOf(commands),
    pairs.map(([roomId]) => roomId),
    pairs.map(([, userId]) => userId),
    unique(commands.flatMap(messagesOf)),
    keyed.map(({ actorId }) => actorId),
    keyed.map(({ input }) => input.clientKey),
    unique(commands.flatMap((command) => (command.verb === 'createRoom' ? command.input.slugs : []))),
    unique(commands.flatMap(peopleOf)),
    unique(commands.flatMap((command) => (dependsOnOthers(command) ? roomsOf([command]) : []))),
    credentialsToLookAt(commands),
    credentialsToProve(commands),
  ]);
  // Before what is read of sessions: who is signing in meanwhile has written theirs by then, or will find the way gone.
  const locked = lockSignInWays(tx, commands);
  const [[row], accounts, ways, tokens, profiles, deletions] = await Promise.all([
    rows,
    loadAccountFacts(tx, commands),
    loadSignInWayFacts(tx, commands),
    loadApiTokenFacts(tx, commands),
    loadProfileFacts(tx, commands),
    loadDeletionFacts(tx, commands),
    locked,
  ]);
  if (!row) throw new Error('the facts statement gave no row');
  const known = {
    ...row,
    rooms: row.rooms.map(toRoom),
    members: [...row.members, ...deletions.heirs].map(toMember),
    messages: row.messages.map(toMessage),
  };
  return new Facts(known, { credentials: new CredentialFacts(row), accounts, ways, tokens, profiles, deletions });
}

/** Rooms that the commands are about, each once. */
export function roomsOf(commands: readonly Command[]): RoomId[] {
  const roomIds = new Set<RoomId>();
  for (const { input } of commands) if ('roomId' in input) roomIds.add(input.roomId);
  return [...roomIds];
}

function messagesOf({ input }: Command): readonly MessageId[] {
  if ('messageIds' in input) return input.messageIds;
  return 'messageId' in input ? [input.messageId] : [];
}

function membersOf({ actorId, input }: Command): [RoomId, UserId][] {
  if (!('roomId' in input)) return [];
  if (actorId === null) return [];
  const own: [RoomId, UserId] = [input.roomId, actorId];
  return 'userId' in input && input.userId !== actorId ? [own, [input.roomId, input.userId]] : [own];
}

/** Events show who did it, and who came in: their rows go along with the batch. */
function peopleOf(command: Command): UserId[] {
  if (command.actorId === null) return [];
  return command.verb === 'addMember' ? [command.actorId, command.input.userId] : [command.actorId];
}

/** Whether the room has other owners, or members at all. */
function dependsOnOthers({ verb }: Command): boolean {
  return verb === 'leaveRoom' || verb === 'setMemberRole' || verb === 'joinRoom' || verb === 'leaveForGood';
}

function clientKeyOf(userId: UserId, key: string): string {
  return `${userId}/${key}`;
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
