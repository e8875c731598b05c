import type { Queryable, Statement } from '../../db/queryable.ts';
import type { Command } from '../command.ts';
import type { Member, RoomId, UserId } from '../model.ts';
import { memberColumns, type RowOf } from '../rows.ts';

/** Who may have to take over a room. */
type Heir = RowOf<Member> & { readonly isBot: boolean };

interface Deletion {
  readonly userId: UserId;
  readonly handle: string | null;
  readonly erasesMessages: boolean;
  readonly at: Date;
}

/** Of those who have been members for longest: more than can leave in one batch by any likelihood. */
const HEIRS = 20;

const heirsSql = `
  SELECT heir.* FROM unnest($1::uuid[]) AS wanted(wanted_room) CROSS JOIN LATERAL (
    SELECT ${memberColumns}, (SELECT is_bot FROM user_account WHERE user_account.id = member.user_id) AS "isBot"
    FROM member WHERE room_id = wanted_room AND left_position IS NULL AND user_id NOT IN (SELECT user_id FROM erasure)
    ORDER BY joined_position LIMIT ${HEIRS}
  ) AS heir`;

/** What commands that delete accounts need to be decided, and what they change; see Facts. */
export class DeletionFacts {
  /** Current members, those who joined first first. */
  readonly heirs: readonly Heir[];
  readonly #deletions: Deletion[] = [];

  constructor(heirs: readonly Heir[] = []) {
    this.heirs = heirs;
  }

  /** People before bots, each in the order of joining. */
  heirsOf(roomId: RoomId): UserId[] {
    const heirs = this.heirs.filter((heir) => heir.roomId === roomId);
    return [...heirs.filter(({ isBot }) => !isBot), ...heirs.filter(({ isBot }) => isBot)].map(({ userId }) => userId);
  }

  put(deletion: Deletion): void {
    this.#deletions.push(deletion);
  }

  /** What takes away all that people are let in by, and begins the erasure; behind what writes people. */
  get effects(): readonly Statement[] {
    if (this.#deletions.length === 0) return [];
    const of = <Value>(get: (deletion: Deletion) => Value) => this.#deletions.map(get);
    const userIds = of(({ userId }) => userId);
    const emptied = ['user_password', 'user_profile', 'identity', 'passkey'].map((table) => ({
      sql: `DELETE FROM ${table} WHERE user_id = ANY($1::uuid[])`,
      parameters: [userIds],
    }));
    const retired = `INSERT INTO retired_handle (handle)
      SELECT handle FROM unnest($1::text[]) AS one(handle) WHERE handle IS NOT NULL ON CONFLICT DO NOTHING`;
    const begun = `INSERT INTO erasure (user_id, erases_messages, started_at, held_until, after_position)
      SELECT user_id, erases_messages, at, at, 0
      FROM unnest($1::uuid[], $2::bool[], $3::timestamptz[]) AS one(user_id, erases_messages, at)`;
    return [
      ...emptied,
      { sql: retired, parameters: [of(({ handle }) => handle)] },
      { sql: begun, parameters: [userIds, of(({ erasesMessages }) => erasesMessages), of(({ at }) => at)] },
    ];
  }
}

/** Asks nothing where no command of the batch takes somebody out of a room for good. */
export async function loadDeletionFacts(tx: Queryable, commands: readonly Command[]): Promise<DeletionFacts> {
  const roomIds = commands.flatMap((command) => (command.verb === 'leaveForGood' ? [command.input.roomId] : []));
  if (roomIds.length === 0) return new DeletionFacts();
  return new DeletionFacts(await tx.query<Heir>(heirsSql, [[...new Set(roomIds)]]));
}

/** Holds what the people who delete their accounts are let in by, but for passwords, until the transaction has ended. */
export async function lockSignInWays(tx: Queryable, commands: readonly Command[]): Promise<void> {
  const userIds = commands.flatMap(({ verb, actorId }) => (verb === 'deleteAccount' ? [actorId] : []));
  if (userIds.length === 0) return;
  const lock = (table: string) =>
    tx.query(`SELECT FROM ${table} WHERE user_id = ANY($1::uuid[]) ORDER BY id FOR UPDATE`, [userIds]);
  await Promise.all([lock('identity'), lock('passkey')]);
}
