import { createHash } from 'node:crypto';
import type { Queryable } from '../db/queryable.ts';
import type { Committer } from '../log/append.ts';
import type { Log } from '../observe/log.ts';
import { type Command, commandOf, type EndCredentials } from './command.ts';
import type { Ended, Sessions } from './contract.ts';
import type { EndedCredentials } from './credentials.ts';
import type { Decided } from './decision.ts';
import type { Facts } from './facts.ts';
import type { CredentialEndReason, SessionId, User, UserId } from './model.ts';
import { isRefused } from './refusal.ts';
import { userColumns } from './rows.ts';
import { checkDisplayName } from './text.ts';

export interface SessionsOptions {
  readonly database: Queryable;
  readonly log: Log;
  readonly clock: () => number;
  readonly newId: () => string;
  /** At least 128 random bits, printable. */
  readonly newToken: () => string;
  readonly guestDays: number;
  readonly committer: Committer<Command, Facts, Decided>;
  readonly ended: EndedCredentials;
}

/** A session that is in use is written at most this often. */
const SEEN_INTERVAL_MS = 3_600_000;
const DAY_MS = 86_400_000;

type SessionRow = User & { readonly credentialId: SessionId; readonly lastSeenAt: Date };

const findSql = `
  SELECT session.id AS "credentialId", session.last_seen_at AS "lastSeenAt", person.*
  FROM session, LATERAL (SELECT ${userColumns} FROM user_account WHERE id = session.user_id) AS person
  WHERE session.token_hash = $1 AND session.ended_at IS NULL AND session.expires_at > $2`;

const enterSql = `
  WITH person AS (
    INSERT INTO user_account (id, handle, display_name, is_guest, is_bot, created_at)
    VALUES ($1, NULL, $2, true, false, $3) RETURNING id
  )
  INSERT INTO session (id, user_id, token_hash, created_at, last_seen_at, expires_at)
  SELECT $4, person.id, $5, $3, $3, $6 FROM person`;

export function createSessions(options: SessionsOptions): Sessions {
  const { database, log, clock, newId, newToken, guestDays, committer, ended } = options;
  const expiryAfter = (ms: number) => new Date(ms + guestDays * DAY_MS);

  function markSeen(sessionId: SessionId, now: number): void {
    database
      .query('UPDATE session SET last_seen_at = $2, expires_at = $3 WHERE id = $1', [
        sessionId,
        new Date(now),
        expiryAfter(now),
      ])
      .catch((error: unknown) => log.warn({ err: error, sessionId }, 'a session could not be marked as seen'));
  }

  async function end(userId: UserId, which: EndCredentials['which'], reason: CredentialEndReason): Promise<Ended> {
    const input = { which, reason, clientKey: null };
    const decided = await committer.submit(commandOf('endCredentials', userId, {}, input));
    if (isRefused(decided)) throw new Error('ending sessions is never refused');
    return { sessionIds: decided.entity as SessionId[], mark: decided.mark, head: decided.head };
  }

  return {
    async enterAsGuest(displayName) {
      const name = displayName.trim();
      const refused = checkDisplayName(name);
      if (refused) return refused;
      const now = clock();
      const user: User = { id: newId() as UserId, handle: null, displayName: name, isGuest: true, isBot: false };
      const sessionId = newId() as SessionId;
      const token = newToken();
      const expiresAt = expiryAfter(now);
      await database.query(enterSql, [user.id, name, new Date(now), sessionId, hashToken(token), expiresAt]);
      return { viewer: { user, credentialId: sessionId }, token, expiresAt };
    },

    async viewerOf(token) {
      const now = clock();
      const [row] = await database.query<SessionRow>(findSql, [hashToken(token), new Date(now)]);
      if (!row) return null;
      const { credentialId, lastSeenAt, ...user } = row;
      if (now - lastSeenAt.getTime() > SEEN_INTERVAL_MS) markSeen(credentialId, now);
      return { user, credentialId };
    },

    signOut: ({ user, credentialId }) => end(user.id, { only: [credentialId] }, 'SIGNED_OUT'),

    async keep(credentialIds) {
      const now = clock();
      const kept = await database.query<{ id: SessionId; lastSeenAt: Date }>(
        `SELECT id, last_seen_at AS "lastSeenAt" FROM session
         WHERE id = ANY($1::uuid[]) AND ended_at IS NULL AND expires_at > $2`,
        [credentialIds, new Date(now)],
      );
      for (const { id, lastSeenAt } of kept) if (now - lastSeenAt.getTime() > SEEN_INTERVAL_MS) markSeen(id, now);
      const keptIds = new Set<string>(kept.map(({ id }) => id));
      ended.tell(credentialIds.filter((id) => !keptIds.has(id)));
    },

    onEnded: (callback) => ended.listen(callback),
  };
}

function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
