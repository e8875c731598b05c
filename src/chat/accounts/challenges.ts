import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Queryable } from '../../db/queryable.ts';

/** What a challenge was made for: one that was made for adding a passkey lets nobody in. */
export type ChallengePurpose = 'ADD_PASSKEY' | 'SIGN_IN';

/** A challenge as it is told apart from others; whoever takes it spends its id. */
export interface Challenge {
  readonly id: string;
  readonly expiresAt: Date;
}

/** Made and read by any node: they carry their own seal. A mark is left only when one is spent. */
export interface Challenges {
  /** 54 bytes. `subject`: who it is for; empty: for anybody. */
  make(purpose: ChallengePurpose, subject: string): Uint8Array<ArrayBuffer>;
  /** Null: not ours, for something or somebody else, or expired. */
  read(challenge: Uint8Array, purpose: ChallengePurpose, subject: string): Challenge | null;
}

export interface ChallengesOptions {
  readonly key: Buffer;
  readonly clock: () => number;
  readonly lifetimeMs?: number;
}

/** Time to find a key in a drawer. */
export const CHALLENGE_LIFETIME_MS = 300_000;
const ID_BYTES = 16;
const TIME_BYTES = 6;

export function createChallenges({ key, clock, lifetimeMs = CHALLENGE_LIFETIME_MS }: ChallengesOptions): Challenges {
  const sealOf = (front: Uint8Array, purpose: ChallengePurpose, subject: string) =>
    createHmac('sha256', key).update(front).update(`${purpose} ${subject}`).digest();

  return {
    make(purpose, subject) {
      const front = Buffer.alloc(ID_BYTES + TIME_BYTES);
      randomBytes(ID_BYTES).copy(front);
      front.writeUIntBE(clock() + lifetimeMs, ID_BYTES, TIME_BYTES);
      return new Uint8Array(Buffer.concat([front, sealOf(front, purpose, subject)]));
    },

    read(challenge, purpose, subject) {
      const front = Buffer.from(challenge.slice(0, ID_BYTES + TIME_BYTES));
      const seal = Buffer.from(challenge.slice(ID_BYTES + TIME_BYTES));
      const expected = sealOf(front, purpose, subject);
      if (seal.length !== expected.length || !timingSafeEqual(seal, expected)) return null;
      const expiresAt = new Date(front.readUIntBE(ID_BYTES, TIME_BYTES));
      if (expiresAt.getTime() <= clock()) return null;
      return { id: uuidOf(front.subarray(0, ID_BYTES)), expiresAt };
    },
  };
}

/** A key for one purpose out of the secret that all nodes of a deployment share. */
export function deriveKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'hex'), '', `parley ${purpose}`, 32));
}

/**
 * `spent` has a row where the challenge with the id ($n) and the expiry ($n+1) was not spent before. Some that have expired
 * go along, so that the table holds no more than a lifetime of them.
 */
export function spendingSql(firstParameter: number): string {
  return `gone AS (DELETE FROM spent_challenge WHERE id IN (
      SELECT id FROM spent_challenge WHERE expires_at < now() LIMIT 10 FOR UPDATE SKIP LOCKED)),
    spent AS (INSERT INTO spent_challenge (id, expires_at)
      VALUES ($${firstParameter}::uuid, $${firstParameter + 1}::timestamptz) ON CONFLICT DO NOTHING RETURNING id)`;
}

/** False: it was spent before, here or on another node. */
export async function spendChallenge(database: Queryable, { id, expiresAt }: Challenge): Promise<boolean> {
  const spent = await database.query(`WITH ${spendingSql(1)} SELECT id FROM spent`, [id, expiresAt]);
  return spent.length > 0;
}

function uuidOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
