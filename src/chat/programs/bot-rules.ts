import type { LogBatch } from '../../log/batch.ts';
import type { Mark } from '../../log/position.ts';
import { accountRequired, checkFree, tellAll } from '../accounts/account-rules.ts';
import { endCredentials } from '../accounts/credentials.ts';
import type { CommandOf } from '../command.ts';
import type { Decision } from '../decision.ts';
import type { Facts } from '../facts.ts';
import type { User, UserId } from '../model.ts';
import { refuse } from '../refusal.ts';
import { noSuchBot } from './api-token-rules.ts';

/** Of one person. */
export const botsPerOwner = 20;

export function decideCreateBot({ actorId, input }: CommandOf<'createBot'>, facts: Facts, batch: LogBatch): Decision {
  const { accounts, tokens } = facts;
  const { botId, handle, displayName } = input;
  if (accounts.user(actorId)?.isGuest) return accountRequired();
  // Found where it was done before, in a COMMIT whose answer got lost.
  if (!tokens.isRunBy(botId, actorId) && tokens.botsOf(actorId).length >= botsPerOwner) {
    return refuse('TOO_MANY_BOTS', `you have ${botsPerOwner} bots already: delete one first`);
  }
  const taken = checkFree(handle, botId, facts);
  if (taken) return taken;
  const user: User = {
    id: botId,
    handle,
    displayName,
    isGuest: false,
    isBot: true,
    avatarHash: null,
    isDeleted: false,
  };
  accounts.putUser(user, batch.at);
  tokens.putBot(botId, actorId, batch.at);
  // Nobody has seen it yet.
  return { entityId: botId, entity: { user, createdAt: batch.at }, mark: null };
}

export function decideUpdateBot({ actorId, input }: CommandOf<'updateBot'>, facts: Facts, batch: LogBatch): Decision {
  const { botId, handle, displayName } = input;
  const before = botRunBy(actorId, botId, facts);
  if (!before) return noSuchBot();
  const taken = handle === undefined ? null : checkFree(handle, botId, facts);
  if (taken) return taken;
  const user = { ...before, handle: handle ?? before.handle, displayName: displayName ?? before.displayName };
  const isSame = user.handle === before.handle && user.displayName === before.displayName;
  if (!isSame) facts.accounts.putUser(user, batch.at);
  return { entityId: botId, entity: user, mark: isSame ? null : tellAll(user, batch) };
}

/** Its tokens are void from here on, its handle is free, and it leaves its rooms little by little; what it said stays. */
export function decideDeleteBot({ actorId, input }: CommandOf<'deleteBot'>, facts: Facts, batch: LogBatch): Decision {
  const { botId } = input;
  const before = botRunBy(actorId, botId, facts);
  if (!before) return noSuchBot();
  return { entityId: botId, entity: before, mark: deleteBot(botId, facts, batch) };
}

/** Also of the bots of somebody who deletes their account. */
export function deleteBot(botId: UserId, facts: Facts, batch: LogBatch): Mark {
  const { accounts, tokens, deletions } = facts;
  const before = accounts.user(botId);
  if (!before) throw new Error(`user ${botId} does not exist`);
  const tokenIds = tokens.tokensOf(botId);
  endCredentials(facts, batch, { userId: botId, which: { only: [] }, tokenIds, reason: 'REVOKED' });
  tokens.removeBot(botId);
  accounts.putUser({ ...before, handle: null, avatarHash: null, isDeleted: true }, batch.at);
  deletions.put({ userId: botId, handle: null, erasesMessages: false, at: batch.at });
  return tellAll(before, batch);
}

function botRunBy(ownerId: UserId, botId: UserId, facts: Facts): User | null {
  return botId !== ownerId && facts.tokens.isRunBy(botId, ownerId) ? facts.accounts.user(botId) : null;
}
