import type { Queryable, Statement } from '../../db/queryable.ts';
import type { Command, Verb } from '../command.ts';
import type { SessionId, User, UserId } from '../model.ts';
import { userColumns } from '../rows.ts';
import type { NewSession } from './new-session.ts';
import { proofMs } from './proof.ts';

/** A session that has not been ended; it may have expired. */
export interface OpenSession {
  readonly id: SessionId;
  readonly userId: UserId;
}

interface NewPassword {
  readonly hash: string;
  readonly at: Date;
  readonly provenAt: Date | null;
}

interface AccountRows {
  readonly users: readonly User[];
  readonly sessions: readonly OpenSession[];
  /** Of the handles that are asked for, those that somebody has, or had before they deleted their account (null). */
  readonly handles: readonly { readonly handle: string; readonly userId: UserId | null }[];
  readonly passwords: readonly { readonly userId: UserId; readonly hash: string }[];
}

const noRows: AccountRows = { users: [], sessions: [], handles: [], passwords: [] };

const list = (select: string) => `coalesce((SELECT json_agg(found) FROM (${select}) AS found), '[]')`;

// A sign-in with the old password either has written its session before this lock, and the next statement sees it, or waits
// and finds another password.
const passwordsSql = `
  SELECT user_id AS "userId", hash FROM user_password WHERE user_id = ANY($1::uuid[]) ORDER BY user_id FOR UPDATE`;

const accountsSql = `
  SELECT ${list(`SELECT ${userColumns} FROM user_account WHERE id = ANY($1::uuid[])
      OR id IN (SELECT user_id FROM bot WHERE owner_id = ANY($1::uuid[]))`)} AS users,
    ${list(`SELECT id, user_id AS "userId" FROM session
      WHERE user_id = ANY($1::uuid[]) AND ended_at IS NULL ORDER BY id`)} AS sessions,
    ${list(`SELECT handle, id AS "userId" FROM user_account WHERE handle = ANY($2::text[])
      UNION ALL SELECT handle, NULL FROM retired_handle WHERE handle = ANY($2::text[])`)} AS handles`;

interface SessionEnd {
  readonly at: Date;
  /** The guest who had it goes on by another one. */
  readonly isReplaced: boolean;
}

/** What commands about accounts need to be decided, and what they change; see Facts. */
export class AccountFacts {
  readonly #users: Map<UserId, User>;
  readonly #sessions: Map<SessionId, OpenSession>;
  readonly #handles: Map<string, UserId | null>;
  readonly #passwords: Map<UserId, string>;
  readonly #changedUsers = new Map<UserId, { readonly user: User; readonly at: Date }>();
  readonly #changedPasswords = new Map<UserId, NewPassword>();
  readonly #newSessions = new Map<SessionId, NewSession>();
  readonly #ended = new Map<SessionId, SessionEnd>();

  constructor({ users, sessions, handles, passwords }: AccountRows = noRows) {
    this.#users = new Map(users.map((user) => [user.id, user]));
    this.#sessions = new Map(sessions.map((one) => [one.id, one]));
    this.#handles = new Map(handles.map(({ handle, userId }) => [handle, userId]));
    this.#passwords = new Map(passwords.map(({ userId, hash }) => [userId, hash]));
  }

  user(id: UserId): User | null {
    return this.#users.get(id) ?? null;
  }

  isHandleTaken(handle: string, byOtherThan: UserId): boolean {
    const holder = this.#handles.get(handle);
    return holder !== undefined && holder !== byOtherThan;
  }

  passwordHash(userId: UserId): string | null {
    return this.#passwords.get(userId) ?? null;
  }

