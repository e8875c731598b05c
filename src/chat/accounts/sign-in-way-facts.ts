import type { Queryable, Statement } from '../../db/queryable.ts';
import type { Command } from '../command.ts';
import type { IdentityClaim } from '../contract.ts';
import type { Identity, IdentityId, PasskeyId, UserId } from '../model.ts';

interface HeldIdentity extends IdentityClaim {
  readonly id: IdentityId;
  readonly userId: UserId;
}

interface HeldPasskey {
  readonly id: PasskeyId;
  readonly userId: UserId;
}

interface WayRows {
  readonly identities: readonly HeldIdentity[];
  readonly passkeys: readonly HeldPasskey[];
  readonly peopleWithPassword: readonly UserId[];
}

const list = (select: string) => `coalesce((SELECT json_agg(found) FROM (${select}) AS found), '[]')`;

const waysSql = `
  SELECT ${list(`SELECT id, user_id AS "userId", issuer, subject FROM identity WHERE user_id = ANY($1::uuid[])
      UNION SELECT id, user_id, issuer, subject FROM unnest($2::text[], $3::text[]) AS wanted(wanted_issuer, wanted_subject)
      JOIN identity ON issuer = wanted_issuer AND subject = wanted_subject`)} AS identities,
    ${list(`SELECT id, user_id AS "userId" FROM passkey WHERE user_id = ANY($1::uuid[])`)} AS passkeys,
    coalesce((SELECT json_agg(user_id) FROM user_password WHERE user_id = ANY($1::uuid[])), '[]') AS "peopleWithPassword"`;

/** By what people can sign in, as far as the commands of a batch are about it, and what those change; see Facts. */
export class SignInWayFacts {
  readonly #identities: Map<IdentityId, HeldIdentity>;
  readonly #passkeys: Map<PasskeyId, HeldPasskey>;
  readonly #peopleWithPassword: Set<UserId>;
  readonly #added: { readonly identity: Identity; readonly userId: UserId }[] = [];
  readonly #removedIdentities: IdentityId[] = [];
  readonly #removedPasskeys: PasskeyId[] = [];

  constructor({ identities, passkeys, peopleWithPassword }: WayRows) {
    this.#identities = new Map(identities.map((one) => [one.id, one]));
    this.#passkeys = new Map(passkeys.map((one) => [one.id, one]));
    this.#peopleWithPassword = new Set(peopleWithPassword);
  }

  identityOf({ issuer, subject }: IdentityClaim): HeldIdentity | null {
    return [...this.#identities.values()].find((one) => one.issuer === issuer && one.subject === subject) ?? null;
  }

  hasIdentityOf(userId: UserId, issuer: string): boolean {
    return [...this.#identities.values()].some((one) => one.userId === userId && one.issuer === issuer);
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

  putIdentity(identity: Identity, userId: UserId): void {
    const { id, issuer, subject } = identity;
    this.#identities.set(id, { id, issuer, subject, userId });
    this.#added.push({ identity, userId });
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
      ...identitiesWritten(this.#added),
      ...removed('DELETE FROM identity WHERE id = ANY($1::uuid[])', this.#removedIdentities),
      ...removed('DELETE FROM passkey WHERE id = ANY($1::uuid[])', this.#removedPasskeys),
    ];
  }
}

/** Asks nothing where no command of the batch is about ways to sign in. */
export async function loadSignInWayFacts(tx: Queryable, commands: readonly Command[]): Promise<SignInWayFacts> {
  const concerned = commands.filter(({ verb }) => verb === 'linkIdentity' || verb === 'removeSignInWay');
  const claims = concerned.flatMap((command) => (command.verb === 'linkIdentity' ? [command.input.identity] : []));
  if (concerned.length === 0) return new SignInWayFacts({ identities: [], passkeys: [], peopleWithPassword: [] });
  const [found] = await tx.query<WayRows>(waysSql, [
    [...new Set(concerned.map(({ actorId }) => actorId))],
    claims.map(({ issuer }) => issuer),
    claims.map(({ subject }) => subject),
  ]);
  if (!found) throw new Error('the statement of ways to sign in gave no row');
  return new SignInWayFacts(found);
}

function identitiesWritten(
  rows: readonly { readonly identity: Identity; readonly userId: UserId }[],
): readonly Statement[] {
  if (rows.length === 0) return [];
  const sql = `INSERT INTO identity (id, user_id, issuer, subject, created_at, last_used_at)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[])
    ON CONFLICT (id) DO UPDATE SET last_used_at = excluded.last_used_at`;
  const of = (field: keyof Identity) => rows.map(({ identity }) => identity[field]);
  const userIds = rows.map(({ userId }) => userId);
  return [{ sql, parameters: [of('id'), userIds, of('issuer'), of('subject'), of('createdAt'), of('lastUsedAt')] }];
}

function removed(sql: string, ids: readonly string[]): readonly Statement[] {
  return ids.length === 0 ? [] : [{ sql, parameters: [ids] }];
}
