import { type Refused, refuse } from '../refusal.ts';
import { countCodePoints } from '../text.ts';
import { commonPasswords } from './common-passwords.ts';
import { cost, type Hashing } from './hashers.ts';

export interface Passwords {
  hash(password: string): Promise<Refused | { readonly hash: string }>;
  /**
   * `find` is asked when its turn has come. Null: nobody has such a password, which is found out as slowly as that it is
   * a wrong one.
   */
  verify(find: () => Promise<string | null>, password: string): Promise<Refused | { readonly isRight: boolean }>;
  isCurrent(stored: string): boolean;
  /** Who comes now would wait long for their turn. */
  readonly isFlooded: boolean;
}

export interface PasswordsOptions {
  /** Hashes that are computed at once: each has a core and 19 MiB to itself for some 20 ms. */
  readonly atOnce: number;
  /** How many more may wait; beyond that they are refused as RATE_LIMITED. */
  readonly waiting: number;
  readonly hashing: Hashing;
}

export const passwordLimits = { minCodePoints: 8, maxCodePoints: 200 } as const;

/**
 * Where others would wait longer than this, each hash is followed by a rest of so many times as long: a processor that is taken all the
 * time by a flood of sign-ins is missing to everybody else, even at a lower priority.
 */
const LONG_WAIT_MS = 150;
const REST = 3;

/** Of no password at all, at today's cost. */
const dummy = `$argon2id$v=19$m=${cost.memoryCost},t=${cost.timeCost},p=${cost.parallelism}$${'A'.repeat(22)}$${'A'.repeat(43)}`;

/** The same letters typed on two keyboards are the same password. */
function normalize(password: string): string {
  return password.normalize('NFKC');
}

/** Null when it may be somebody's password. No rules of what it must be made of: length is what counts. */
export function checkPassword(password: string, field: string): Refused | null {
  const path = ['input', field];
  const normal = normalize(password);
  const codePoints = countCodePoints(normal);
  const { minCodePoints, maxCodePoints } = passwordLimits;
  const isText = normal.isWellFormed() && !normal.includes('\0');
  if (!isText || codePoints < minCodePoints || codePoints > maxCodePoints) {
    const rule = `a password is well-formed text of ${minCodePoints} to ${maxCodePoints} code points`;
    return refuse('PASSWORD_INVALID', rule, path);
  }
  if (!commonPasswords.has(normal.toLowerCase())) return null;
  return refuse('PASSWORD_COMMON', 'this is one of the passwords that are guessed first: choose another', path);
}

/** Hashes and verifies a few at a time, in the order of asking: a flood of sign-ins leaves the machine to the others. */
export function createPasswords({ atOnce, waiting, hashing }: PasswordsOptions): Passwords {
  const queue: (() => void)[] = [];
  let running = 0;
  let lastMs = 25;

  const hashingMs = () => (queue.length / atOnce) * lastMs;
  const isFlooded = () => hashingMs() > LONG_WAIT_MS;

  async function inTurn<Value>(work: () => Promise<Value>): Promise<Refused | Value> {
    if (running < atOnce) running += 1;
    else if (queue.length < waiting) await new Promise<void>((resolve) => queue.push(resolve));
    else {
      const retryAfterMs = Math.ceil(hashingMs() * (isFlooded() ? 1 + REST : 1));
      const details = { bucket: 'passwords', retryAfterMs };
      return refuse('RATE_LIMITED', `too many are signing in: wait ${retryAfterMs} ms`, null, details);
    }
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      lastMs = performance.now() - startedAt;
      if (isFlooded()) setTimeout(callNext, REST * lastMs);
      else callNext();
    }
  }

  function callNext(): void {
    const next = queue.shift();
    if (next) next();
    else running -= 1;
  }

  return {
    hash: (password) => inTurn(async () => ({ hash: await hashing.hash(normalize(password)) })),
    verify: (find, password) =>
      inTurn(async () => {
        const stored = await find();
        const isRight = await hashing.verify(stored ?? dummy, normalize(password));
        return { isRight: isRight && stored !== null };
      }),
    isCurrent: (stored) => hashing.isCurrent(stored),
    get isFlooded() {
      return isFlooded();
    },
  };
}
