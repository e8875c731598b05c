import type pg from 'pg';
import { Fault } from '../observe/fault.ts';
import { beginning, statementTimeoutMsOf } from './connection.ts';
import { classifyDatabaseError } from './database-error.ts';
import type { Queryable } from './queryable.ts';

/** Over the time of a statement, after which PostgreSQL has cancelled it and said so, unless it is frozen. */
const RESPONSE_MARGIN_MS = 2_000;

/** Each statement on a connection of the pool, and of now. */
export function poolQueryable(pool: pg.Pool): Queryable {
  return {
    async query<Row>(sql: string, parameters: readonly unknown[] = []) {
      const result = await pool.query(bounded(pool, sql, parameters)).catch(failWell);
      return result.rows as Row[];
    },
  };
}

/**
 * Pages are read in the order of an index and stop when they are full. Of a table that it has no statistics of yet, PostgreSQL
 * thinks that so few rows fit that it may as well read and sort all: 57 ms where it took 1 ms, for each page of a long way.
 */
const PAGES_BY_INDEX = ['enable_bitmapscan', 'enable_seqscan', 'jit']
  .map((name) => `; SET LOCAL ${name} = off`)
  .join('');

/** For pages of what grows without end: each statement in a transaction of its own, in which indexes are kept to. */
export function pagesQueryable(pool: pg.Pool): Queryable {
  return {
    async query<Row>(sql: string, parameters: readonly unknown[] = []) {
      const snapshot = new Snapshot(pool, PAGES_BY_INDEX);
      try {
        return await snapshot.query<Row>(sql, parameters);
      } finally {
        await snapshot.end();
      }
    },
  };
}

/**
 * One read-only snapshot of the database, opened by the first query and given back by `end`, at the latest by
 * PostgreSQL itself after its idle and statement timeouts. Queries after `end` throw, and after one that failed all
 * others fail alike: the transaction is lost.
 */
export class Snapshot implements Queryable {
  readonly #pool: pg.Pool;
  readonly #settings: string;
  #client: Promise<pg.PoolClient> | null = null;
  /** The last of the queries that were asked for: a connection answers one at a time. */
  #last: Promise<unknown> = Promise.resolve();
  #failure: { readonly reason: unknown } | null = null;
  #ended = false;

  /** `settings`: statements that its transaction begins with. */
  constructor(pool: pg.Pool, settings = '') {
    this.#pool = pool;
    this.#settings = settings;
  }

  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    if (this.#ended) throw new Error('this snapshot has ended');
    this.#client ??= this.#begin();
    const client = this.#client;
    const query = this.#last.then(async () => {
      if (this.#failure) throw this.#failure.reason;
      return (await client).query(bounded(this.#pool, sql, parameters));
    });
    this.#last = query.catch((reason: unknown) => {
      this.#failure ??= { reason };
    });
    const result = await query.catch(failWell);
    return result.rows as Row[];
  }

  /** False until the first query. */
  get isOpen(): boolean {
    return this.#client !== null;
  }

  async #begin(): Promise<pg.PoolClient> {
    const client = await this.#pool.connect();
    try {
      const begin = beginning(this.#pool, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      await client.query(bounded(this.#pool, begin + this.#settings));
      return client;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  /** Gives the connection back; waits for queries in flight. Never rejects; idempotent. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const client = await this.#client?.catch(() => null);
    if (!client) return;
    await this.#last;
    if (this.#failure) return client.release(true);
    try {
      await client.query(bounded(this.#pool, 'COMMIT'));
      client.release();
    } catch {
      client.release(true);
    }
  }
}

/** A query that fails in time also where PostgreSQL neither answers nor hangs up; its connection is then given up. */
function bounded(pool: pg.Pool, text: string, values: readonly unknown[] = []) {
  const statementMs = statementTimeoutMsOf(pool);
  return { text, values: [...values], query_timeout: statementMs > 0 ? statementMs + RESPONSE_MARGIN_MS : undefined };
}

/** A database that is away is told as UNAVAILABLE; what else it says is a bug of ours and stays as it is. */
function failWell(error: unknown): never {
  if (classifyDatabaseError(error) === 'other') throw error;
  throw new Fault('UNAVAILABLE', 'the database cannot answer now; try again', {}, error);
}
