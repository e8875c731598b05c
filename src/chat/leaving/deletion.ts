import type { Queryable } from '../../db/queryable.ts';
import type { Committer } from '../../log/append.ts';
import { endedBy } from '../accounts/accounts.ts';
import { sessionOf } from '../accounts/credentials.ts';
import type { Passwords } from '../accounts/passwords.ts';
import { type Command, commandOf } from '../command.ts';
import type { DeletedContent, Deletions } from '../contract.ts';
import type { Decided } from '../decision.ts';
import type { Facts } from '../facts.ts';
import type { UserId } from '../model.ts';
import { isRefused, type Refused, refuse } from '../refusal.ts';

export interface DeletionsOptions {
  readonly database: Queryable;
  readonly committer: Pick<Committer<Command, Facts, Decided>, 'submit'>;
  readonly passwords: Passwords;
  readonly offered: readonly [DeletedContent, ...DeletedContent[]];
  /** There is something to erase. */
  readonly onDeleted: () => void;
}

const hashSql = 'SELECT hash FROM user_password WHERE user_id = $1';

export function createDeletions(options: DeletionsOptions): Deletions {
  const { database, committer, passwords, offered, onDeleted } = options;

  /** The hash that was found to fit; null: there is none, and the session has to prove it. */
  async function prove(userId: UserId, password: string | null) {
    const [found] = await database.query<{ hash: string }>(hashSql, [userId]);
    return found ? ((await checkPassword(found.hash, password)) ?? found) : { hash: null };
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
      sessionOf(viewer);
      const content = asked ?? offered[0];
      if (!offered.includes(content)) return notOffered(content);
      const proof = await prove(viewer.user.id, password);
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

function notOffered(content: DeletedContent): Refused {
  return refuse('CONTENT_NOT_OFFERED', `this server does not offer ${content}`, ['input', 'content']);
}
