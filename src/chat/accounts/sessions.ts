import type { Queryable } from '../../db/queryable.ts';
import type { Committer } from '../../log/append.ts';
import { tokenReplaced } from '../../observe/fault.ts';
import type { Log } from '../../observe/log.ts';
import { byServer, type Command, commandOf, type EndCredentials, type Giver } from '../command.ts';
import type { Ended, PageOf, PageRequest, Sessions, SignInState } from '../contract.ts';
import type { Decided } from '../decision.ts';
import type { Facts } from '../facts.ts';
import type { CredentialEndReason, Session, SessionId, User, Viewer } from '../model.ts';
import { readKeysetPage } from '../page.ts';
import type { Reading } from '../reading.ts';
import { isRefused, refuse } from '../refusal.ts';
import { userColumns } from '../rows.ts';
import { together } from '../together.ts';
import { endedBy } from './accounts.ts';
import { type EndedCredentials, sessionOf } from './credentials.ts';
import { hashToken, type SessionMaker } from './new-session.ts';

export interface SessionsOptions {
  readonly database: Queryable;
  readonly committer: Pick<Committer<Command, Facts, Decided>, 'submit'>;
  readonly maker: SessionMaker;
  readonly ended: Pick<EndedCredentials, 'listen'>;
  readonly log: Log;
  readonly clock: () => number;
}

/** A session that is in use is written at most this often. */
const SEEN_INTERVAL_MS = 3_600_000;

interface Seen {
  readonly credentialId: SessionId;
  readonly lastSeenAt: Date;
  readonly isGuest: boolean;
}

/** Whoever a token lets in, or let in until it was replaced. */
type Found = Seen & User & { readonly tokenHash: string; readonly isReplaced: boolean };

/** So long the token of a guest who signed up is known for one that was replaced: requests with it may be under way. */
export const REPLACED_MS = 60_000;

const findSql = `
  SELECT token_hash AS "tokenHash", ended_at IS NOT NULL AS "isReplaced", session.id AS "credentialId", session.last_seen_at AS "lastSeenAt", person.*
  FROM session, LATERAL (SELECT ${userColumns} FROM user_account WHERE id = session.user_id) AS person
  WHERE session.token_hash = ANY($1::text[]) AND session.expires_at > $2
    AND (session.ended_at IS NULL OR session.is_replaced AND session.ended_at > $3)`;

const keptSql = `
  SELECT session.id AS "credentialId", last_seen_at AS "lastSeenAt", is_guest AS "isGuest"
  FROM session JOIN user_account ON user_account.id = session.user_id
  WHERE session.id = ANY($1::uuid[]) AND ended_at IS NULL AND deleted_at IS NULL AND expires_at > $2`;

const signInStateSql = `
  SELECT EXISTS (SELECT FROM user_password WHERE user_id = $1) AS "hasPassword",
    (SELECT coalesce(proven_at, created_at) FROM session WHERE id = $2 AND ended_at IS NULL) AS "provenAt"`;

export function createSessions(options: SessionsOptions): Sessions {
  const { database, committer, maker, ended, log, clock } = options;

  // Of many requests that come at once, each with its token, who asks is found out by one statement.
  const find = together<string, Found | null>(findAll, { waitsForSockets: true });

  async function findAll(hashes: readonly string[]): Promise<(Found | null)[]> {
    const now = clock();
    const rows = await database.query<Found>(findSql, [hashes, new Date(now), new Date(now - REPLACED_MS)]);
    const byHash = new Map(rows.map((row) => [row.tokenHash, row]));
    return hashes.map((hash) => byHash.get(hash) ?? null);
  }

  function markIfDue({ credentialId, lastSeenAt, isGuest }: Seen, now: number): void {
    if (now - lastSeenAt.getTime() <= SEEN_INTERVAL_MS) return;
    const values = [credentialId, new Date(now), maker.expiryAfter(now, isGuest)];
    database
      .query('UPDATE session SET last_seen_at = $2, expires_at = $3 WHERE id = $1', values)
      .catch((error: unknown) => log.warn({ err: error, credentialId }, 'a session could not be marked as seen'));
  }

  async function end(giver: Giver, which: EndCredentials['which'], reason: CredentialEndReason): Promise<Ended> {
    const input = { which, reason, clientKey: null };
    const decided = await committer.submit(commandOf('endCredentials', giver, {}, input));
    if (isRefused(decided)) throw new Error('ending sessions is never refused');
    return endedBy(decided);
  }

  return {
    async viewerOf(token) {
      const found = await find(hashToken(token));
      if (!found || found.isDeleted) return null;
      const { tokenHash: _, isReplaced, credentialId, lastSeenAt, ...user } = found;
      if (isReplaced) throw tokenReplaced();
      markIfDue({ credentialId, lastSeenAt, isGuest: user.isGuest }, clock());
      return { user, credentialId, scopes: null, expiresAt: null };
    },

    // Also where it has ended meanwhile: it ends nothing but itself.
    signOut: (viewer) => end(byServer(viewer.user.id), { only: [sessionOf(viewer)] }, 'SIGNED_OUT'),

    async revoke(viewer, sessionId) {
      sessionOf(viewer);
      const outcome = await end(viewer, { only: [sessionId] }, 'REVOKED');
      if (outcome.sessionIds.length > 0) return outcome;
      return refuse('NOT_FOUND', 'you have no such session', ['input', 'sessionId']);
    },

    revokeOthers: (viewer) => end(viewer, { allBut: sessionOf(viewer) }, 'REVOKED'),

    async keep(credentialIds) {
      const now = clock();
      const kept = await database.query<Seen>(keptSql, [credentialIds, new Date(now)]);
      for (const seen of kept) markIfDue(seen, now);
      return kept.map(({ credentialId }) => credentialId);
    },

    onEnded: (callback) => ended.listen(callback),
  };
}

export async function sessions(
  reading: Reading,
  viewer: Viewer,
  page: PageRequest<SessionId>,
): Promise<PageOf<Session>> {
  return readKeysetPage<Session, SessionId>(reading, page, {
    select: `SELECT id, created_at AS "createdAt", last_seen_at AS "lastSeenAt", expires_at AS "expiresAt",
        user_agent AS "userAgent", address
      FROM session WHERE user_id = $1 AND ended_at IS NULL AND expires_at > now()`,
    parameters: [viewer.user.id],
    key: 'id',
    keyType: 'uuid',
  });
}

export async function signInState(reading: Reading, { user, credentialId }: Viewer): Promise<SignInState> {
  const [state] = await reading.query<SignInState>(signInStateSql, [user.id, credentialId]);
  if (!state) throw new Error('the statement of the state of a sign-in gave no row');
  return state;
}
