import type { Queryable } from '../db/queryable.ts';
import type { PageOf, PageRequest } from './contract.ts';

export interface Keyset {
  /** A SELECT of all rows of the connection, with a WHERE, in any order. */
  readonly select: string;
  readonly parameters: readonly unknown[];
  /** The column that orders them, unique among them. */
  readonly key: string;
  readonly keyType: 'bigint' | 'text' | 'uuid';
}

/** A page strictly between the keys, by index from one end; whether there is more on either side is asked of the index too. */
export async function readKeysetPage<Row, Key>(
  source: Queryable,
  page: PageRequest<Key>,
  keyset: Keyset,
): Promise<PageOf<Row>> {
  const { select, parameters, key, keyType } = keyset;
  const [afterParameter, beforeParameter, limitParameter] = [1, 2, 3].map((n) => `$${parameters.length + n}`);
  const isForward = page.take === 'first';
  const wanted = `${select}
    AND (${afterParameter}::${keyType} IS NULL OR ${key} > ${afterParameter})
    AND (${beforeParameter}::${keyType} IS NULL OR ${key} < ${beforeParameter})
    ORDER BY ${key} ${isForward ? 'ASC' : 'DESC'} LIMIT ${limitParameter}`;
  const found = await source.query<Row>(wanted, [...parameters, page.after, page.before, page.limit + 1]);
  const hasMore = found.length > page.limit;
  const rows = found.slice(0, page.limit);
  if (!isForward) rows.reverse();

  const edge = isForward ? page.after : page.before;
  const edgeParameter = `$${parameters.length + 1}::${keyType}`;
  // In order, as without one the planner may read the table from its beginning until it comes to such a row.
  const nearest = isForward
    ? `${key} <= ${edgeParameter} ORDER BY ${key} DESC`
    : `${key} >= ${edgeParameter} ORDER BY ${key} ASC`;
  const behind = edge === null ? [] : await source.query(`${select} AND ${nearest} LIMIT 1`, [...parameters, edge]);
  const isMoreBehind = behind.length > 0;
  return {
    rows,
    hasPreviousPage: isForward ? isMoreBehind : hasMore,
    hasNextPage: isForward ? hasMore : isMoreBehind,
  };
}
