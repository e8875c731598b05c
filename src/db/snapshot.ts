import type pg from 'pg';
import { Fault } from '../observe/fault.ts';
import { classifyDatabaseError } from './database-error.ts';
import type { Queryable } from './queryable.ts';

/** Each statement on a connection of the pool, and of now. */
export function poolQueryable(pool: pg.Pool): Queryable {
  return {
    async query<Row>(sql: string, parameters: readonly unknown[] = []) {
      const result = await pool.query(sql, parameters as unknown[]).catch(failWell);
      return result.rows as Row[];
    },
  };
}

/** As the driver fails: the committer judges by itself what an error means for a write. */
export function clientQueryable(client: pg.ClientBase): Queryable {
  return {
    async query<Row>(sql: string, parameters: readonly unknown[] = []) {
      const result = await client.query(sql, parameters as unknown[]);
      return result.rows as Row[];
    },
  };
}

/**
 * One read-only snapshot of the database, opened by the first query and given back by `end`, at the latest by
 * PostgreSQL itself after its idle and statement timeouts. Queries after `end` throw.
 */
export class Snapshot implements Queryable {
  readonly #pool: pg.Pool;
  #client: Promise<pg.PoolClient> | null = null;
  /** The last of the queries that were asked for: a connection answers one at a time. */
  #last: Promise<unknown> = Promise.resolve();
  #ended = false;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    if (this.#ended) throw new Error('this snapshot has ended');
    this.#client ??= this.#begin();
    const client = this.#client;
    const query = this.#last.then(async () => (await client).query(sql, parameters as unknown[]));
    this.#last = query.catch(() => undefined);
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
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
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
    try {
      await client.query('COMMIT');
      client.release();
    } catch {
      client.release(true);
    }
  }
}

/** A database that is away is told as UNAVAILABLE; what else it says is a bug of ours and stays as it is. */
function failWell(error: unknown): never {
  if (classifyDatabaseError(error) === 'other') throw error;
  throw new Fault('UNAVAILABLE', 'the database cannot answer now; try again', {}, error);
}
