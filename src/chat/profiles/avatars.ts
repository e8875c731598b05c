import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Queryable } from '../../db/queryable.ts';
import type { Committer } from '../../log/append.ts';
import type { Mark } from '../../log/position.ts';
import { Fault } from '../../observe/fault.ts';
import type { Log } from '../../observe/log.ts';
import { accountRequired } from '../accounts/account-rules.ts';
import { type Command, commandOf, type Giver } from '../command.ts';
import type { Decided } from '../decision.ts';
import type { Facts } from '../facts.ts';
import { isRefused, type Refused } from '../refusal.ts';
import { createPictures, type Picture } from './avatars-picture.ts';

/** Where a picture is on this server: its path says what it was made of, so that it never changes. */
export function avatarPath(hash: string): string {
  return `/avatars/${hash}`;
}

/** Pictures of people, in the database, so that every node has them. What was sent in is not kept. */
export interface Avatars {
  /** Throws what making the picture throws. Null takes the picture away. */
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

// Nobody paints what a guest sends in, who is refused.
const isGuestSql = 'SELECT is_guest AS "isGuest" FROM user_account WHERE id = $1';

// The same picture again, of whomever.
const takeSql = 'UPDATE avatar SET taken_at = now() WHERE hash = $1 RETURNING hash';
const keepSql = `INSERT INTO avatar (hash, media_type, bytes, taken_at)
  VALUES ($1, $2, $3, now())
  ON CONFLICT (hash) DO UPDATE SET taken_at = excluded.taken_at`;
const readSql = 'SELECT media_type AS "mediaType", bytes FROM avatar WHERE hash = $1';
const replaceSql = 'UPDATE avatar SET media_type = $2, bytes = $3 WHERE hash = $1';

// One that was just sent in is nobody's until its command has had its turn.
const sweepSql = `DELETE FROM avatar WHERE taken_at < now() - interval '10 minutes'
  AND NOT EXISTS (SELECT FROM user_account WHERE avatar_hash = hash)`;

export function createAvatars({ database, committer, log }: AvatarsOptions): Avatars {
  const cache = new LRUCache<string, Picture>({
    maxSize: CACHE_BYTES,
    sizeCalculation: ({ bytes }) => bytes.length + 1,
    ttl: CACHE_MS,
  });
  /** Being painted, and those that cannot be: nobody has one tried again and again. */
  const repainted = new LRUCache<string, Promise<Picture | null>>({ max: 1_000, ttl: SWEEP_MS });
  const pictures = createPictures();
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

  /** The hash of what was sent in: the same picture is painted once, and has the same path, whatever paints it. */
  async function keep(sent: Buffer): Promise<string> {
    const hash = hashOf(sent);
    if ((await database.query(takeSql, [hash])).length > 0) return hash;
    const { mediaType, bytes } = await pictures.make(sent);
    await database.query(keepSql, [hash, mediaType, bytes]);
    return hash;
  }

  /** One that has the hash of its own bytes is as it came, from before pictures were painted. Null: it cannot be. */
  function withoutSecrets(hash: string, picture: Picture): Promise<Picture | null> {
    if (hashOf(picture.bytes) !== hash) return Promise.resolve(picture);
    const known = repainted.get(hash);
    if (known !== undefined) return known;
    const painting = repaint(hash, picture);
    repainted.set(hash, painting);
    const forget = () => repainted.delete(hash);
    painting.then((painted) => painted && forget(), forget);
    return painting;
  }

  async function repaint(hash: string, picture: Picture): Promise<Picture | null> {
    const painted = await pictures.make(picture.bytes).catch((error: unknown) => {
      if (error instanceof Fault && error.code === 'BAD_REQUEST') return null;
      throw error;
    });
    if (painted) await database.query(replaceSql, [hash, painted.mediaType, painted.bytes]);
    return painted;
  }

  return {
    async set(giver, bytes) {
      if (bytes) {
        const [person] = await database.query<{ isGuest: boolean }>(isGuestSql, [giver.user.id]);
        if (person?.isGuest) return accountRequired();
      }
      const avatarHash = bytes && (await keep(bytes));
      const decided = await committer.submit(commandOf('updateUser', giver, {}, { avatarHash, clientKey: null }));
      if (isRefused(decided)) return decided;
      return { path: avatarHash && avatarPath(avatarHash), mark: decided.mark };
    },
    async read(hash) {
      const known = cache.get(hash);
      if (known) return known;
      const [found] = await database.query<Picture>(readSql, [hash]);
      const shown = found ? await withoutSecrets(hash, found) : null;
      if (shown) cache.set(hash, shown);
      return shown;
    },
    async stop() {
      stopping.abort();
      await sweeping;
    },
  };
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
