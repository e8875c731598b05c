import type { CommandOfPeople, Verb } from '../command.ts';
import type { Facts } from '../facts.ts';
import { type Refused, refuse } from '../refusal.ts';

/** How long somebody counts as just signed in, for what asks for more than a session that may have been left open or stolen. */
export const proofMs = 10 * 60_000;

/** Commands that may ask for it; see asksForProof for when each does. */
const mayAsk: ReadonlySet<Verb> = new Set([
  'addPasskey',
  'createApiToken',
  'linkIdentity',
  'changePassword',
  'deleteAccount',
]);

export function asksWhoIsThere(verb: Verb): boolean {
  return mayAsk.has(verb);
}

/**
 * What gives somebody another way in, and what has no password to go by: who asks has proven lately who they are. A guest has
 * nothing to prove it with: their session is all that they are.
 */
function asksForProof({ verb, actorId, input }: CommandOfPeople, facts: Facts): boolean {
  if (facts.accounts.user(actorId)?.isGuest) return false;
  if (verb === 'addPasskey' || verb === 'createApiToken') return true;
  if (verb === 'linkIdentity') return input.as.kind === 'MEMBER';
  return (verb === 'changePassword' || verb === 'deleteAccount') && input.verifiedHash === null;
}

/** Null: nothing is asked, or it was proven lately. */
export function checkProof(command: CommandOfPeople, facts: Facts, at: Date): Refused | null {
  if (!asksForProof(command, facts)) return null;
  const provenAt = facts.credentials.provenAt(command);
  return provenAt !== null && isRecent(provenAt, at) ? null : signInAgain();
}

export function isRecent(provenAt: Date, at: Date): boolean {
  return at.getTime() - provenAt.getTime() < proofMs;
}

export function signInAgain(): Refused {
  return refuse('SIGN_IN_AGAIN', `you proved more than ${proofMs / 60_000} minutes ago who you are: do it again first`);
}

/**
 * When who comes in by a way proved who they are, for a select list; null: now ($2). A way that was added a moment ago proves
 * no more than what it was added by: else whoever found a session open could go on proving with what they add.
 */
export function provenBySql(way: string, addedAt: string): string {
  return `CASE WHEN ${way}.${addedAt} > $2::timestamptz - interval '${proofMs} ms' THEN ${way}.proven_at END AS proven_at`;
}
