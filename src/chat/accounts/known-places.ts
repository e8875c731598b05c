import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { Queryable } from '../../db/queryable.ts';
import type { UserId } from '../model.ts';
import { isStorable } from './handles.ts';

/**
 * Places from which somebody has signed in to an account before: their tries count apart, so that strangers who guess do not
 * lock out whoever it belongs to. A browser proves it by a cookie, which OWASP calls a device cookie; others are known by the
 * address of a session that is open. Nothing is kept in memory.
 */
export interface KnownPlaces {
  /** A short name of the browser, where its cookie says that it signed in to the account; null: not, or there is no such account. */
  ofDevice(handle: string, cookie: string): Promise<string | null>;
  /** A short name of the address, where a session of the account was opened from it; null: not, or there is no such account. */
  ofAddress(handle: string, address: string): Promise<string | null>;
  /** The cookie for a browser that has just signed in as somebody, in place of the one that it had. */
  remember(cookie: string | null, userId: UserId): string;
}

/** As many accounts as share a browser; of more, those that signed in last. */
const ACCOUNTS_PER_DEVICE = 5;
const BYTES = 16;
const shape = /^[\w-]{22}(\.[\w-]{22}){1,5}$/;

const idSql = 'SELECT id FROM user_account WHERE handle = $1';
const addressSql = `SELECT id FROM user_account WHERE handle = $1
  AND EXISTS (SELECT FROM session WHERE user_id = user_account.id AND address = $2 AND ended_at IS NULL)`;

/** The cookie is «name.seal.seal…»: a random name of the browser, and for each account a seal over both. */
export function createKnownPlaces({
  database,
  key,
}: {
  readonly database: Queryable;
  readonly key: Buffer;
}): KnownPlaces {
  const sealOf = (name: string, userId: UserId) =>
    createHmac('sha256', key).update(`${name} ${userId}`).digest().subarray(0, BYTES).toString('base64url');

  async function find(sql: string, parameters: readonly [handle: string, ...rest: string[]]): Promise<UserId | null> {
    const [found] = isStorable(parameters[0]) ? await database.query<{ id: UserId }>(sql, parameters) : [];
    return found?.id ?? null;
  }

  return {
    async ofDevice(handle, cookie) {
      const [name, seals] = partsOf(cookie);
      const userId = name === null ? null : await find(idSql, [handle]);
      if (name === null || userId === null || !seals.includes(sealOf(name, userId))) return null;
      return placeOf(userId, name);
    },
    async ofAddress(handle, address) {
      const userId = await find(addressSql, [handle, address]);
      return userId && placeOf(userId, address);
    },
    remember(cookie, userId) {
      const [known, seals] = partsOf(cookie);
      const name = known ?? randomBytes(BYTES).toString('base64url');
      const seal = sealOf(name, userId);
      const others = seals.filter((one) => one !== seal);
      return [name, seal, ...others].slice(0, ACCOUNTS_PER_DEVICE + 1).join('.');
    },
  };
}

/** Whatever a browser sends: name null where it is no cookie of ours. */
function partsOf(cookie: string | null): [name: string | null, seals: readonly string[]] {
  if (cookie === null || !shape.test(cookie)) return [null, []];
  const [name = null, ...seals] = cookie.split('.');
  return [name, seals];
}

/** Of bounded length, and no two alike: buckets are kept by it. */
function placeOf(userId: UserId, place: string): string {
  return `place ${createHash('sha256').update(`${userId} ${place}`).digest('base64url').slice(0, 32)}`;
}
