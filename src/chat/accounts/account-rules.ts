import { isDeepStrictEqual } from 'node:util';
import type { LogBatch } from '../../log/batch.ts';
import type { Mark } from '../../log/position.ts';
import type { CommandOf } from '../command.ts';
import { appendToServer, type Decision } from '../decision.ts';
import type { Facts } from '../facts.ts';
import type { User } from '../model.ts';
import { changeProfile } from '../profiles/profiles.ts';
import { type Refused, refuse } from '../refusal.ts';
import { endCredentials } from './credentials.ts';

/** A new person, or a guest who stays who they are and becomes a member: by a session that nobody has seen before. */
export function decideSignUp({ actorId, input }: CommandOf<'signUp'>, facts: Facts, batch: LogBatch): Decision {
  const { accounts } = facts;
  const { handle, displayName, hash, session, isNew } = input;
  const guest = accounts.user(actorId);
  if (!isNew && !guest?.isGuest) return alreadySignedUp();
  const taken = checkFree(handle, actorId, facts);
  if (taken) return taken;
  const user: User = {
    id: actorId,
    handle,
    displayName: displayName ?? guest?.displayName ?? handle,
    isGuest: false,
    isBot: false,
    avatarHash: guest?.avatarHash ?? null,
    isDeleted: false,
  };
  if (!isNew) endGuest(actorId, facts, batch);
  accounts.putUser(user, batch.at);
  accounts.putPassword(actorId, hash, batch.at);
  accounts.putSession(session);
  // Nobody has seen a new person yet.
  return { entityId: actorId, entity: user, mark: isNew ? null : tellAll(user, batch) };
}

const noSessions = { only: [] } as const;

/** Whoever had the token of a guest shall not be in the account of a member. */
export function endGuest(userId: User['id'], facts: Facts, batch: LogBatch): void {
  endCredentials(facts, batch, { userId, which: { allBut: null }, reason: 'SIGNED_UP' });
}

/**
 * All sessions but this one end, and API tokens where that was asked, by one event in the same transaction. A first password
 * ends none: nobody knew one before.
 */
export function decideChangePassword(command: CommandOf<'changePassword'>, facts: Facts, batch: LogBatch): Decision {
  const { actorId, credentialId, input } = command;
  const { accounts } = facts;
  const { verifiedHash, hash, endsApiTokens } = input;
  if (accounts.user(actorId)?.isGuest) return accountRequired();
  const stored = accounts.passwordHash(actorId);
  // The new one: done before, in a COMMIT whose answer got lost.
  if (stored !== verifiedHash && stored !== hash) {
    return refuse('PASSWORD_WRONG', 'the password was changed meanwhile', ['input', 'currentPassword']);
  }
  const isFirst = verifiedHash === null;
  accounts.putPassword(actorId, hash, batch.at, isFirst ? facts.credentials.provenAt(command) : null);
  const tokenIds = endsApiTokens ? facts.tokens.tokensOf(actorId) : [];
  const reason = 'PASSWORD_CHANGED';
  const ending = { userId: actorId, which: isFirst ? noSessions : { allBut: credentialId }, tokenIds, reason } as const;
  return { entityId: actorId, ...endCredentials(facts, batch, ending) };
}

export function decideUpdateUser({ actorId, input }: CommandOf<'updateUser'>, facts: Facts, batch: LogBatch): Decision {
  const before = facts.accounts.user(actorId);
  if (!before) throw new Error(`user ${actorId} does not exist`);
  const { handle, displayName, avatarHash, profile = {} } = input;
  if (avatarHash && before.isGuest) return accountRequired();
  if (handle !== undefined) {
    if (before.isGuest) return accountRequired();
    const taken = checkFree(handle, actorId, facts);
    if (taken) return taken;
  }
  const user: User = {
    ...before,
    handle: handle ?? before.handle,
    displayName: displayName ?? before.displayName,
    avatarHash: avatarHash === undefined ? before.avatarHash : avatarHash,
  };
  const told = facts.profiles.profile(actorId);
  const toldNow = changeProfile(told, profile, batch.at);
  const [isUserSame, isProfileSame] = [isDeepStrictEqual(user, before), isDeepStrictEqual(toldNow, told)];
  if (isUserSame && isProfileSame) return { entityId: actorId, entity: before, mark: null };
  if (!isUserSame) facts.accounts.putUser(user, batch.at);
  if (!isProfileSame) facts.profiles.put(actorId, toldNow);
  return { entityId: actorId, entity: user, mark: tellAll(user, batch) };
}

export function alreadySignedUp(): Refused {
  return refuse('ALREADY_SIGNED_UP', 'you have an account: sign out first to make another');
}

export function accountRequired(): Refused {
  return refuse('ACCOUNT_REQUIRED', 'guests have neither handle nor password: sign up first');
}

/** Under the lock, through which all handles go: of two who ask at once the second one is told. */
export function checkFree(handle: string, userId: User['id'], facts: Facts): Refused | null {
  if (!facts.accounts.isHandleTaken(handle, userId)) return null;
  return refuse('HANDLE_TAKEN', 'somebody else has this handle', ['input', 'handle']);
}

export function tellAll({ id }: User, batch: LogBatch): Mark {
  return appendToServer(batch, 'USER_UPDATED', id, { userId: id });
}
