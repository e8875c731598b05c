import { createHash } from 'node:crypto';
import type { PageOf, PageRequest } from '../src/chat/contract.ts';
import type { Position } from '../src/log/position.ts';
import { Fault } from '../src/observe/fault.ts';

export const pageSize = 50;
export const pageSizeLimit = 100;

/** One connection's way of naming places: its name is part of each page cursor, so that no other connection takes it. */
export interface PageKind<Key> {
  readonly name: string;
  readonly write: (key: Key) => string;
  /** Null: not a key of this kind. */
  readonly read: (text: string) => Key | null;
}

export function pagesBySlug(name: string): PageKind<string> {
  return { name, write: (slug) => slug, read: (text) => (/^[a-z0-9-]{1,100}$/.test(text) ? text : null) };
}

/** Ids are ordered by when they were made. */
export function pagesById<Id extends string>(name: string): PageKind<Id> {
  const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  return { name, write: (id) => id, read: (text) => (isId.test(text) ? (text as Id) : null) };
}

export function pagesByPosition(name: string): PageKind<Position> {
  return { name, write: String, read: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : null) };
}

export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

/**
 * What page the arguments ask for: `first` with `after`, or `last` with `before`; a cursor alone gets its partner's 50;
 * nothing at all the 50 at `defaultEnd`. Throws BAD_USER_INPUT for other pairs and for sizes outside 1 to 100,
 * CURSOR_INVALID for a cursor of the log, of another connection or damaged.
 */
export function readPage<Key>(
  kind: PageKind<Key>,
  args: PageArguments,
  defaultEnd: 'first' | 'last',
): PageRequest<Key> {
  refusePair(args, 'first', 'last');
  refusePair(args, 'after', 'before');
  refusePair(args, 'first', 'before');
  refusePair(args, 'last', 'after');
  const isFirst = isGiven(args.first) || isGiven(args.after);
  const isLast = isGiven(args.last) || isGiven(args.before);
  const take = isFirst ? 'first' : isLast ? 'last' : defaultEnd;
  return {
    take,
    limit: readSize(take, args[take]),
    after: isGiven(args.after) ? readPageCursor(kind, args.after, 'after') : null,
    before: isGiven(args.before) ? readPageCursor(kind, args.before, 'before') : null,
  };
}

/** A number of things to give at once: 1 to 100, 50 when absent. Throws BAD_USER_INPUT. */
export function readSize(argument: string, value: number | null | undefined): number {
  if (!isGiven(value)) return pageSize;
  if (value < 1 || value > pageSizeLimit) {
    throw new Fault('BAD_USER_INPUT', `${argument} is ${value}: ask for 1 to ${pageSizeLimit}`, { argument });
  }
  return value;
}

/** Refuses two arguments that exclude each other. Throws BAD_USER_INPUT. */
export function refusePair<Name extends string>(
  args: Readonly<Partial<Record<Name, unknown>>>,
  one: Name,
  other: Name,
): void {
  if (!isGiven(args[one]) || !isGiven(args[other])) return;
  throw new Fault('BAD_USER_INPUT', `${one} and ${other} exclude each other: give one of them`, { argument: other });
}

/** Cost of a page: its size, as far as it is one that will be served. */
export function pageCost(args: Pick<PageArguments, 'first' | 'last'>): { field: number; multiplier: number } {
  return sizeCost(args.first ?? args.last);
}

export function sizeCost(size: number | null | undefined): { field: number; multiplier: number } {
  return { field: 1, multiplier: Math.min(Math.max(size ?? pageSize, 1), pageSizeLimit) };
}

/** A page in the shape of a Relay connection. `keyOf`: where a row stands in it. */
export function toConnection<Row, Key>(kind: PageKind<Key>, page: PageOf<Row>, keyOf: (row: Row) => Key) {
  const edges = page.rows.map((node) => ({ cursor: writePageCursor(kind, keyOf(node)), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

const PREFIX = 'page_';
const LOG_PREFIX = 'log_';
const CHECKSUM_LENGTH = 4;

/** `page_` and base64url of: checksum (4 bytes), connection, `:`, key. The checksum finds damage; it keeps no secret. */
export function writePageCursor<Key>(kind: PageKind<Key>, key: Key): string {
  const content = Buffer.from(`${kind.name}:${kind.write(key)}`);
  return PREFIX + Buffer.concat([checksum(content), content]).toString('base64url');
}

function readPageCursor<Key>(kind: PageKind<Key>, cursor: string, argument: string): Key {
  if (cursor.startsWith(LOG_PREFIX)) {
    throw invalid(argument, 'LOG_CURSOR', 'is a cursor of the log: give a page cursor, which begins with page_');
  }
  const bytes = cursor.startsWith(PREFIX) ? Buffer.from(cursor.slice(PREFIX.length), 'base64url') : Buffer.alloc(0);
  const content = bytes.subarray(CHECKSUM_LENGTH);
  const isWhole =
    PREFIX + bytes.toString('base64url') === cursor &&
    bytes.subarray(0, CHECKSUM_LENGTH).equals(checksum(content)) &&
    content.includes(':');
  if (!isWhole) throw invalid(argument, 'DAMAGED', 'is damaged: give a page cursor exactly as the server gave it');

  const [name = '', ...rest] = content.toString().split(':');
  if (name !== kind.name) {
    throw invalid(argument, 'OTHER_CONNECTION', `is a page cursor of ${name}: give one of ${kind.name}`);
  }
  const key = kind.read(rest.join(':'));
  if (key === null) throw invalid(argument, 'DAMAGED', 'is damaged: give a page cursor exactly as the server gave it');
  return key;
}

function invalid(argument: string, reason: string, message: string): Fault {
  return new Fault('CURSOR_INVALID', `${argument} ${message}`, { argument, reason });
}

function checksum(content: Uint8Array): Buffer {
  return createHash('sha256').update(content).digest().subarray(0, CHECKSUM_LENGTH);
}

function isGiven<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined;
}
