import type { Queryable } from '../../db/queryable.ts';
import type { Committer } from '../../log/append.ts';
import type { Mark } from '../../log/position.ts';
import type { Log } from '../../observe/log.ts';
import { sessionOf } from '../accounts/credentials.ts';
import { type Command, commandOf } from '../command.ts';
import type { PageOf, PageRequest } from '../contract.ts';
import type { Decided } from '../decision.ts';
import type { Facts } from '../facts.ts';
import type { ApiScope, ApiToken, ApiTokenId, User, UserId, Viewer } from '../model.ts';
import { readKeysetPage } from '../page.ts';
import type { Reading } from '../reading.ts';
import { isRefused, type Refused, refuse } from '../refusal.ts';
import { userColumns } from '../rows.ts';
import { checkApiTokenName } from '../text.ts';
import { together } from '../together.ts';
import type { NewApiToken } from './api-token-rules.ts';
import { apiTokenOf, hashApiToken, hintOf, isApiToken } from './api-token-text.ts';

/**
 * Credentials for programs: each acts as one person or bot, within its scopes, until it expires or is revoked. Of the
 * token only a hash is kept.
 */
export interface ApiTokens {
  /** Null: no token of ours, or one that has ended or expired. Marks it as used, at most once a minute. */
  viewerOf(token: string): Promise<Viewer | null>;
  /** For a session's eyes alone. ACCOUNT_REQUIRED: guests have none. */
  create(viewer: Viewer, input: CreateApiToken): Promise<Refused | MadeApiToken>;
  /** By an event of the log, as sessions end. NOT_FOUND: neither the viewer nor a bot of theirs has such a token. */
  revoke(viewer: Viewer, id: ApiTokenId): Promise<Refused | RevokedApiToken>;
  /** Marks those of open connections as used; gives back those that have neither ended nor expired. */
  keep(credentialIds: readonly string[]): Promise<readonly string[]>;
}

export interface CreateApiToken {
  readonly name: string;
  readonly scopes: readonly ApiScope[];
  /** Null: it does not expire. */
  readonly expiresInDays: number | null;
  /** Null: for the viewer. */
  readonly botId: UserId | null;
}

export interface MadeApiToken {
  /** For the caller alone, this once. */
  readonly token: string;
  readonly apiToken: ApiToken;
  readonly head: Mark;
}

export interface RevokedApiToken {
  readonly id: ApiTokenId;
  readonly mark: Mark | null;
  readonly head: Mark;
}

export interface ApiTokensOptions {
  readonly database: Queryable;
  readonly committer: Pick<Committer<Command, Facts, Decided>, 'submit'>;
  readonly log: Log;
  readonly clock: () => number;
  readonly newId: () => string;
  readonly newSecret: () => string;
}

export const expiryLimitDays = 3_650;

/** A token that is in use is written at most this often. */
const USED_INTERVAL_MS = 60_000;
const DAY_MS = 86_400_000;

const apiTokenColumns = `id, name, hint, scopes, created_at AS "createdAt", last_used_at AS "lastUsedAt",
  expires_at AS "expiresAt"`;

const findSql = `
  SELECT token_hash AS "tokenHash", api_token.id AS "credentialId", scopes, last_used_at AS "lastUsedAt", expires_at AS "expiresAt", person.*
  FROM api_token, LATERAL (SELECT ${userColumns} FROM user_account WHERE id = api_token.user_id) AS person
  WHERE token_hash = ANY($1::text[]) AND ended_at IS NULL AND (expires_at IS NULL OR expires_at > $2)`;

const keptSql = `
  SELECT id AS "credentialId", last_used_at AS "lastUsedAt" FROM api_token
  WHERE id = ANY($1::uuid[]) AND ended_at IS NULL AND (expires_at IS NULL OR expires_at > $2)`;

// Of many that find it due at once, on whichever nodes, one writes.
const usedSql = `
  UPDATE api_token SET last_used_at = $2 WHERE id = ANY($1::uuid[]) AND (last_used_at IS NULL OR last_used_at < $3)`;

interface Used {
  readonly credentialId: ApiTokenId;
  readonly lastUsedAt: Date | null;
}

