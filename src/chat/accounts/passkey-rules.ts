import type { CommandOf } from '../command.ts';
import type { Decision } from '../decision.ts';
import type { Facts } from '../facts.ts';
import { type Refused, refuse } from '../refusal.ts';
import { accountRequired } from './account-rules.ts';

/** More than anybody has keys for. */
export const passkeysPerPerson = 20;

/** Under the lock: nobody gets more than they may have, and what a browser answered counts once. */
export function decideAddPasskey(command: CommandOf<'addPasskey'>, facts: Facts): Decision {
  const { actorId, input } = command;
  const { accounts, ways, credentials } = facts;
  const { passkey, challenge } = input;
  if (accounts.user(actorId)?.isGuest) return accountRequired();
  const held = ways.passkeyOf(passkey.credentialId);
  // One's own: done before, in a COMMIT whose answer got lost.
  const isDone = held?.id === passkey.id;
  if (!isDone && (held || ways.isSpent(challenge))) return notProven();
  if (!isDone && ways.passkeysOf(actorId) >= passkeysPerPerson) return tooManyPasskeys();
  if (!isDone) ways.putPasskey(passkey, actorId, challenge, credentials.provenAt(command));
  return { entityId: passkey.id, entity: passkey, mark: null };
}

export function decideRenamePasskey({ actorId, input }: CommandOf<'renamePasskey'>, { ways }: Facts): Decision {
  const { passkeyId, name } = input;
  if (!ways.holds(actorId, passkeyId)) return refuse('NOT_FOUND', 'you have no such passkey', ['input', 'passkeyId']);
  return { entityId: passkeyId, entity: ways.renamePasskey(passkeyId, name), mark: null };
}

/** One answer for all that may be wrong with a response: the way on is the same, and nobody learns which keys there are. */
export function notProven(): Refused {
  const message = 'the passkey is not known here, or its challenge has expired or was used: begin again';
  return refuse('PASSKEY_REFUSED', message, ['input', 'response']);
}

export function tooManyPasskeys(): Refused {
  return refuse('TOO_MANY_PASSKEYS', `you have ${passkeysPerPerson} passkeys: remove one first`);
}
