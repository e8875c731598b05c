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

/** Guests count by address always: each is a new person with buckets of its own. */
function keyOf(bucket: BucketName, { userId, address }: RateSubject): string {
  return userId === null || bucket === 'guests' ? `address ${address}` : `user ${userId}`;
}

function isBucket(settings: RateSettings, bucket: string): bucket is BucketName {
  return Object.hasOwn(settings, bucket);
}
