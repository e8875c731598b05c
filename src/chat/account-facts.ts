import type { Queryable, Statement } from '../db/queryable.ts';
import type { Command } from './command.ts';
import type { SessionId, UserId } from './model.ts';

/** A session that has not been ended; it may have expired. */
export interface OpenSession {
  readonly id: SessionId;
  readonly userId: UserId;
}

interface AccountRows {
  readonly sessions: readonly OpenSession[];
}

const sessionsSql = `
  SELECT id, user_id AS "userId" FROM session WHERE user_id = ANY($1::uuid[]) AND ended_at IS NULL ORDER BY id`;

/** What commands about accounts need to be decided, and what they change; see Facts. */
export class AccountFacts {
  readonly #sessions: Map<SessionId, OpenSession>;
  readonly #ended = new Map<SessionId, Date>();

  constructor({ sessions }: AccountRows) {
    this.#sessions = new Map(sessions.map((one) => [one.id, one]));
  }

  /** Oldest first. */
  sessionsOf(userId: UserId): OpenSession[] {
    return [...this.#sessions.values()].filter((one) => one.userId === userId);
  }

  endSession(id: SessionId, at: Date): void {
    this.#sessions.delete(id);
    this.#ended.set(id, at);
  }

  /** What writes all that was changed. */
  get effects(): readonly Statement[] {
    if (this.#ended.size === 0) return [];
    const sql = `UPDATE session SET ended_at = ended.at FROM unnest($1::uuid[], $2::timestamptz[]) AS ended(id, at)
      WHERE session.id = ended.id AND session.ended_at IS NULL`;
    return [{ sql, parameters: [[...this.#ended.keys()], [...this.#ended.values()]] }];
  }
}

/** Asks nothing where no command of the batch is about accounts. */
export async function loadAccountFacts(tx: Queryable, commands: readonly Command[]): Promise<AccountFacts> {
  const actors = commands.flatMap(({ verb, actorId }) => (verb === 'endCredentials' ? [actorId] : []));
  if (actors.length === 0) return new AccountFacts({ sessions: [] });
  return new AccountFacts({ sessions: await tx.query<OpenSession>(sessionsSql, [[...new Set(actors)]]) });
}
