import type { Writable } from 'node:stream';
import type pg from 'pg';
import { withArrayTexts } from './array-text.ts';
import { canPrepare } from './connection.ts';
import type { Queryable, Statement } from './queryable.ts';
import { nameOf } from './statement-name.ts';
import { Trip } from './trip.ts';

/**
 * One connection on which statements go out when they are asked for, without waiting for the answers before. PostgreSQL
 * does them in that order, each on a snapshot of when its turn comes. Behind one that fails in a transaction all others
 * fail because of it (25P02), and COMMIT is answered by ROLLBACK, without an error.
 */
export class Pipeline implements Queryable {
  readonly #client: pg.PoolClient;
  readonly #responseMs: number;
  readonly #isPreparing: boolean;
  readonly #stream: Writable;
  #isCorked = false;

  /** One of a pool that was opened with `isPipelined`; responseMs is how long an answer may take before it is given up. */
  constructor(pool: pg.Pool, client: pg.PoolClient, responseMs: number) {
    this.#client = client;
    this.#responseMs = responseMs;
    this.#isPreparing = canPrepare(pool);
    this.#stream = (client as unknown as { readonly connection: { readonly stream: Writable } }).connection.stream;
  }

  query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    const rows = this.#ask(sql, parameters).then((result) => result.rows as Row[]);
    // Who asked for several at once may leave with the first failure: the others have a home here.
    rows.catch(() => undefined);
    return rows;
  }

  /** Writes and commits in one trip. Rejects with NotCommitted where PostgreSQL said so; with anything else it may have. */
  async commit(statements: readonly Statement[]): Promise<void> {
    const failure = await this.#transact(statements);
    if (failure !== null) throw failure.error;
  }

  /**
   * The same behind `beginning` and proofs, all of it in one trip. False: nothing was done, as a proof failed. Where
   * `beginning` failed that is what it is not committed for.
   */
  async commitIf(
    beginning: readonly Statement[],
    proofs: readonly Statement[],
    statements: readonly Statement[],
  ): Promise<boolean> {
    const failure = await this.#transact([...beginning, ...proofs, ...statements]);
    if (failure === null) return true;
    const isOfProof = failure.done >= beginning.length && failure.done < beginning.length + proofs.length;
    if (isOfProof && failure.error instanceof NotCommitted) return false;
    throw failure.error;
  }

  /** Null: done. Its COMMIT ends the transaction in any case, so that what is asked behind it begins its own. */
  async #transact(statements: readonly Statement[]): Promise<Failure | null> {
    const written = this.#inTrip(statements);
    const ended = this.#ask('COMMIT', []);
    ended.catch(() => undefined);
    const failure = await written;
    const { command } = await ended;
    if (command !== 'COMMIT') return { error: new NotCommitted(failure?.error), done: failure?.done ?? 0 };
    // With a failure: there was no transaction that it could have ended.
    return failure;
  }

  #inTrip(statements: readonly Statement[]): Promise<Failure | null> {
    this.#cork();
    return new Promise((resolve) => {
      const trip: Trip = new Trip(statements, this.#isPreparing, this.#responseMs, (error) =>
        resolve(error ? { error, done: trip.done } : null),
      );
      this.#client.query(trip);
    });
  }

  #ask(sql: string, parameters: readonly unknown[]): Promise<pg.QueryResult> {
    this.#cork();
    const name = this.#isPreparing && parameters.length > 0 ? nameOf(sql) : undefined;
    return this.#client.query({
      text: sql,
      values: withArrayTexts(parameters),
      ...(name !== undefined && { name }),
      // The driver then drops the connection, and with it all that waits behind.
      query_timeout: this.#responseMs,
    } as pg.QueryConfig);
  }

  /** What is asked for in one turn goes out in one write: a call of the system each is most of what asking costs. */
  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#stream.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      this.#stream.uncork();
    });
  }
}

interface Failure {
  readonly error: unknown;
  /** Statements before the one that failed. */
  readonly done: number;
}

/** The transaction was rolled back: nothing of it is there. */
export class NotCommitted extends Error {
  override readonly name = 'NotCommitted';

  constructor(cause: unknown) {
    super('the transaction was rolled back', { cause });
  }
}

/** The values of all, or the failure of the one that was asked for first: what failed behind it failed because of it. */
export async function inOneTrip<Values extends readonly unknown[]>(
  asked: {
    readonly [Index in keyof Values]: Promise<Values[Index]>;
  },
): Promise<Values> {
  await Promise.allSettled(asked);
  for (const one of asked) await one;
  return Promise.all(asked) as unknown as Promise<Values>;
}
