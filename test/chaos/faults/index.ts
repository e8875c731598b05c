/** Every kind of fault, by the words of the table. */
import { freezeDatabase, killCommitter, killDatabase } from './database.ts';
import type { Fault } from './fault.ts';
import { freezeNode } from './freeze-node.ts';
import { killNode } from './kill-node.ts';
import { abandon, cut, stall } from './lines.ts';
import { tamper } from './news.ts';
import { freezeRedis, killRedis } from './redis.ts';

export const faults = {
  'node: kill -9': killNode,
  'Redis: kill -9': killRedis,
  'PostgreSQL: kill -9': killDatabase,
  'PostgreSQL: kill -9 of a committing session': killCommitter,
  'node: SIGSTOP': freezeNode,
  'Redis: SIGSTOP': freezeRedis,
  'PostgreSQL: SIGSTOP': freezeDatabase,
  'people and node: cut': cut('door'),
  'people and node: half-open': abandon('door'),
  'people and node: stalled': stall('door'),
  'node and Redis: cut': cut('bus'),
  'node and Redis: half-open': abandon('bus'),
  'node and Redis: stalled': stall('bus'),
  'node and PostgreSQL: cut': cut('database'),
  'node and PostgreSQL: half-open': abandon('database'),
  'node and PostgreSQL: stalled': stall('database'),
  'news: dropped': tamper('drop'),
  'news: repeated': tamper('repeat'),
  'news: reordered': tamper('reorder'),
  'news: damaged': tamper('damage'),
  'news: forged and replayed': tamper('forge'),
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof faults;
