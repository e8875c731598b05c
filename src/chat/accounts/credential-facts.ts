import { Fault } from '../../observe/fault.ts';
import type { Command } from '../command.ts';
import type { CredentialId } from '../model.ts';

/** A session or API token that has neither ended nor expired. */
export interface OpenCredential {
  readonly id: CredentialId;
  /** When who has the session proved last who they are, by signing in or again after it; null: an API token proves nothing. */
  readonly provenAt: string | null;
}

/** Of the ids in `parameter`, those that are open. */
export function openCredentialsSql(parameter: string): string {
  return `SELECT id, coalesce(proven_at, created_at) AS "provenAt" FROM session
      WHERE id = ANY(${parameter}::uuid[]) AND ended_at IS NULL AND expires_at > now()
    UNION ALL SELECT id, NULL FROM api_token
      WHERE id = ANY(${parameter}::uuid[]) AND ended_at IS NULL AND (expires_at IS NULL OR expires_at > now())`;
}

/** By which credentials the commands of a batch are given, and which of them are open at the place of each; see Facts. */
export class CredentialFacts {
  readonly #open: Map<string, OpenCredential>;

  constructor(open: readonly OpenCredential[]) {
    this.#open = new Map(open.map((one) => [one.id, one]));
  }

  end(id: CredentialId): void {
    this.#open.delete(id);
  }

  /** Throws UNAUTHENTICATED for a credential that ended before its command had its turn. */
  requireOpen({ credentialId }: Command): void {
    if (credentialId === null || this.#open.has(credentialId)) return;
    throw new Fault('UNAUTHENTICATED', 'the session or token has ended; sign in again');
  }

  /** When who gives the command proved last who they are; null: never, by this credential. */
  provenAt({ credentialId }: Pick<Command, 'credentialId'>): Date | null {
    const provenAt = credentialId === null ? null : this.#open.get(credentialId)?.provenAt;
    return provenAt ? new Date(provenAt) : null;
  }
}

export function credentialsOf(commands: readonly Command[]): CredentialId[] {
  return [...new Set(commands.flatMap(({ credentialId }) => (credentialId === null ? [] : [credentialId])))];
}
