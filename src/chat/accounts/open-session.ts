import type { Queryable } from '../../db/queryable.ts';
import type { Committer } from '../../log/append.ts';
import type { Log } from '../../observe/log.ts';
import { byServer, type Command, commandOf } from '../command.ts';
import type { SignedIn } from '../contract.ts';
import type { Decided } from '../decision.ts';
import type { Facts } from '../facts.ts';
import type { SessionId, User, UserId } from '../model.ts';
import type { NewSession, SessionMaker, SignInOrigin } from './new-session.ts';

export interface SessionOpenerOptions {
  readonly database: Queryable;
  readonly committer: Pick<Committer<Command, Facts, Decided>, 'submit'>;
  readonly sessions: SessionMaker;
  readonly log: Log;
}

/** Common table expressions, of which `proof` has one row, user_id, while the way in still holds; $8 and up are its parameters. */
export interface Proof {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

export interface SessionOpener {
  /** Opens a session in the statement of the proof. Null: the proof does not hold (any more), and nothing was written. */
  open(user: User, origin: SignInOrigin, proof: Proof): Promise<SignedIn | null>;
}

/** Sessions that a person may have open; of more, those that were not seen for longest end. */
const SESSIONS_PER_PERSON = 100;

export function createSessionOpener({ database, committer, sessions, log }: SessionOpenerOptions): SessionOpener {
  async function endSurplus(userId: UserId, ids: readonly SessionId[]): Promise<void> {
    const input = { which: { only: ids }, reason: 'REVOKED', clientKey: null } as const;
    try {
      if (ids.length > 0) await committer.submit(commandOf('endCredentials', byServer(userId), {}, input));
    } catch (error) {
      log.warn({ err: error, userId }, 'surplus sessions could not be ended; the next sign-in tries again');
    }
  }

  return {
    async open(user, origin, proof) {
      const { session, token } = sessions.make(user, origin);
      const parameters = [...sessionColumnsOf(session), ...proof.parameters];
      const [opened] = await database.query<{ surplus: SessionId[] }>(openingSql(proof.sql), parameters);
      if (!opened) return null;
      await endSurplus(session.userId, opened.surplus);
      return signedIn(user, session, token, null);
    },
  };
}

/** $1 to $7 of a statement that writes a session. */
export function sessionColumnsOf(session: NewSession) {
  const { id, userId, tokenHash, createdAt, expiresAt, userAgent, address } = session;
  return [id, userId, tokenHash, createdAt, expiresAt, userAgent, address];
}

export function signedIn(user: User, session: NewSession, token: string, head: SignedIn['head']): SignedIn {
  const viewer = { user, credentialId: session.id, scopes: null, expiresAt: null };
  return { viewer, token, expiresAt: session.expiresAt, head };
}

function openingSql(proof: string): string {
  return `
  WITH ${proof}
  INSERT INTO session (id, user_id, token_hash, created_at, last_seen_at, expires_at, user_agent, address)
  SELECT $1::uuid, proof.user_id, $3, $4::timestamptz, $4::timestamptz, $5::timestamptz, $6, $7 FROM proof
  WHERE proof.user_id = $2::uuid
  RETURNING ARRAY(SELECT one.id FROM session AS one WHERE one.user_id = $2::uuid AND one.ended_at IS NULL
    ORDER BY one.last_seen_at DESC, one.id DESC OFFSET ${SESSIONS_PER_PERSON - 1})::text[] AS surplus`;
}
