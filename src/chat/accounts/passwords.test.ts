import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Queryable } from '../../db/queryable.ts';
import { createAccounts } from './accounts.ts';
import { Hashers, type Hashing } from './hashers.ts';
import { createSessionMaker } from './new-session.ts';
import { checkPassword, createPasswords } from './passwords.ts';

/** Hashes whose end the test decides, counted. */
function heldHashing() {
  const asked: string[] = [];
  const releases: (() => void)[] = [];
  const hold = () => new Promise<void>((resolve) => releases.push(resolve));
  const hashing: Hashing = {
    async hash(password) {
      asked.push(`hash ${password}`);
      await hold();
      return 'a hash';
    },
    async verify(stored, password) {
      asked.push(`verify ${stored.slice(0, 9)} ${password}`);
      await hold();
      return true;
    },
    isCurrent: () => true,
  };
  return { hashing, asked, releases };
}

const settled = () => new Promise(setImmediate);

describe('passwords', () => {
  test('[U5] so many are hashed at once, others wait in their order, and more than may wait are refused', async () => {
    const { hashing, asked, releases } = heldHashing();
    const passwords = createPasswords({ atOnce: 2, waiting: 3, hashing });
    const outcomes = ['1', '2', '3', '4', '5', '6'].map((password) => passwords.hash(password));
    await settled();
    expect(asked).toEqual(['hash 1', 'hash 2']);
    expect(await outcomes[5]).toMatchObject({
      refusal: { code: 'RATE_LIMITED', bucket: 'passwords', retryAfterMs: expect.any(Number) },
    });
    releases[0]?.();
    await outcomes[0];
    await settled();
    expect(asked).toEqual(['hash 1', 'hash 2', 'hash 3']);
    const again = passwords.hash('7');
    for (let n = 1; n < 6; n++) {
      await settled();
      releases[n]?.();
    }
    expect(await Promise.all([...outcomes.slice(0, 5), again])).toEqual(Array(6).fill({ hash: 'a hash' }));
    expect(asked).toEqual(['1', '2', '3', '4', '5', '7'].map((password) => `hash ${password}`));
  });

  test('[U5] where others would wait long, a rest of three times as long follows each, and else none', async () => {
    const begunAt: number[] = [];
    const hash = async () => {
      begunAt.push(performance.now());
      await delay(20);
      return 'a hash';
    };
    const hashing = { ...heldHashing().hashing, hash };
    const passwords = createPasswords({ atOnce: 1, waiting: 13, hashing });
    const outcomes = Array.from({ length: 14 }, (_, n) => passwords.hash(`${n}`));
    expect(passwords.isFlooded).toBe(true);
    // 13 wait for 25 ms each, as is thought before the first has ended, and as long again three times.
    expect(await passwords.hash('one too many')).toMatchObject({ refusal: { retryAfterMs: 13 * 25 * 4 } });
    await Promise.all(outcomes);
    expect(passwords.isFlooded).toBe(false);
    const gaps = begunAt.slice(1).map((at, n) => at - (begunAt[n] as number));
    // Timers may be early by a fraction of their millisecond.
    expect(gaps[0]).toBeGreaterThan(75);
    expect(Math.min(...gaps.slice(-3))).toBeLessThan(60);
  });

  test('[U5] one that fails gives its turn to the next', async () => {
    let count = 0;
    const hash = async () => {
      count += 1;
      if (count === 1) throw new Error('no memory');
      return 'a hash';
    };
    const passwords = createPasswords({ atOnce: 1, waiting: 1, hashing: { ...heldHashing().hashing, hash } });
    const outcomes = await Promise.allSettled([passwords.hash('1'), passwords.hash('2')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(await passwords.hash('3')).toEqual({ hash: 'a hash' });
  });

  test('[U3] of real hashes the right password is right, in any form of Unicode, and nothing fits where there is none', async () => {
    await using hashing = new Hashers();
    const passwords = createPasswords({ atOnce: 1, waiting: 9, hashing });
    const hashed = await passwords.hash('ﬁve otters');
    if (!('hash' in hashed)) throw new Error('refused');
    expect(passwords.isCurrent(hashed.hash)).toBe(true);
    expect(await passwords.verify(async () => hashed.hash, 'five otters')).toEqual({ isRight: true });
    expect(await passwords.verify(async () => hashed.hash, 'six otters')).toEqual({ isRight: false });
    expect(await passwords.verify(async () => null, 'five otters')).toEqual({ isRight: false });
  });

  test.each([
    ['12345678', 'PASSWORD_COMMON'],
    ['ＰＡＳＳＷＯＲＤ', 'PASSWORD_COMMON'],
    ['🦦🦦🦦🦦🦦🦦🦦', 'PASSWORD_INVALID'],
    ['🦦'.repeat(201), 'PASSWORD_INVALID'],
    ['🦦🦦🦦🦦🦦🦦🦦🦦', null],
    ['        ', null],
    ['🦦'.repeat(200), null],
  ])('[U3] «%s» as a password: %s', (password, code) => {
    expect(checkPassword(password, 'password')?.refusal.code ?? null).toBe(code);
  });
});

describe('[U4] signing in', () => {
  const user = { id: 'id', handle: 'otter', displayName: 'Otter', isGuest: false, isBot: false };

  test.each([
    ['by a handle that nobody has', []],
    ['as somebody without a password', [{ ...user, hash: null }]],
    ['with a wrong password', [{ ...user, hash: '$argon2id$wrong' }]],
  ])('%s costs one verification, and then gives the one answer', async (_, rows) => {
    const verified: string[] = [];
    const hashing: Hashing = {
      hash: () => Promise.reject(new Error('nothing is hashed')),
      verify: async (stored) => {
        verified.push(stored);
        return false;
      },
      isCurrent: () => true,
    };
    const database: Queryable = { query: async <Row>() => rows as Row[] };
    const accounts = createAccounts({
      database,
      committer: { submit: () => Promise.reject(new Error('nothing is written')) },
      passwords: createPasswords({ atOnce: 1, waiting: 1, hashing }),
      sessions: createSessionMaker({
        clock: () => 0,
        newId: () => 'id',
        newToken: () => 'token',
        guestDays: 1,
        memberDays: 1,
      }),
      newId: () => 'id',
      opener: { open: async () => null, confirm: async () => null },
    });
    const outcome = await accounts.signIn(
      { handle: 'Otter', password: 'seven small otters' },
      { userAgent: null, address: null },
    );
    expect(outcome).toEqual({
      refusal: {
        code: 'SIGN_IN_FAILED',
        message: 'SIGN_IN_FAILED: there is nobody with this handle and this password',
        path: null,
      },
    });
    expect(verified).toHaveLength(1);
    expect(verified[0]).toMatch(/^\$argon2id\$/);
  });
});
