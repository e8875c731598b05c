import type { Recalled } from '../log/log-rules.ts';
import type { Command } from './command.ts';
import { CurrentMembers } from './current-members.ts';
import { Facts } from './facts.ts';
import type { Member, Room, RoomId, User, UserId } from './model.ts';

/** Memberships that are kept; when there are more, all are forgotten. */
const MEMBERS = 20_000;

// No row where none was used. Of rows, or the planner would make an error of it at once.
const unusedKeysSql = `
  SELECT ('client keys that were used before: ' || count(*))::int
  FROM unnest($1::uuid[], $2::text[]) AS wanted(wanted_user, wanted_key)
  JOIN client_key ON user_id = wanted_user AND key = wanted_key
  HAVING count(*) > 0`;

/**
 * What sends are decided by: rooms, members and people, as batches of sends have read them. All that changes these is a command
 * of the log, so they are right as long as the log holds nothing but sends behind them.
 */
export class FactsOfSends {
  readonly #rooms = new Map<RoomId, Room>();
  readonly #members = new CurrentMembers();
  readonly #users = new Map<UserId, User>();

  /** Null: a command is none of sending, or asks for somebody who is not known to be a member. */
  recall(commands: readonly Command[]): Recalled<Facts> | null {
    const rooms = new Set<Room>();
    const members = new Set<Member>();
    const users = new Set<User>();
    const [keyedBy, keys]: [UserId[], string[]] = [[], []];
    for (const command of commands) {
      if (command.verb !== 'sendMessage') return null;
      const { actorId, input } = command;
      const room = this.#rooms.get(input.roomId);
      const member = this.#members.get(input.roomId, actorId);
      const user = this.#users.get(actorId);
      if (!room || !member || !user) return null;
      rooms.add(room);
      members.add(member);
      users.add(user);
      if (input.clientKey === null) continue;
      keyedBy.push(actorId);
      keys.push(input.clientKey);
    }
    const known = { ...nothing, rooms: [...rooms], members: [...members], users: [...users] };
    const proofs = keys.length === 0 ? [] : [{ sql: unusedKeysSql, parameters: [keyedBy, keys] }];
    return { facts: new Facts(known), proofs };
  }

  keep(commands: readonly Command[], facts: Facts): void {
    const sends = commands.filter((command) => command.verb === 'sendMessage');
    if (sends.length < commands.length || this.#members.size + sends.length > MEMBERS) this.forget();
    if (sends.length < commands.length) return;
    for (const { actorId, input } of sends) {
      const [room, member, user] = [facts.room(input.roomId), facts.member(input.roomId, actorId), facts.user(actorId)];
      if (!room || !member || !user) continue;
      this.#rooms.set(room.id, room);
      this.#members.set(member);
      this.#users.set(user.id, user);
    }
  }

  forget(): void {
    this.#rooms.clear();
    this.#members.clear();
    this.#users.clear();
  }
}

const nothing = { rooms: [], members: [], messages: [], keys: [], slugs: [], users: [], owners: [], counts: [] };
