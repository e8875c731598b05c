import { byServer, commandOf } from '../command.ts';
import type { Accounts, Ended } from '../contract.ts';
import type { Decided } from '../decision.ts';
import type { SessionId, User, UserId, Viewer } from '../model.ts';
import { isRefused, type Refused, refuse } from '../refusal.ts';
import { userColumns } from '../rows.ts';
import { checkDisplayName } from '../text.ts';
import { accountRequired, alreadySignedUp } from './account-rules.ts';
import { sessionOf } from './credentials.ts';
import { checkHandle, foldHandle, isStorable } from './handles.ts';
import { type SessionOpener, type SessionOpenerOptions, sessionColumnsOf, signedIn } from './open-session.ts';
import { checkPassword, type Passwords } from './passwords.ts';
import { provenBySql } from './proof.ts';

export interface AccountsOptions extends Pick<SessionOpenerOptions, 'database' | 'committer' | 'sessions'> {
  readonly opener: SessionOpener;
  readonly passwords: Passwords;
  readonly newId: () => string;
}

type Credentials = User & { readonly hash: string | null };

const findSql = `
  SELECT person.*, user_password.hash FROM (SELECT ${userColumns} FROM user_account WHERE handle = $1) AS person
  LEFT JOIN user_password ON user_password.user_id = person.id`;

const hashSql = `
  SELECT is_guest AS "isGuest", hash FROM user_account LEFT JOIN user_password ON user_password.user_id = user_account.id
  WHERE user_account.id = $1`;

// The password is held while the session is written: one that is changed meanwhile lets nobody in.
const proofSql = `proof AS (
  SELECT user_id, ${provenBySql('user_password', 'changed_at')} FROM user_password
  WHERE user_id = $1::uuid AND hash = $3 FOR SHARE)`;

const enterSql = `
  WITH person AS (
    INSERT INTO user_account (id, handle, display_name, is_guest, is_bot, created_at)
    VALUES ($2, NULL, $8, true, false, $4) RETURNING id
  )
  INSERT INTO session (id, user_id, token_hash, created_at, last_seen_at, expires_at, user_agent, address)
  SELECT $1, person.id, $3, $4, $4, $5, $6, $7 FROM person`;

export function createAccounts(options: AccountsOptions): Accounts {
  const { database, committer, passwords, sessions, opener, newId } = options;

  /** The costs were raised since the password was hashed: now is when it is known. Nobody waits for more than the hash. */
  async function renewHash(userId: UserId, stored: string, password: string): Promise<string> {
    if (passwords.isCurrent(stored)) return stored;
    const renewed = await passwords.hash(password);
    if (isRefused(renewed)) return stored;
    const sql = 'UPDATE user_password SET hash = $3 WHERE user_id = $1 AND hash = $2 RETURNING user_id';
    const rows = await database.query(sql, [userId, stored, renewed.hash]);
    return rows.length > 0 ? renewed.hash : stored;
  }

  /** The hash that a password was found to fit; null: there is none, and none was given. */
  async function provePassword({ user }: Viewer, password: string | null, field: string) {
    const [found] = await database.query<{ isGuest: boolean; hash: string | null }>(hashSql, [user.id]);
    if (!found || found.isGuest) return accountRequired();
    const { hash } = found;
    const wrong = (why: string) => refuse('PASSWORD_WRONG', why, ['input', field]);
    if (hash === null) return password === null ? { hash } : wrong('you have no password');
    if (password === null) return wrong('your password is needed');
    const verdict = await passwords.verify(async () => hash, password);
    if (isRefused(verdict)) return verdict;
    return verdict.isRight ? { hash } : wrong('this is not your password');
  }

  return {
    async enterAsGuest(displayName, origin) {
      const name = displayName.trim();
      const refused = checkDisplayName(name);
      if (refused) return refused;
      const blank = { handle: null, avatarHash: null, isDeleted: false };
      const user: User = { ...blank, id: newId() as UserId, displayName: name, isGuest: true, isBot: false };
      const { session, token } = sessions.make(user, origin);
      await database.query(enterSql, [...sessionColumnsOf(session), name]);
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
      const { session, token } = sessions.make({ id: userId, isGuest: false }, origin);
      const fields = { handle, displayName, hash: hashed.hash, session, isNew: viewer === null, clientKey: null };
      const decided = await committer.submit(commandOf('signUp', viewer ?? byServer(userId), {}, fields));
      if (isRefused(decided)) return decided;
      return signedIn(decided.entity as User, session, token, decided.head);
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
      const proof = { sql: proofSql, parameters: [current] };
      return (await opener.open(user as User, origin, proof)) ?? signInFailed();
    },

    async changePassword(viewer, { currentPassword, newPassword, endsApiTokens }) {
      sessionOf(viewer);
      const refused = checkPassword(newPassword, 'newPassword');
      if (refused) return refused;
      const proof = await provePassword(viewer, currentPassword, 'currentPassword');
      if (isRefused(proof)) return proof;
      const hashed = await passwords.hash(newPassword);
      if (isRefused(hashed)) return hashed;
      const input = { verifiedHash: proof.hash, hash: hashed.hash, endsApiTokens, clientKey: null };
      const decided = await committer.submit(commandOf('changePassword', viewer, {}, input));
      return isRefused(decided) ? decided : endedBy(decided);
    },

    async confirm(viewer, password) {
      sessionOf(viewer);
      const proof = await provePassword(viewer, password, 'password');
      if (isRefused(proof)) return proof;
      const confirmed = await opener.confirm(viewer, { sql: proofSql, parameters: [proof.hash] });
      return confirmed ?? refuse('PASSWORD_WRONG', 'the password was changed meanwhile', ['input', 'password']);
    },
  };
}

/** What a command that ended credentials says of them. */
export function endedBy({ entity, mark, head }: Exclude<Decided, Refused>): Ended {
  return { sessionIds: entity as SessionId[], mark, head };
}

/** One answer, so that nobody learns from it which handles there are. */
function signInFailed(): Refused {
  return refuse('SIGN_IN_FAILED', 'there is nobody with this handle and this password');
}
