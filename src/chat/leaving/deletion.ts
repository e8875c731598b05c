import type { Queryable } from '../../db/queryable.ts';
import type { Committer } from '../../log/append.ts';
import { endedBy } from '../accounts/accounts.ts';
import { sessionOf } from '../accounts/credentials.ts';
import type { Passwords } from '../accounts/passwords.ts';
import { type Command, commandOf } from '../command.ts';
import type { DeletedContent, Deletions } from '../contract.ts';
import type { Decided } from '../decision.ts';
import type { Facts } from '../facts.ts';
import type { SessionId, UserId } from '../model.ts';
import { isRefused, type Refused, refuse } from '../refusal.ts';

export interface DeletionsOptions {
  readonly database: Queryable;
  readonly committer: Pick<Committer<Command, Facts, Decided>, 'submit'>;
  readonly passwords: Passwords;
  readonly offered: readonly [DeletedContent, ...DeletedContent[]];
  readonly clock: () => number;
  /** There is something to erase. */
  readonly onDeleted: () => void;
}

/** How new the session has to be of who has an account without a password. */
export const recentSignInMs = 10 * 60_000;

interface Proofs {
  readonly isGuest: boolean;
  readonly hash: string | null;
  readonly signedInAt: Date;
}

const proofsSql = `
  SELECT is_guest AS "isGuest", user_password.hash, session.created_at AS "signedInAt"
  FROM session JOIN user_account ON user_account.id = session.user_id
  LEFT JOIN user_password ON user_password.user_id = session.user_id
  WHERE session.id = $1 AND session.user_id = $2`;

export function createDeletions(options: DeletionsOptions): Deletions {
  const { database, committer, passwords, offered, clock, onDeleted } = options;

  /** The hash that was found to fit, or that there is none. */
  async function prove(userId: UserId, sessionId: SessionId, password: string | null) {
    const [found] = await database.query<Proofs>(proofsSql, [sessionId, userId]);
    if (!found) return { hash: null };
    const { isGuest, hash, signedInAt } = found;
    if (hash !== null) return (await checkPassword(hash, password)) ?? { hash };
    // A guest has nothing to sign in with again: their session is all that they are.
    return isGuest || clock() - signedInAt.getTime() <= recentSignInMs ? { hash } : signInAgain();
  }

  async function checkPassword(hash: string, password: string | null): Promise<Refused | null> {
    if (password === null) return wrongPassword('your password is needed');
    const verdict = await passwords.verify(async () => hash, password);
    if (isRefused(verdict)) return verdict;
    return verdict.isRight ? null : wrongPassword('this is not your password');
  }

  return {
    offered,
    async deleteAccount(viewer, { password, content: asked }) {
      const sessionId = sessionOf(viewer);
      const content = asked ?? offered[0];
      if (!offered.includes(content)) return notOffered(content);
      const proof = await prove(viewer.user.id, sessionId, password);
      if (isRefused(proof)) return proof;
      const erasesMessages = content === 'ERASE';
      const input = { verifiedHash: proof.hash, erasesMessages, clientKey: null };
      const decided = await committer.submit(commandOf('deleteAccount', viewer, {}, input));
      if (isRefused(decided)) return decided;
      onDeleted();
      return endedBy(decided);
    },
  };
}

function wrongPassword(why: string): Refused {
  return refuse('PASSWORD_WRONG', why, ['input', 'password']);
}

function signInAgain(): Refused {
  return refuse(
    'SIGN_IN_AGAIN',
    `you signed in more than ${recentSignInMs / 60_000} minutes ago, and have no password`,
  );
}

function notOffered(content: DeletedContent): Refused {
  return refuse('CONTENT_NOT_OFFERED', `this server does not offer ${content}`, ['input', 'content']);
}
