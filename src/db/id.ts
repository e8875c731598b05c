import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const BYTES = 16;
/** Random bytes for the next ids: to ask for them one id at a time takes longer than all else about an id. */
const pool = Buffer.alloc(BYTES * 256);
let used = pool.length;
const last = { msecs: 0, seq: 0 };

/** A new UUIDv7: ids of this process sort in the order of making, others by their time, which keeps indexes compact. */
export function newId(): string {
  const random = nextRandom();
  const now = Date.now();
  if (now > last.msecs) {
    last.msecs = now;
    // With room above it for the ids of the same millisecond.
    last.seq = random.readUInt32BE(6) >>> 1;
  } else last.seq += 1;
  return v7({ random, ...last });
}

function nextRandom(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += BYTES;
  return pool.subarray(used - BYTES, used);
}
