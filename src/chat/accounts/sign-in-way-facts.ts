import type { Queryable, Statement } from '../../db/queryable.ts';
import type { Command, NewPasskey, Verb } from '../command.ts';
import type { IdentityClaim } from '../contract.ts';
import type { Identity, IdentityId, Passkey, PasskeyId, UserId } from '../model.ts';
import type { RowOf } from '../rows.ts';
import { type Challenge, spendingSql } from './challenges.ts';

interface HeldIdentity extends IdentityClaim {
  readonly id: IdentityId;
  readonly userId: UserId;
}

interface HeldPasskey extends Passkey {
  readonly userId: UserId;
  readonly credentialId: string;
}

interface WayRows {
  readonly identities: readonly HeldIdentity[];
  readonly passkeys: readonly RowOf<HeldPasskey>[];
  readonly peopleWithPassword: readonly UserId[];
  readonly spentChallenges: readonly string[];
}

const noRows: WayRows = { identities: [], passkeys: [], peopleWithPassword: [], spentChallenges: [] };

interface AddedPasskey {
  readonly passkey: NewPasskey;
  readonly userId: UserId;
  readonly challenge: Challenge;
  readonly provenAt: Date | null;
}

interface AddedIdentity {
  readonly identity: Identity;
  readonly userId: UserId;
  readonly provenAt: Date | null;
}

export const passkeyColumns = `id, name, is_backed_up AS "isBackedUp", created_at AS "createdAt", last_used_at AS "lastUsedAt"`;

const list = (select: string) => `coalesce((SELECT json_agg(found) FROM (${select}) AS found), '[]')`;

const waysSql = `
  SELECT ${list(`SELECT id, user_id AS "userId", issuer, subject FROM identity WHERE user_id = ANY($1::uuid[])
      UNION SELECT id, user_id, issuer, subject FROM unnest($2::text[], $3::text[]) AS wanted(wanted_issuer, wanted_subject)
      JOIN identity ON issuer = wanted_issuer AND subject = wanted_subject`)} AS identities,
    ${list(`SELECT user_id AS "userId", credential_id AS "credentialId", ${passkeyColumns} FROM passkey
      WHERE user_id = ANY($1::uuid[]) OR credential_id = ANY($4::text[])`)} AS passkeys,
    coalesce((SELECT json_agg(user_id) FROM user_password WHERE user_id = ANY($1::uuid[])), '[]') AS "peopleWithPassword",
    coalesce((SELECT json_agg(id) FROM spent_challenge WHERE id = ANY($5::uuid[])), '[]') AS "spentChallenges"`;

/** By what people can sign in, as far as the commands of a batch are about it, and what those change; see Facts. */
export class SignInWayFacts {
  readonly #identities: Map<IdentityId, HeldIdentity>;
  readonly #passkeys: Map<PasskeyId, HeldPasskey>;
  readonly #peopleWithPassword: Set<UserId>;
  readonly #spent: Set<string>;
  readonly #addedIdentities: AddedIdentity[] = [];
  readonly #addedPasskeys: AddedPasskey[] = [];
  readonly #renamedPasskeys = new Map<PasskeyId, string>();
  readonly #removedIdentities: IdentityId[] = [];
  readonly #removedPasskeys: PasskeyId[] = [];

  constructor({ identities, passkeys, peopleWithPassword, spentChallenges }: WayRows = noRows) {
    this.#identities = new Map(identities.map((one) => [one.id, one]));
    this.#passkeys = new Map(passkeys.map((one) => [one.id, toPasskey(one)]));
    this.#peopleWithPassword = new Set(peopleWithPassword);
    this.#spent = new Set(spentChallenges);
  }

