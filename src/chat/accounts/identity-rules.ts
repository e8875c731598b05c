import type { LogBatch } from '../../log/batch.ts';
import type { CommandOf } from '../command.ts';
import { appendToServer, type Decision } from '../decision.ts';
import type { Facts } from '../facts.ts';
import type { User } from '../model.ts';
import { refuse } from '../refusal.ts';
import { endGuest } from './account-rules.ts';

/** What became of an identity, as `entity` of the decision: none of these is refused by a mutation. */
export type LinkOutcome =
  | { readonly outcome: 'SIGNED_UP'; readonly user: User }
  | { readonly outcome: 'LINKED' | 'TAKEN' | 'OTHER_LINKED' | 'SESSION_CHANGED' };

/** Under the lock, through which all handles and identities go: one identity never belongs to two. */
export function decideLinkIdentity(command: CommandOf<'linkIdentity'>, facts: Facts, batch: LogBatch): Decision {
  const { actorId, input } = command;
  const { accounts, ways, credentials } = facts;
  const { identity, as, displayName } = input;
  const decided = (entity: LinkOutcome, mark: Decided['mark'] = null) => ({ entityId: actorId, entity, mark });
  const held = ways.identityOf(identity);
  // One's own: done before, in a COMMIT whose answer got lost.
  const isDone = held?.id === identity.id;
  if (held && !isDone) return decided({ outcome: 'TAKEN' });
  if (!isDone && ways.hasIdentityOf(actorId, identity.issuer)) return decided({ outcome: 'OTHER_LINKED' });
  const before = accounts.user(actorId);
  if (as.kind === 'MEMBER') {
    ways.putIdentity(identity, actorId, credentials.provenAt(command));
    return decided({ outcome: 'LINKED' });
  }
  if (as.kind === 'GUEST' && !isDone && !before?.isGuest) return decided({ outcome: 'SESSION_CHANGED' });
  const handle = before?.handle ?? as.handles.find((one) => !accounts.isHandleTaken(one, actorId));
  if (handle === undefined) throw new Error('every handle that was made for a new person is taken');
  const user: User = {
    id: actorId,
    handle,
    displayName: before?.displayName ?? displayName ?? handle,
    isGuest: false,
    isBot: false,
    avatarHash: before?.avatarHash ?? null,
    isDeleted: false,
  };
  if (as.kind === 'GUEST') endGuest(actorId, facts, batch);
  accounts.putUser(user, batch.at);
  accounts.putSession(as.session);
  ways.putIdentity(identity, actorId, null);
  // Nobody has seen a new person yet.
  const mark = as.kind === 'NEW' ? null : appendToServer(batch, 'USER_UPDATED', actorId, { userId: actorId });
  return decided({ outcome: 'SIGNED_UP', user }, mark);
}

/** Two that are removed at once are decided one after the other, so that one of them stays. */
export function decideRemoveSignInWay({ actorId, input }: CommandOf<'removeSignInWay'>, { ways }: Facts): Decision {
  const { way } = input;
  const field = way.kind === 'PASSKEY' ? 'passkeyId' : 'identityId';
  if (!ways.holds(actorId, way.id)) return refuse('NOT_FOUND', `${field} names nothing of yours`, ['input', field]);
  if (ways.waysOf(actorId) === 1) {
    return refuse('LAST_SIGN_IN_WAY', 'you could not sign in any more: add another way first', ['input', field]);
  }
  if (way.kind === 'PASSKEY') ways.removePasskey(way.id);
  else ways.removeIdentity(way.id);
  return { entityId: actorId, entity: way, mark: null };
}

type Decided = Exclude<Decision, { readonly refusal: object }>;
