import type { Queryable } from '../../db/queryable.ts';
import type { Committer } from '../../log/append.ts';
import type { Log } from '../../observe/log.ts';
import { byServer, type Command, commandOf } from '../command.ts';
import type { Confirmed, SignedIn } from '../contract.ts';
import type { Decided } from '../decision.ts';
import type { Facts } from '../facts.ts';
import type { SessionId, User, UserId, Viewer } from '../model.ts';
import type { Refused } from '../refusal.ts';
import type { NewSession, SessionMaker, SignInOrigin } from './new-session.ts';
import { isRecent, proofMs, signInAgain } from './proof.ts';

export interface SessionOpenerOptions {
  readonly database: Queryable;
  readonly committer: Pick<Committer<Command, Facts, Decided>, 'submit'>;
  readonly sessions: SessionMaker;
  readonly log: Log;
  readonly clock: () => number;
}

/**
 * Common table expressions, of which `proof` has one row while the way in still holds: user_id, and proven_at, see provenBySql.
 * $1 is whose it has to be, $2 is now, $3 and up are its parameters.
 */
export interface Proof {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

export interface SessionOpener {
  /** Opens a session in the statement of the proof. Null: the proof does not hold (any more), and nothing was written. */
  open(user: User, origin: SignInOrigin, proof: Proof): Promise<SignedIn | null>;
  /**
   * Counts an open session as one that began by the proof. Until when that holds; SIGN_IN_AGAIN where the proof says no more
   * than the session did. Null: the proof does not hold (any more), or the session has ended.
   */
  confirm(viewer: Viewer, proof: Proof): Promise<Refused | Confirmed | null>;
}

/** Sessions that a person may have open; of more, those that were not seen for longest end. */
const SESSIONS_PER_PERSON = 100;

export function createSessionOpener({
  database,
  committer,
  sessions,
  log,
  clock,
}: SessionOpenerOptions): SessionOpener {
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
      const { id, tokenHash, createdAt, expiresAt, userAgent, address } = session;
      const own = [user.id, createdAt, ...proof.parameters];
      const parameters = [...own, id, tokenHash, expiresAt, userAgent, address];
      const [opened] = await database.query<{ surplus: SessionId[] }>(openingSql(proof.sql, own.length), parameters);
      if (!opened) return null;
      await endSurplus(session.userId, opened.surplus);
      return signedIn(user, session, token, null);
    },

    async confirm(viewer, proof) {
      const now = new Date(clock());
      const own = [viewer.user.id, now, ...proof.parameters];
      const sql = confirmingSql(proof.sql, own.length);
      const [session] = await database.query<{ provenAt: Date }>(sql, [...own, viewer.credentialId]);
      if (!session) return null;
      if (!isRecent(session.provenAt, now)) return signInAgain();
      return { confirmedUntil: new Date(session.provenAt.getTime() + proofMs) };
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

function openingSql(proof: string, parameters: number): string {
  const at = (n: number) => `$${parameters + n}`;
  return `
  WITH ${proof}
  INSERT INTO session (id, user_id, token_hash, created_at, last_seen_at, expires_at, user_agent, address, proven_at)
  SELECT ${at(1)}::uuid, proof.user_id, ${at(2)}, $2::timestamptz, $2::timestamptz, ${at(3)}::timestamptz, ${at(4)},
    ${at(5)}, proof.proven_at
  FROM proof WHERE proof.user_id = $1::uuid
  RETURNING ARRAY(SELECT one.id FROM session AS one WHERE one.user_id = $1::uuid AND one.ended_at IS NULL
    ORDER BY one.last_seen_at DESC, one.id DESC OFFSET ${SESSIONS_PER_PERSON - 1})::text[] AS surplus`;
}

function confirmingSql(proof: string, parameters: number): string {
  return `
  WITH ${proof}
  UPDATE session SET proven_at =
    greatest(coalesce(session.proven_at, session.created_at), coalesce(proof.proven_at, $2::timestamptz))
  FROM proof WHERE session.id = $${parameters + 1}::uuid AND session.user_id = $1::uuid AND proof.user_id = $1::uuid
    AND session.ended_at IS NULL
  RETURNING session.proven_at AS "provenAt"`;
}