  identityOf({ issuer, subject }: IdentityClaim): HeldIdentity | null {
    return [...this.#identities.values()].find((one) => one.issuer === issuer && one.subject === subject) ?? null;
  }

  hasIdentityOf(userId: UserId, issuer: string): boolean {
    return [...this.#identities.values()].some((one) => one.userId === userId && one.issuer === issuer);
  }

  /** Whoever has it. */
  passkeyOf(credentialId: string): HeldPasskey | null {
    return [...this.#passkeys.values()].find((one) => one.credentialId === credentialId) ?? null;
  }

  passkeysOf(userId: UserId): number {
    return [...this.#passkeys.values()].filter((one) => one.userId === userId).length;
  }

  holds(userId: UserId, id: IdentityId | PasskeyId): boolean {
    const held = this.#identities.get(id as IdentityId) ?? this.#passkeys.get(id as PasskeyId);
    return held?.userId === userId;
  }

  /** Password, identities and passkeys. */
  waysOf(userId: UserId): number {
    const held = [...this.#identities.values(), ...this.#passkeys.values()].filter((one) => one.userId === userId);
    return held.length + Number(this.#peopleWithPassword.has(userId));
  }

  isSpent({ id }: Challenge): boolean {
    return this.#spent.has(id);
  }

  /** `provenAt`: when who adds it to an account proved to be its holder; null: it begins with the account. */
  putIdentity(identity: Identity, userId: UserId, provenAt: Date | null): void {
    const { id, issuer, subject } = identity;
    this.#identities.set(id, { id, issuer, subject, userId });
    this.#addedIdentities.push({ identity, userId, provenAt });
  }

  /** Spends the challenge that it answers. */
  putPasskey(passkey: NewPasskey, userId: UserId, challenge: Challenge, provenAt: Date | null): void {
    this.#passkeys.set(passkey.id, { ...passkey, userId });
    this.#spent.add(challenge.id);
    this.#addedPasskeys.push({ passkey, userId, challenge, provenAt });
  }

  renamePasskey(id: PasskeyId, name: string): Passkey {
    const before = this.#passkeys.get(id);
    if (!before) throw new Error(`passkey ${id} is not among the facts`);
    const renamed = { ...before, name };
    this.#passkeys.set(id, renamed);
    this.#renamedPasskeys.set(id, name);
    return renamed;
  }

  removeIdentity(id: IdentityId): void {
    this.#identities.delete(id);
    this.#removedIdentities.push(id);
  }

  removePasskey(id: PasskeyId): void {
    this.#passkeys.delete(id);
    this.#removedPasskeys.push(id);
  }

  /** What writes all that was changed, after the people whom it refers to. */
  get effects(): readonly Statement[] {
    return [
      ...identitiesWritten(this.#addedIdentities),
      ...this.#addedPasskeys.flatMap(passkeyWritten),
      ...[...this.#renamedPasskeys].map(([id, name]) => ({
        sql: 'UPDATE passkey SET name = $2 WHERE id = $1',
        parameters: [id, name],
      })),
      ...removed('DELETE FROM identity WHERE id = ANY($1::uuid[])', this.#removedIdentities),
      ...removed('DELETE FROM passkey WHERE id = ANY($1::uuid[])', this.#removedPasskeys),
    ];
  }
}

const aboutWays: ReadonlySet<Verb> = new Set(['linkIdentity', 'removeSignInWay', 'addPasskey', 'renamePasskey']);

/** Asks nothing where no command of the batch is about ways to sign in. */
export async function loadSignInWayFacts(tx: Queryable, commands: readonly Command[]): Promise<SignInWayFacts> {
  const concerned = commands.filter(({ verb }) => aboutWays.has(verb));
  if (concerned.length === 0) return new SignInWayFacts();
  const claims = concerned.flatMap((command) => (command.verb === 'linkIdentity' ? [command.input.identity] : []));
  const added = concerned.flatMap((command) => (command.verb === 'addPasskey' ? [command.input] : []));
  const [found] = await tx.query<WayRows>(waysSql, [
    [...new Set(concerned.map(({ actorId }) => actorId))],
    claims.map(({ issuer }) => issuer),
    claims.map(({ subject }) => subject),
    added.map(({ passkey }) => passkey.credentialId),
    added.map(({ challenge }) => challenge.id),
  ]);
  if (!found) throw new Error('the statement of ways to sign in gave no row');
  return new SignInWayFacts(found);
}

function toPasskey(row: RowOf<HeldPasskey>): HeldPasskey {
  const { createdAt, lastUsedAt } = row;
  return { ...row, createdAt: new Date(createdAt), lastUsedAt: lastUsedAt === null ? null : new Date(lastUsedAt) };
}

function identitiesWritten(rows: readonly AddedIdentity[]): readonly Statement[] {
  if (rows.length === 0) return [];
  const sql = `INSERT INTO identity (id, user_id, issuer, subject, created_at, last_used_at, proven_at)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[],
      $7::timestamptz[])
    ON CONFLICT (id) DO UPDATE SET last_used_at = excluded.last_used_at`;
  const of = (field: keyof Identity) => rows.map(({ identity }) => identity[field]);
  const [userIds, provenAts] = [rows.map(({ userId }) => userId), rows.map(({ provenAt }) => provenAt)];
  const columns = [of('id'), userIds, of('issuer'), of('subject'), of('createdAt'), of('lastUsedAt'), provenAts];
  return [{ sql, parameters: columns }];
}

function passkeyWritten({ passkey, userId, challenge, provenAt }: AddedPasskey): readonly Statement[] {
  const sql = `INSERT INTO passkey
      (id, user_id, credential_id, public_key, counter, transports, name, is_backed_up, created_at, proven_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;
  const { id, credentialId, publicKey, counter, transports, name, isBackedUp, createdAt } = passkey;
  const row = [id, userId, credentialId, publicKey, counter, transports, name, isBackedUp, createdAt, provenAt];
  return [
    { sql, parameters: row },
    { sql: `WITH ${spendingSql(1)} SELECT id FROM spent`, parameters: [challenge.id, challenge.expiresAt] },
  ];
}

function removed(sql: string, ids: readonly string[]): readonly Statement[] {
  return ids.length === 0 ? [] : [{ sql, parameters: [ids] }];
}
