import type { LogBatch } from '../log/batch.ts';
import type { LogEvent } from '../log/event.ts';
import type { CommandOf } from './command.ts';
import { appendToUser, type Decision } from './decision.ts';
import { asChatEvent } from './events.ts';
import type { Facts } from './facts.ts';
import type { CredentialEndReason, SessionId, UserId } from './model.ts';

/** The rows end in the transaction of the event: who is let in by the tables and who by the log is one thing. */
export function decideEndCredentials(
  { actorId, input }: CommandOf<'endCredentials'>,
  facts: Facts,
  batch: LogBatch,
): Decision {
  const { which, reason } = input;
  return { entityId: actorId, ...endCredentials(facts, batch, { userId: actorId, which, reason }) };
}

/** `entity`: ids of the sessions that ended now. One event, or none where there was nothing to end. */
export function endCredentials(
  facts: Facts,
  batch: LogBatch,
  what: {
    readonly userId: UserId;
    readonly which: CommandOf<'endCredentials'>['input']['which'];
    readonly reason: CredentialEndReason;
  },
) {
  const { userId, which, reason } = what;
  const isMeant = (id: SessionId) => ('only' in which ? which.only.includes(id) : id !== which.allBut);
  const sessionIds = facts.accounts.sessionsOf(userId).flatMap(({ id }) => (isMeant(id) ? [id] : []));
  for (const id of sessionIds) facts.accounts.endSession(id, batch.at);
  const isNothing = sessionIds.length === 0;
  const body = { sessionIds, reason };
  return {
    entity: sessionIds,
    mark: isNothing ? null : appendToUser(batch, 'CREDENTIALS_ENDED', userId, userId, body),
  };
}

/** Which credentials are void from this event on. */
export function credentialsEndedBy(event: LogEvent): readonly string[] {
  const { kind, body } = asChatEvent(event);
  return kind === 'CREDENTIALS_ENDED' ? body.sessionIds : [];
}

/** Tells who listens on this node of credentials that have ended, in the order of the log. */
export class EndedCredentials {
  readonly #listeners = new Set<(credentialId: string) => void>();

  tell(credentialIds: readonly string[]): void {
    for (const id of credentialIds) for (const listener of this.#listeners) listener(id);
  }

  /** Returns the way to stop listening. */
  listen(listener: (credentialId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
