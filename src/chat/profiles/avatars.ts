import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Queryable } from '../../db/queryable.ts';
import type { Committer } from '../../log/append.ts';
import type { Mark } from '../../log/position.ts';
import { Fault } from '../../observe/fault.ts';
import type { Log } from '../../observe/log.ts';
import { type Command, commandOf, type Giver } from '../command.ts';
import type { Decided } from '../decision.ts';
import type { Facts } from '../facts.ts';
import type { UserId } from '../model.ts';
import { isRefused, type Refused } from '../refusal.ts';
import { pictureFormatOf } from './avatars-format.ts';

export const avatarLimits = {
  /** 512 KiB: a picture of 512 by 512 takes a tenth of that. */
  avatarBytes: 524_288,
  /** Of either side: what unpacks to more could be made to hurt whoever shows it. */
  avatarPixels: 2_048,
} as const;

/** Where a picture is on this server: its path says what it is made of, so that it never changes. */
export function avatarPath(hash: string): string {
  return `/avatars/${hash}`;
}

export interface Picture {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** Pictures of people, in the database, so that every node has them. */
export interface Avatars {
  /** Throws BAD_REQUEST for what is no picture of the four formats, or too large a one. Null takes the picture away. */
  set(
    giver: Giver,
    bytes: Buffer | null,
  ): Promise<Refused | { readonly path: string | null; readonly mark: Mark | null }>;
  /** Null: there is none. */
  read(hash: string): Promise<Picture | null>;
  stop(): Promise<void>;
}

export interface AvatarsOptions {
  readonly database: Queryable;
  readonly committer: Pick<Committer<Command, Facts, Decided>, 'submit'>;
  readonly log: Log;
}

const CACHE_BYTES = 16 * 2 ** 20;
/** A picture that is gone is shown for no longer than this by a node that had it. */
const CACHE_MS = 60_000;
const SWEEP_MS = 600_000;

// Nothing is kept of a guest, who is refused behind it.
const keepSql = `INSERT INTO avatar (hash, media_type, bytes, taken_at)
  SELECT $1::text, $2::text, $3::bytea, now() FROM user_account WHERE id = $4 AND NOT is_guest
  ON CONFLICT (hash) DO UPDATE SET taken_at = excluded.taken_at`;
const readSql = 'SELECT media_type AS "mediaType", bytes FROM avatar WHERE hash = $1';

// One that was just sent in is nobody's until its command has had its turn.
const sweepSql = `DELETE FROM avatar WHERE taken_at < now() - interval '10 minutes'
  AND NOT EXISTS (SELECT FROM user_account WHERE avatar_hash = hash)`;

export function createAvatars({ database, committer, log }: AvatarsOptions): Avatars {
  const cache = new LRUCache<string, Picture>({
    maxSize: CACHE_BYTES,
    sizeCalculation: ({ bytes }) => bytes.length + 1,
    ttl: CACHE_MS,
  });
  const stopping = new AbortController();
  const { signal } = stopping;
  const sweeping = (async () => {
    while (!signal.aborted) {
      await database
        .query(sweepSql)
        .catch((error: unknown) => log.warn({ err: error }, 'pictures that nobody has could not be deleted now'));
      await delay(SWEEP_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  })();

  async function keep(userId: UserId, bytes: Buffer): Promise<string> {
    const format = checkPicture(bytes);
    const hash = createHash('sha256').update(bytes).digest('hex');
    await database.query(keepSql, [hash, format.mediaType, bytes, userId]);
    return hash;
  }

  return {
    async set(giver, bytes) {
      const avatarHash = bytes && (await keep(giver.user.id, bytes));
      const decided = await committer.submit(commandOf('updateUser', giver, {}, { avatarHash, clientKey: null }));
      if (isRefused(decided)) return decided;
      return { path: avatarHash && avatarPath(avatarHash), mark: decided.mark };
    },
    async read(hash) {
      const known = cache.get(hash);
      if (known) return known;
      const [found] = await database.query<Picture>(readSql, [hash]);
      if (found) cache.set(hash, found);
      return found ?? null;
    },
    async stop() {
      stopping.abort();
      await sweeping;
    },
  };
}

function checkPicture(bytes: Buffer) {
  const format = pictureFormatOf(bytes);
  const { avatarBytes, avatarPixels } = avatarLimits;
  if (format === null) throw new Fault('BAD_REQUEST', 'the body is no picture: send PNG, JPEG, WebP or GIF');
  const { width, height } = format;
  if (Math.min(width, height) < 1 || Math.max(width, height) > avatarPixels) {
    throw new Fault('BAD_REQUEST', `the picture has ${width} by ${height} pixels; each side has 1 to ${avatarPixels}`);
  }
  if (bytes.length > avatarBytes) throw new Fault('BODY_TOO_LARGE', `a picture has at most ${avatarBytes} bytes`);
  return format;
}
