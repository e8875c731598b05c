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
  remember(cookie: string | null, userId: UserId): Promise<string>;
}

/** As many accounts as share a browser; of more, those that signed in last. */
const ACCOUNTS_PER_DEVICE = 5;
const BYTES = 16;
const shape = /^[\w-]{22}(\.[\w-]{22}){1,5}$/;

// Who knew a password that was changed since is a stranger like others.
const sealedSql = (which: string) => `SELECT id, coalesce(changed_at, 'epoch') AS since
  FROM user_account LEFT JOIN user_password ON user_id = id WHERE ${which} = $1`;
const ofHandleSql = sealedSql('handle');
const ofIdSql = sealedSql('id');
const addressSql = `SELECT id FROM user_account WHERE handle = $1
  AND EXISTS (SELECT FROM session WHERE user_id = user_account.id AND address = $2 AND ended_at IS NULL)`;

interface Sealed {
  readonly id: UserId;
  /** When the password was set; the seals of before are void. */
  readonly since: Date;
}

/** The cookie is «name.seal.seal…»: a random name of the browser, and for each account a seal over both and its password's age. */
export function createKnownPlaces({
  database,
  key,
}: {
  readonly database: Queryable;
  readonly key: Buffer;
}): KnownPlaces {
  const sealOf = (name: string, { id, since }: Sealed) =>
    createHmac('sha256', key)
      .update(`${name} ${id} ${since.getTime()}`)
      .digest()
      .subarray(0, BYTES)
      .toString('base64url');

  async function find<Found>(
    sql: string,
    parameters: readonly [handle: string, ...rest: string[]],
  ): Promise<Found | null> {
    const [found] = isStorable(parameters[0]) ? await database.query<Found>(sql, parameters) : [];
    return found ?? null;
  }

  return {
    async ofDevice(handle, cookie) {
      const [name, seals] = partsOf(cookie);
      const account = name === null ? null : await find<Sealed>(ofHandleSql, [handle]);
      if (name === null || account === null || !seals.includes(sealOf(name, account))) return null;
      return placeOf(account.id, name);
    },
    async ofAddress(handle, address) {
      const found = await find<{ id: UserId }>(addressSql, [handle, address]);
      return found && placeOf(found.id, address);
    },
    async remember(cookie, userId) {
      const [known, seals] = partsOf(cookie);
      const name = known ?? randomBytes(BYTES).toString('base64url');
      const [account] = await database.query<Sealed>(ofIdSql, [userId]);
      if (!account) throw new Error('who has just signed in is not there');
      const seal = sealOf(name, account);
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
