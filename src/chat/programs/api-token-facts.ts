import type { Queryable, Statement } from '../../db/queryable.ts';
import type { Command, Verb } from '../command.ts';
import type { ApiTokenId, UserId } from '../model.ts';
import type { NewApiToken } from './api-token-rules.ts';

/** A token that has neither ended nor expired. */
interface OpenToken {
  readonly id: ApiTokenId;
  readonly userId: UserId;
}

interface HeldBot {
  readonly userId: UserId;
  readonly ownerId: UserId;
}

interface TokenRows {
  readonly tokens: readonly OpenToken[];
  readonly bots: readonly HeldBot[];
}

const noRows: TokenRows = { tokens: [], bots: [] };

const list = (select: string) => `coalesce((SELECT json_agg(found) FROM (${select}) AS found), '[]')`;

const tokensSql = `
  SELECT ${list(`SELECT id, user_id AS "userId" FROM api_token
      WHERE (user_id = ANY($1::uuid[]) OR user_id IN (SELECT user_id FROM bot WHERE owner_id = ANY($1::uuid[])))
        AND ended_at IS NULL AND (expires_at IS NULL OR expires_at > now()) ORDER BY id`)} AS tokens,
    ${list(`SELECT user_id AS "userId", owner_id AS "ownerId" FROM bot WHERE owner_id = ANY($1::uuid[])
      ORDER BY user_id`)} AS bots`;

/** Tokens and bots of those whom the commands of a batch are about, and what those change; see Facts. */
export class ApiTokenFacts {
  readonly #tokens: Map<ApiTokenId, OpenToken>;
  readonly #bots: Map<UserId, HeldBot>;
  readonly #added: NewApiToken[] = [];
  readonly #ended = new Map<ApiTokenId, Date>();
  readonly #newBots: (HeldBot & { readonly createdAt: Date })[] = [];
  readonly #goneBots: UserId[] = [];

  constructor({ tokens, bots }: TokenRows = noRows) {
    this.#tokens = new Map(tokens.map((one) => [one.id, one]));
    this.#bots = new Map(bots.map((one) => [one.userId, one]));
  }

  token(id: ApiTokenId): OpenToken | null {
    return this.#tokens.get(id) ?? null;
  }

  /** Oldest first. */
  tokensOf(userId: UserId): ApiTokenId[] {
    return [...this.#tokens.values()].flatMap((one) => (one.userId === userId ? [one.id] : []));
  }

  /** The person, or a bot of theirs. */
  isRunBy(userId: UserId, ownerId: UserId): boolean {
    return userId === ownerId || this.#bots.get(userId)?.ownerId === ownerId;
  }

  botsOf(ownerId: UserId): UserId[] {
    return [...this.#bots.values()].flatMap((one) => (one.ownerId === ownerId ? [one.userId] : []));
  }

  putToken(token: NewApiToken): void {
    this.#tokens.set(token.id, token);
    this.#added.push(token);
  }

  endToken(id: ApiTokenId, at: Date): void {
    this.#tokens.delete(id);
    this.#ended.set(id, at);
  }

  putBot(userId: UserId, ownerId: UserId, createdAt: Date): void {
    this.#bots.set(userId, { userId, ownerId });
    this.#newBots.push({ userId, ownerId, createdAt });
  }

  removeBot(userId: UserId): void {
    this.#bots.delete(userId);
    this.#goneBots.push(userId);
  }

  /** What writes all that was changed, after the people whom it refers to. */
  get effects(): readonly Statement[] {
    return [
      ...botsWritten(this.#newBots),
      ...tokensWritten(this.#added),
      ...tokensEnded([...this.#ended]),
      ...botsRemoved(this.#goneBots),
    ];
  }
}

const aboutTokens: ReadonlySet<Verb> = new Set([
  'createApiToken',
  'revokeApiToken',
  'createBot',
  'updateBot',
  'deleteBot',
  'changePassword',
  'deleteAccount',
]);

/** Asks nothing where no command of the batch is about tokens or bots. */
export async function loadApiTokenFacts(tx: Queryable, commands: readonly Command[]): Promise<ApiTokenFacts> {
  const actorIds = commands.flatMap(({ verb, actorId }) => (aboutTokens.has(verb) ? [actorId] : []));
  if (actorIds.length === 0) return new ApiTokenFacts();
  const [found] = await tx.query<TokenRows>(tokensSql, [[...new Set(actorIds)]]);
  if (!found) throw new Error('the statement of tokens and bots gave no row');
  return new ApiTokenFacts(found);
}

function tokensWritten(rows: readonly NewApiToken[]): readonly Statement[] {
  return rows.map((row) => ({
    sql: `INSERT INTO api_token (id, user_id, token_hash, name, hint, scopes, created_at, expires_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING`,
    parameters: [row.id, row.userId, row.tokenHash, row.name, row.hint, row.scopes, row.createdAt, row.expiresAt],
  }));
}

function tokensEnded(rows: readonly (readonly [ApiTokenId, Date])[]): readonly Statement[] {
  if (rows.length === 0) return [];
  const sql = `UPDATE api_token SET ended_at = ended.at FROM unnest($1::uuid[], $2::timestamptz[]) AS ended(id, at)
    WHERE api_token.id = ended.id AND api_token.ended_at IS NULL`;
  return [{ sql, parameters: [rows.map(([id]) => id), rows.map(([, at]) => at)] }];
}

function botsWritten(rows: readonly (HeldBot & { readonly createdAt: Date })[]): readonly Statement[] {
  if (rows.length === 0) return [];
  const sql = `INSERT INTO bot (user_id, owner_id, created_at)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) ON CONFLICT (user_id) DO NOTHING`;
  const fields = ['userId', 'ownerId', 'createdAt'] as const;
  return [{ sql, parameters: fields.map((field) => rows.map((row) => row[field])) }];
}

function botsRemoved(userIds: readonly UserId[]): readonly Statement[] {
  return userIds.length === 0
    ? []
    : [{ sql: 'DELETE FROM bot WHERE user_id = ANY($1::uuid[])', parameters: [userIds] }];
}
