import pg from 'pg';
import { parameterText } from './array-text.ts';
import type { Statement } from './queryable.ts';
import { nameOf } from './statement-name.ts';

/** Prepared on a connection by trips, or about to be. */
const preparedOn = new WeakMap<pg.Connection, Set<string>>();

type Callback = (error?: Error | null) => void;

/**
 * Statements of a transaction that are one thing to ask of PostgreSQL: it does them in their order, and behind one that fails none.
 * To the driver they are one query: one answer, one time limit. What they return is dropped.
 */
export class Trip extends pg.Query {
  /** Read and wrapped by the driver, for its time limit. */
  callback: Callback;
  readonly query_timeout: number;
  readonly #statements: readonly Statement[];
  /** Made before anything is sent: half of a trip would be part of the next one. */
  readonly #values: readonly (string | null)[][];
  readonly #isPreparing: boolean;
  #prepared: Set<string> | null = null;
  #done = 0;

  constructor(statements: readonly Statement[], isPreparing: boolean, responseMs: number, callback: Callback) {
    super({ text: '' });
    this.#statements = statements;
    this.#values = statements.map(({ parameters }) => parameters.map(parameterText));
    this.#isPreparing = isPreparing;
    this.query_timeout = responseMs;
    this.callback = callback;
  }

  /** How many were done, before one failed or at all. */
  get done(): number {
    return this.#done;
  }

  /** A field, as the driver's types have it. */
  override readonly submit = (connection: pg.Connection): void => {
    this.#prepared = preparedOn.get(connection) ?? new Set();
    preparedOn.set(connection, this.#prepared);
    for (const [n, { sql, parameters }] of this.#statements.entries()) {
      const statement = this.#isPreparing && parameters.length > 0 ? preparedName(sql) : '';
      if (!this.#prepared.has(statement)) {
        // After a failure nobody knows whether it is there. To close what is not is no error.
        if (statement !== '') connection.close({ type: 'S', name: statement }, true);
        connection.parse({ name: statement, text: sql, types: [] }, true);
        if (statement !== '') this.#prepared.add(statement);
      }
      connection.bind({ statement, values: this.#values[n] as (string | null)[] }, true);
      connection.execute(null, true);
    }
    connection.sync();
  };

  handleCommandComplete(): void {
    this.#done += 1;
  }

  /** No statement is described, so that no rows are awaited. */
  handleDataRow(): void {}

  handleError(error: Error): void {
    for (const { sql } of this.#statements.slice(this.#done)) this.#prepared?.delete(preparedName(sql));
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.callback(null);
  }
}

/** Not by the name that the driver prepares it under: that keeps a record of its own of what is there. */
function preparedName(sql: string): string {
  return `trip ${nameOf(sql)}`;
}
