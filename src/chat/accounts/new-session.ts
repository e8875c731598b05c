import { createHash } from 'node:crypto';
import type { SessionId, User, UserId } from '../model.ts';

/** Where somebody signs in from, as the request tells. */
export interface SignInOrigin {
  readonly userAgent: string | null;
  readonly address: string | null;
}

/** A row of `session`, before it is written. */
export interface NewSession {
  readonly id: SessionId;
  readonly userId: UserId;
  readonly tokenHash: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly userAgent: string | null;
  readonly address: string | null;
}

export interface SessionMakerOptions {
  readonly clock: () => number;
  readonly newId: () => string;
  /** At least 128 random bits, printable. */
  readonly newToken: () => string;
  /** How long a session lasts after it was seen last. */
  readonly guestDays: number;
  readonly memberDays: number;
}

export interface SessionMaker {
  /** The token is in the caller's hands alone: the row has its hash. */
  make(user: Pick<User, 'id' | 'isGuest'>, origin: SignInOrigin): { session: NewSession; token: string };
  expiryAfter(ms: number, isGuest: boolean): Date;
}

const DAY_MS = 86_400_000;
const userAgentLimit = 250;

export function createSessionMaker(options: SessionMakerOptions): SessionMaker {
  const { clock, newId, newToken, guestDays, memberDays } = options;
  const expiryAfter = (ms: number, isGuest: boolean) => new Date(ms + (isGuest ? guestDays : memberDays) * DAY_MS);
  return {
    expiryAfter,
    make({ id: userId, isGuest }, { userAgent, address }) {
      const token = newToken();
      const now = clock();
      const session: NewSession = {
        id: newId() as SessionId,
        userId,
        tokenHash: hashToken(token),
        createdAt: new Date(now),
        expiresAt: expiryAfter(now, isGuest),
        userAgent: userAgent && shown(userAgent),
        address,
      };
      return { session, token };
    },
  };
}

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Anybody writes what they like into this header: one line, of bounded length. Null: nothing is left of it. */
function shown(userAgent: string): string | null {
  const line = userAgent
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .trim();
  return [...line].slice(0, userAgentLimit).join('') || null;
}