  /** Oldest first. */
  sessionsOf(userId: UserId): OpenSession[] {
    return [...this.#sessions.values()].filter((one) => one.userId === userId);
  }

  putUser(user: User, at: Date): void {
    const before = this.#users.get(user.id);
    if (before?.handle && before.handle !== user.handle) this.#handles.delete(before.handle);
    if (user.handle !== null) this.#handles.set(user.handle, user.id);
    this.#users.set(user.id, user);
    this.#changedUsers.set(user.id, { user, at });
  }

  /** Nobody gets it any more. */
  retireHandle(handle: string): void {
    this.#handles.set(handle, null);
  }

  /** `provenAt`: of the first one of an account that there was before. */
  putPassword(userId: UserId, hash: string, at: Date, provenAt: Date | null = null): void {
    this.#passwords.set(userId, hash);
    this.#changedPasswords.set(userId, { hash, at, provenAt });
  }

  putSession(session: NewSession): void {
    this.#sessions.set(session.id, session);
    this.#newSessions.set(session.id, session);
  }

  endSession(id: SessionId, at: Date, isReplaced: boolean): void {
    this.#sessions.delete(id);
    this.#ended.set(id, { at, isReplaced });
  }

  get changedUsers(): User[] {
    return [...this.#changedUsers.values()].map(({ user }) => user);
  }

  /** What writes all that was changed: people first, as the others refer to them. */
  get effects(): readonly Statement[] {
    return [
      ...usersWritten([...this.#changedUsers.values()]),
      ...passwordsWritten([...this.#changedPasswords]),
      ...sessionsWritten([...this.#newSessions.values()]),
      ...sessionsEnded([...this.#ended]),
    ];
  }
}

const aboutAccounts: ReadonlySet<Verb> = new Set([
  'endCredentials',
  'signUp',
  'changePassword',
  'updateUser',
  'deleteAccount',
  'linkIdentity',
  'addPasskey',
  'createApiToken',
  'createBot',
  'updateBot',
  'deleteBot',
]);

const lockingPasswords: ReadonlySet<Verb> = new Set(['changePassword', 'signUp', 'deleteAccount']);

/** Asks nothing where no command of the batch is about accounts. */
export async function loadAccountFacts(tx: Queryable, commands: readonly Command[]): Promise<AccountFacts> {
  const concerned = commands.filter(({ verb }) => aboutAccounts.has(verb));
  if (concerned.length === 0) return new AccountFacts();
  const actorsOf = (some: readonly Command[]) => [...new Set(some.map(({ actorId }) => actorId))];
  const changing = concerned.filter(({ verb }) => lockingPasswords.has(verb));
  const handles = concerned.flatMap(handlesOf);
  const [passwords, [found]] = await Promise.all([
    changing.length === 0 ? [] : tx.query<AccountRows['passwords'][number]>(passwordsSql, [actorsOf(changing)]),
    tx.query<AccountRows>(accountsSql, [actorsOf(concerned), [...new Set(handles)]]),
  ]);
  return new AccountFacts({ ...noRows, ...found, passwords });
}

function handlesOf({ input }: Command): readonly string[] {
  if ('as' in input) return 'handles' in input.as ? input.as.handles : [];
  return 'handle' in input && input.handle ? [input.handle] : [];
}

function usersWritten(rows: readonly { readonly user: User; readonly at: Date }[]): readonly Statement[] {
  if (rows.length === 0) return [];
  const sql = `INSERT INTO user_account (id, handle, display_name, is_guest, is_bot, avatar_hash, created_at, deleted_at)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bool[], $5::bool[], $6::text[], $7::timestamptz[],
      $8::timestamptz[])
    ON CONFLICT (id) DO UPDATE SET handle = excluded.handle, display_name = excluded.display_name,
      is_guest = excluded.is_guest, avatar_hash = excluded.avatar_hash, deleted_at = excluded.deleted_at`;
  const columns = (['id', 'handle', 'displayName', 'isGuest', 'isBot', 'avatarHash'] as const).map((field) =>
    rows.map(({ user }) => user[field]),
  );
  const deletedAt = rows.map(({ user, at }) => (user.isDeleted ? at : null));
  return [{ sql, parameters: [...columns, rows.map(({ at }) => at), deletedAt] }];
}

/** One that takes the place of a password that is too new proves no more than that one did. */
function passwordsWritten(rows: readonly (readonly [UserId, NewPassword])[]): readonly Statement[] {
  if (rows.length === 0) return [];
  const sql = `INSERT INTO user_password (user_id, hash, changed_at, proven_at)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[])
    ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at,
      proven_at = CASE WHEN excluded.proven_at IS NULL
          AND user_password.changed_at > excluded.changed_at - interval '${proofMs} ms'
        THEN user_password.proven_at ELSE excluded.proven_at END`;
  const of = <Field extends keyof NewPassword>(field: Field) => rows.map(([, password]) => password[field]);
  return [{ sql, parameters: [rows.map(([id]) => id), of('hash'), of('at'), of('provenAt')] }];
}

function sessionsWritten(rows: readonly NewSession[]): readonly Statement[] {
  if (rows.length === 0) return [];
  const sql = `INSERT INTO session (id, user_id, token_hash, created_at, last_seen_at, expires_at, user_agent, address)
    SELECT id, user_id, token_hash, created_at, created_at, expires_at, user_agent, address
    FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[])
      AS made(id, user_id, token_hash, created_at, expires_at, user_agent, address)
    ON CONFLICT (id) DO NOTHING`;
  const fields = ['id', 'userId', 'tokenHash', 'createdAt', 'expiresAt', 'userAgent', 'address'] as const;
  return [{ sql, parameters: fields.map((field) => rows.map((row) => row[field])) }];
}

function sessionsEnded(rows: readonly (readonly [SessionId, SessionEnd])[]): readonly Statement[] {
  if (rows.length === 0) return [];
  const sql = `UPDATE session SET ended_at = ended.at, is_replaced = ended.is_replaced
    FROM unnest($1::uuid[], $2::timestamptz[], $3::bool[]) AS ended(id, at, is_replaced)
    WHERE session.id = ended.id AND session.ended_at IS NULL`;
  const of = <Field extends keyof SessionEnd>(field: Field) => rows.map(([, end]) => end[field]);
  return [{ sql, parameters: [rows.map(([id]) => id), of('at'), of('isReplaced')] }];
}
