import type { Queryable } from '../db/queryable.ts';
import type { Committer } from '../log/append.ts';
import type { Log } from '../observe/log.ts';
import { accountRequired, alreadySignedUp } from './account-rules.ts';
import { type Command, commandOf } from './command.ts';
import type { Accounts, Ended, SignedIn } from './contract.ts';
import type { Decided } from './decision.ts';
import type { Facts } from './facts.ts';
import { checkHandle, foldHandle } from './handles.ts';
import type { SessionId, User, UserId } from './model.ts';
import type { NewSession, SessionMaker } from './new-session.ts';
import { checkPassword, type Passwords } from './passwords.ts';
import { isRefused, type Refused, refuse } from './refusal.ts';
import { userColumns } from './rows.ts';
import { checkDisplayName } from './text.ts';

export interface AccountsOptions {
  readonly database: Queryable;
  readonly committer: Pick<Committer<Command, Facts, Decided>, 'submit'>;
  readonly passwords: Passwords;
  readonly sessions: SessionMaker;
  readonly newId: () => string;
  readonly log: Log;
}

type Credentials = User & { readonly hash: string | null };

const findSql = `
  SELECT person.*, user_password.hash FROM (SELECT ${userColumns} FROM user_account WHERE handle = $1) AS person
  LEFT JOIN user_password ON user_password.user_id = person.id`;

const hashSql = 'SELECT hash FROM user_password WHERE user_id = $1';

/** Sessions that a person may have open; of more, those that were not seen for longest end. */
const SESSIONS_PER_PERSON = 100;

// The password is held while the session is written: one that is changed meanwhile lets nobody in.
const openSql = `
  WITH proof AS (SELECT user_id FROM user_password WHERE user_id = $2 AND hash = $8 FOR SHARE)
  INSERT INTO session (id, user_id, token_hash, created_at, last_seen_at, expires_at, user_agent, address)
  SELECT $1, proof.user_id, $3, $4, $4, $5, $6, $7 FROM proof
  RETURNING ARRAY(SELECT one.id FROM session AS one WHERE one.user_id = $2 AND one.ended_at IS NULL
    ORDER BY one.last_seen_at DESC, one.id DESC OFFSET ${SESSIONS_PER_PERSON - 1})::text[] AS surplus`;

const enterSql = `
  WITH person AS (
    INSERT INTO user_account (id, handle, display_name, is_guest, is_bot, created_at)
    VALUES ($2, NULL, $8, true, false, $4) RETURNING id
  )
  INSERT INTO session (id, user_id, token_hash, created_at, last_seen_at, expires_at, user_agent, address)
  SELECT $1, person.id, $3, $4, $4, $5, $6, $7 FROM person`;

