import type { LogBatch } from '../../log/batch.ts';
import type { LogEvent } from '../../log/event.ts';
import { Fault } from '../../observe/fault.ts';
import type { CommandOf } from '../command.ts';
import type { EndedListener } from '../contract.ts';
import { appendToUser, type Decision } from '../decision.ts';
import { asChatEvent } from '../events.ts';
import type { Facts } from '../facts.ts';
import type { ApiTokenId, CredentialEndReason, CredentialId, SessionId, UserId, Viewer } from '../model.ts';

/** The rows end in the transaction of the event: who is let in by the tables and who by the log is one thing. */
export function decideEndCredentials(
  { actorId, input }: CommandOf<'endCredentials'>,
  facts: Facts,
  batch: LogBatch,
): Decision {
  const { which, reason } = input;
  return { entityId: actorId, ...endCredentials(facts, batch, { userId: actorId, which, reason }) };
}

/** `entity`: ids of the sessions that ended now. One event, or none where there was nothing to end; tokens must be open. */
export function endCredentials(
  facts: Facts,
  batch: LogBatch,
  what: {
    readonly userId: UserId;
    readonly which: CommandOf<'endCredentials'>['input']['which'];
    readonly tokenIds?: readonly ApiTokenId[];
    readonly reason: CredentialEndReason;
  },
) {
  const { userId, which, tokenIds = [], reason } = what;
  const isMeant = (id: SessionId) => ('only' in which ? which.only.includes(id) : id !== which.allBut);
  const sessionIds = facts.accounts.sessionsOf(userId).flatMap(({ id }) => (isMeant(id) ? [id] : []));
  const isReplaced = isReplacing(reason);
  for (const id of sessionIds) facts.accounts.endSession(id, batch.at, isReplaced);
  for (const id of tokenIds) facts.tokens.endToken(id, batch.at);
  for (const id of [...sessionIds, ...tokenIds]) facts.credentials.end(id, isReplaced);
  const isNothing = sessionIds.length === 0 && tokenIds.length === 0;
  const body = { sessionIds, apiTokenIds: tokenIds, reason };
  return {
    entity: sessionIds,
    mark: isNothing ? null : appendToUser(batch, 'CREDENTIALS_ENDED', userId, userId, body),
  };
}

/** The session of who asks. Throws SCOPE_MISSING for an API token: none is enough for what only sessions may do. */
export function sessionOf(viewer: Viewer): SessionId {
  if (viewer.scopes === null) return viewer.credentialId;
  throw new Fault('SCOPE_MISSING', 'no API token may do this: sign in', { scope: null });
}

/** Which credentials are void from this event on, and whether the person goes on by another one. */
export function credentialsEndedBy(event: LogEvent): {
  readonly ids: readonly CredentialId[];
  readonly isReplaced: boolean;
} {
  const { kind, body } = asChatEvent(event);
  if (kind !== 'CREDENTIALS_ENDED') return { ids: [], isReplaced: false };
  return { ids: [...body.sessionIds, ...(body.apiTokenIds ?? [])], isReplaced: isReplacing(body.reason) };
}

/** Who had what ends goes on by another one. */
function isReplacing(reason: CredentialEndReason): boolean {
  return reason === 'SIGNED_UP';
}

/** Tells who listens on this node of credentials that have ended, in the order of the log. */
export class EndedCredentials {
  readonly #listeners = new Set<EndedListener>();

  tell({ ids, isReplaced }: ReturnType<typeof credentialsEndedBy>): void {
    for (const id of ids) for (const listener of this.#listeners) listener(id, isReplaced);
  }

  /** Returns the way to stop listening. */
  listen(listener: EndedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
