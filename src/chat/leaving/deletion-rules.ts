import type { LogBatch } from '../../log/batch.ts';
import { tellAll } from '../accounts/account-rules.ts';
import { endCredentials } from '../accounts/credentials.ts';
import type { CommandOf } from '../command.ts';
import type { Decision } from '../decision.ts';
import type { Facts } from '../facts.ts';
import { deleteBot } from '../programs/bot-rules.ts';
import { refuse } from '../refusal.ts';

/** What is shown of somebody who is gone. */
export const deletedName = 'Deleted user';

/**
 * The person is gone from here on, with all that they were let in by; what else there is of them goes little by little.
 * The handle is kept from others for ever: nobody shall be taken for who is gone.
 */
export function decideDeleteAccount(
  { actorId, input }: CommandOf<'deleteAccount'>,
  facts: Facts,
  batch: LogBatch,
): Decision {
  const { accounts, deletions } = facts;
  const { verifiedHash, erasesMessages } = input;
  const before = accounts.user(actorId);
  if (!before) throw new Error(`user ${actorId} does not exist`);
  if (accounts.passwordHash(actorId) !== verifiedHash) {
    return refuse('PASSWORD_WRONG', 'the password was changed meanwhile', ['input', 'password']);
  }
  accounts.putUser({ ...before, handle: null, displayName: deletedName, avatarHash: null, isDeleted: true }, batch.at);
  if (before.handle !== null) accounts.retireHandle(before.handle);
  deletions.put({ userId: actorId, handle: before.handle, erasesMessages, at: batch.at });
  tellAll(before, batch);
  for (const botId of facts.tokens.botsOf(actorId)) deleteBot(botId, facts, batch);
  const tokenIds = facts.tokens.tokensOf(actorId);
  const ending = { userId: actorId, which: { allBut: null }, tokenIds, reason: 'ACCOUNT_DELETED' } as const;
  return { entityId: actorId, ...endCredentials(facts, batch, ending) };
}