export function createAccounts(options: AccountsOptions): Accounts {
  const { database, committer, passwords, sessions, newId, log } = options;

  /** The costs were raised since the password was hashed: now is when it is known. Nobody waits for more than the hash. */
  async function renewHash(userId: UserId, stored: string, password: string): Promise<string> {
    if (passwords.isCurrent(stored)) return stored;
    const renewed = await passwords.hash(password);
    if (isRefused(renewed)) return stored;
    const sql = 'UPDATE user_password SET hash = $3 WHERE user_id = $1 AND hash = $2 RETURNING user_id';
    const rows = await database.query(sql, [userId, stored, renewed.hash]);
    return rows.length > 0 ? renewed.hash : stored;
  }

  async function endSurplus(userId: UserId, ids: readonly SessionId[]): Promise<void> {
    const input = { which: { only: ids }, reason: 'REVOKED', clientKey: null } as const;
    try {
      if (ids.length > 0) await committer.submit(commandOf('endCredentials', userId, {}, input));
    } catch (error) {
      log.warn({ err: error, userId }, 'surplus sessions could not be ended; the next sign-in tries again');
    }
  }

  return {
    async enterAsGuest(displayName, origin) {
      const name = displayName.trim();
      const refused = checkDisplayName(name);
      if (refused) return refused;
      const user: User = { id: newId() as UserId, handle: null, displayName: name, isGuest: true, isBot: false };
      const { session, token } = sessions.make(user, origin);
      await database.query(enterSql, [...columnsOf(session), name]);
      return signedIn(user, session, token, null);
    },

    async signUp(viewer, input, origin) {
      if (viewer && !viewer.user.isGuest) return alreadySignedUp();
      const handle = foldHandle(input.handle);
      const displayName = input.displayName?.trim() ?? null;
      const refused =
        checkHandle(handle) ??
        (displayName === null ? null : checkDisplayName(displayName)) ??
        checkPassword(input.password, 'password');
      if (refused) return refused;
      const hashed = await passwords.hash(input.password);
      if (isRefused(hashed)) return hashed;
      const userId = viewer?.user.id ?? (newId() as UserId);
      const made = sessions.make({ id: userId, isGuest: false }, origin);
      // A guest's session goes on under a token that nobody has seen before they were a member.
      const session = viewer ? { ...made.session, id: viewer.credentialId } : made.session;
      const fields = { handle, displayName, hash: hashed.hash, session, isNew: viewer === null, clientKey: null };
      const decided = await committer.submit(commandOf('signUp', userId, {}, fields));
      if (isRefused(decided)) return decided;
      return { ...signedIn(decided.entity as User, session, made.token, decided.head) };
    },

    async signIn({ handle, password }, origin) {
      const folded = foldHandle(handle);
      let found: Credentials | undefined;
      const verdict = await passwords.verify(async () => {
        [found] = isStorable(folded) ? await database.query<Credentials>(findSql, [folded]) : [];
        return found?.hash ?? null;
      }, password);
      if (isRefused(verdict)) return verdict;
      if (!verdict.isRight || !found?.hash) return signInFailed();
      const { hash, ...user } = found;
      const current = await renewHash((user as User).id, hash, password);
      const { session, token } = sessions.make(user as User, origin);
      const opened = await database.query<{ surplus: SessionId[] }>(openSql, [...columnsOf(session), current]);
      if (!opened[0]) return signInFailed();
      await endSurplus(session.userId, opened[0].surplus);
      return signedIn(user as User, session, token, null);
    },

    async changePassword({ user, credentialId }, { currentPassword, newPassword }) {
      const refused = checkPassword(newPassword, 'newPassword');
      if (refused) return refused;
      const [stored] = await database.query<{ hash: string }>(hashSql, [user.id]);
      if (!stored) return accountRequired();
      const verdict = await passwords.verify(async () => stored.hash, currentPassword);
      if (isRefused(verdict)) return verdict;
      if (!verdict.isRight) {
        return refuse('PASSWORD_WRONG', 'this is not your password', ['input', 'currentPassword']);
      }
      const hashed = await passwords.hash(newPassword);
      if (isRefused(hashed)) return hashed;
      const input = { verifiedHash: stored.hash, hash: hashed.hash, sessionId: credentialId, clientKey: null };
      const decided = await committer.submit(commandOf('changePassword', user.id, {}, input));
      return isRefused(decided) ? decided : endedBy(decided);
    },
  };
}

/** What a command that ended credentials says of them. */
export function endedBy({ entity, mark, head }: Exclude<Decided, Refused>): Ended {
  return { sessionIds: entity as SessionId[], mark, head };
}

function signedIn(user: User, session: NewSession, token: string, head: SignedIn['head']): SignedIn {
  return { viewer: { user, credentialId: session.id }, token, expiresAt: session.expiresAt, head };
}

/** One answer, so that nobody learns from it which handles there are. */
function signInFailed(): Refused {
  return refuse('SIGN_IN_FAILED', 'there is nobody with this handle and this password');
}

function columnsOf({ id, userId, tokenHash, createdAt, expiresAt, userAgent, address }: NewSession) {
  return [id, userId, tokenHash, createdAt, expiresAt, userAgent, address];
}

function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}
