import { randomInt } from 'node:crypto';
import type { Tag } from './position.ts';

/** 48 bits, the most that randomInt gives. */
const TAG_LIMIT = 2 ** 48 - 1;

export function randomTag(): Tag {
  return randomInt(TAG_LIMIT);
}
