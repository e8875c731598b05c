import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { BucketName, RateSettings } from './settings.ts';

/** Counts uses of buckets, in the memory of this node. */
export interface Rates {
  /** Counts one use. Milliseconds to wait when the bucket is empty, else null. Throws on an unknown bucket. */
  spend(bucket: string, who: RateSubject): Promise<number | null>;
}

/** Signed out: userId is null, and the address counts. */
export interface RateSubject {
  readonly userId: string | null;
  readonly address: string;
  /** What is tried, whoever tries it: then it counts alone. */
  readonly account?: string | undefined;
}

export function createRates(settings: RateSettings): Rates {
  const limiters = new Map<string, RateLimiterMemory>();
  for (const [bucket, { count, windowMs }] of Object.entries(settings)) {
    if (count === 0) continue;
    limiters.set(bucket, new RateLimiterMemory({ keyPrefix: bucket, points: count, duration: windowMs / 1000 }));
  }

  return {
    async spend(bucket, who) {
      if (!isBucket(settings, bucket)) throw new Error(`there is no rate bucket «${bucket}»`);
      try {
        await limiters.get(bucket)?.consume(keyOf(bucket, who));
        return null;
      } catch (refusal) {
        if (refusal instanceof RateLimiterRes) return Math.max(1, Math.ceil(refusal.msBeforeNext));
        throw refusal;
      }
    },
  };
}

/** Longer than the name of any account: what is tried may be as long as a request, and is kept for the whole window. */
const ACCOUNT_NAME_LIMIT = 64;

/** Ways in count by address always: behind each may be a new person with buckets of its own. */
const byAddress: ReadonlySet<BucketName> = new Set(['guests', 'signUps', 'signIns']);

function keyOf(bucket: BucketName, { userId, address, account }: RateSubject): string {
  if (account !== undefined) return `account ${account.slice(0, ACCOUNT_NAME_LIMIT)}`;
  return userId === null || byAddress.has(bucket) ? `address ${address}` : `user ${userId}`;
}

function isBucket(settings: RateSettings, bucket: string): bucket is BucketName {
  return Object.hasOwn(settings, bucket);
}
