import { Fault, tokenReplaced } from '../../observe/fault.ts';
import type { Command } from '../command.ts';
import type { CredentialId, SessionId } from '../model.ts';
import { asksWhoIsThere } from './proof.ts';

/** Credentials that commands of a batch are given by and that have ended or expired: as good as ever none. */
export interface CredentialRows {
  readonly ended: readonly { readonly id: CredentialId; readonly isReplaced: boolean }[];
  /** Of sessions whose commands ask for it: when who has it proved last who they are. */
  readonly proofs: readonly { readonly id: SessionId; readonly provenAt: string }[];
}

/** Only what is wrong comes back: as good as ever nothing. Scalar, as PostgreSQL would join the whole table to a large batch. */
export function endedCredentialsSql(parameter: string): string {
  return `SELECT id, EXISTS (SELECT FROM session WHERE session.id = given.id AND is_replaced) AS "isReplaced"
    FROM unnest(${parameter}::uuid[]) AS given(id)
    WHERE (SELECT ended_at IS NULL AND expires_at > now() FROM session WHERE session.id = given.id) IS NOT TRUE
      AND (SELECT ended_at IS NULL AND (expires_at IS NULL OR expires_at > now())
        FROM api_token WHERE api_token.id = given.id) IS NOT TRUE`;
}

export function proofsSql(parameter: string): string {
  return `SELECT id, coalesce(proven_at, created_at) AS "provenAt" FROM session WHERE id = ANY(${parameter}::uuid[])`;
}

/** By which credentials the commands of a batch are given, and which of them are open at the place of each; see Facts. */
export class CredentialFacts {
  /** Whether who had it goes on by another one. */
  readonly #ended: Map<string, boolean>;
  readonly #proofs: Map<string, Date>;

  constructor({ ended, proofs }: CredentialRows = { ended: [], proofs: [] }) {
    this.#ended = new Map(ended.map(({ id, isReplaced }) => [id, isReplaced]));
    this.#proofs = new Map(proofs.map(({ id, provenAt }) => [id, new Date(provenAt)]));
  }

  end(id: CredentialId, isReplaced: boolean): void {
    this.#ended.set(id, isReplaced);
  }

  /**
   * Throws UNAUTHENTICATED, or TOKEN_REPLACED, for a credential that ended before its command had its turn: for sending, in the
   * same batch.
   */
  requireOpen({ credentialId }: Command): void {
    const isReplaced = credentialId === null ? undefined : this.#ended.get(credentialId);
    if (isReplaced === undefined) return;
    if (isReplaced) throw tokenReplaced();
    throw new Fault('UNAUTHENTICATED', 'the session or token has ended; sign in again');
  }

  /** When who gives the command proved last who they are; null: never, by this credential. */
  provenAt({ credentialId }: Pick<Command, 'credentialId'>): Date | null {
    return credentialId === null ? null : (this.#proofs.get(credentialId) ?? null);
  }
}

/**
 * Whose end is looked for: of all commands but sending. A message by a socket that has not heard of its end is one that was on
 * its way; to look for all of them took a third more time for the facts of 500 sends (8.6 to 11.3 ms at best, 2026-11).
 */
export function credentialsToLookAt(commands: readonly Command[]): CredentialId[] {
  return credentialsOf(commands.filter(({ verb }) => verb !== 'sendMessage'));
}

export function credentialsToProve(commands: readonly Command[]): CredentialId[] {
  return credentialsOf(commands.filter(({ verb }) => asksWhoIsThere(verb)));
}

function credentialsOf(commands: readonly Command[]): CredentialId[] {
  return [...new Set(commands.flatMap(({ credentialId }) => (credentialId === null ? [] : [credentialId])))];
}
