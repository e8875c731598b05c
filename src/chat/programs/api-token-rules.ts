import type { LogBatch } from '../../log/batch.ts';
import { accountRequired } from '../accounts/account-rules.ts';
import { endCredentials } from '../accounts/credentials.ts';
import type { CommandOf } from '../command.ts';
import type { Decision } from '../decision.ts';
import type { Facts } from '../facts.ts';
import type { ApiToken, UserId } from '../model.ts';
import { type Refused, refuse } from '../refusal.ts';

/** A row of `api_token`, before it is written. */
export interface NewApiToken extends Omit<ApiToken, 'lastUsedAt'> {
  /** As whom it acts. */
  readonly userId: UserId;
  readonly tokenHash: string;
}

/** Of one person or bot: more than anybody tells apart. */
export const apiTokensPerAccount = 50;

/** Made under the lock, so that nobody gets more than they may have. */
export function decideCreateApiToken({ actorId, input }: CommandOf<'createApiToken'>, facts: Facts): Decision {
  const { accounts, tokens } = facts;
  const { token } = input;
  if (accounts.user(actorId)?.isGuest) return accountRequired();
  if (!tokens.isRunBy(token.userId, actorId)) return noSuchBot();
  // Found where it was done before, in a COMMIT whose answer got lost.
  if (!tokens.token(token.id)) {
    if (tokens.tokensOf(token.userId).length >= apiTokensPerAccount) {
      return refuse('TOO_MANY_API_TOKENS', `there are ${apiTokensPerAccount} tokens already: revoke one first`);
    }
    tokens.putToken(token);
  }
  return { entityId: token.id, entity: token, mark: null };
}

export function decideRevokeApiToken(
  { actorId, input }: CommandOf<'revokeApiToken'>,
  facts: Facts,
  batch: LogBatch,
): Decision {
  const token = facts.tokens.token(input.apiTokenId);
  if (!token || !facts.tokens.isRunBy(token.userId, actorId)) {
    return refuse('NOT_FOUND', 'you have no such token', ['input', 'apiTokenId']);
  }
  const ended = endCredentials(facts, batch, {
    userId: token.userId,
    which: { only: [] },
    tokenIds: [token.id],
    reason: 'REVOKED',
  });
  return { entityId: token.id, entity: token, mark: ended.mark };
}

export function noSuchBot(): Refused {
  return refuse('NOT_FOUND', 'you have no such bot', ['input', 'botId']);
}