type Found = User &
  Used & { readonly tokenHash: string; readonly scopes: readonly ApiScope[]; readonly expiresAt: Date | null };

export function createApiTokens(options: ApiTokensOptions): ApiTokens {
  const { database, committer, log, clock, newId, newSecret } = options;

  const find = together<string, Found | null>(findAll, { waitsForSockets: true });

  async function findAll(hashes: readonly string[]): Promise<(Found | null)[]> {
    const rows = await database.query<Found>(findSql, [hashes, new Date(clock())]);
    const byHash = new Map(rows.map((row) => [row.tokenHash, row]));
    return hashes.map((hash) => byHash.get(hash) ?? null);
  }

  function markIfDue(used: readonly Used[], now: number): void {
    const dueBefore = now - USED_INTERVAL_MS;
    const due = used.filter(({ lastUsedAt }) => lastUsedAt === null || lastUsedAt.getTime() < dueBefore);
    if (due.length === 0) return;
    const ids = due.map(({ credentialId }) => credentialId);
    database
      .query(usedSql, [ids, new Date(now), new Date(dueBefore)])
      .catch((error: unknown) => log.warn({ err: error, ids }, 'tokens could not be marked as used'));
  }

  return {
    async viewerOf(token) {
      if (!isApiToken(token)) return null;
      const found = await find(hashApiToken(token));
      if (!found || found.isDeleted) return null;
      const { tokenHash: _, credentialId, scopes, lastUsedAt, expiresAt, ...user } = found;
      markIfDue([{ credentialId, lastUsedAt }], clock());
      return { user, credentialId, scopes, expiresAt };
    },

    async create(viewer, { name: given, scopes, expiresInDays, botId }) {
      sessionOf(viewer);
      const name = given.trim();
      const refused = checkApiTokenName(name) ?? checkScopes(scopes) ?? checkExpiry(expiresInDays);
      if (refused) return refused;
      const token = apiTokenOf(newSecret());
      const now = clock();
      const row: NewApiToken = {
        id: newId() as ApiTokenId,
        userId: botId ?? viewer.user.id,
        tokenHash: hashApiToken(token),
        name,
        hint: hintOf(token),
        scopes: [...new Set(scopes)].sort(),
        createdAt: new Date(now),
        expiresAt: expiresInDays === null ? null : new Date(now + expiresInDays * DAY_MS),
      };
      const input = { token: row, clientKey: null };
      const decided = await committer.submit(commandOf('createApiToken', viewer, {}, input));
      if (isRefused(decided)) return decided;
      return { token, apiToken: { ...row, lastUsedAt: null }, head: decided.head };
    },

    async revoke(viewer, id) {
      sessionOf(viewer);
      const input = { apiTokenId: id, clientKey: null };
      const decided = await committer.submit(commandOf('revokeApiToken', viewer, {}, input));
      return isRefused(decided) ? decided : { id, mark: decided.mark, head: decided.head };
    },

    async keep(credentialIds) {
      const now = clock();
      const kept = await database.query<Used>(keptSql, [credentialIds, new Date(now)]);
      markIfDue(kept, now);
      return kept.map(({ credentialId }) => credentialId);
    },
  };
}

/** Those of a person or bot that have neither ended nor expired, in the order of making. */
export async function apiTokens(
  reading: Reading,
  userId: UserId,
  page: PageRequest<ApiTokenId>,
): Promise<PageOf<ApiToken>> {
  return readKeysetPage<ApiToken, ApiTokenId>(reading, page, {
    select: `SELECT ${apiTokenColumns} FROM api_token
      WHERE user_id = $1 AND ended_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
    parameters: [userId],
    key: 'id',
    keyType: 'uuid',
  });
}

function checkScopes(scopes: readonly ApiScope[]): Refused | null {
  if (scopes.length > 0) return null;
  return refuse('SCOPES_EMPTY', 'a token without a scope can do nothing', ['input', 'scopes']);
}

function checkExpiry(days: number | null): Refused | null {
  if (days === null || (days >= 1 && days <= expiryLimitDays)) return null;
  const message = `a token expires in 1 to ${expiryLimitDays} days, or not at all`;
  return refuse('EXPIRY_INVALID', message, ['input', 'expiresInDays']);
}
