import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';

/** Where PostgreSQL is: a connection string, or the private Unix socket of the embedded one (`host` is its folder). */
export type DatabaseConnection =
  | { readonly connectionString: string }
  | { readonly host: string; readonly port: number; readonly user: string; readonly database: string };

/** What the database layer tells the log; pino's loggers fit. */
export interface DatabaseLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface OpenDatabaseOptions<Schema extends Record<string, unknown>> {
  readonly connection: DatabaseConnection;
  /** Connections that the pool may hold at once. */
  readonly poolSize: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** The Drizzle tables, for its relational queries; absent: those queries know no table. */
  readonly schema?: Schema;
  readonly log?: DatabaseLog;
  /** A pooler shares the sessions: the limits below then hold in transactions that begin as `beginningsOf` says. Default false. */
  readonly isPooled?: boolean;
  /** For commits: statements go out without waiting for the answers before, and are prepared. Default false. */
  readonly isPipelined?: boolean;
  /** How long a caller waits for a free or new connection. */
  readonly connectionTimeoutMs?: number;
  /** A longer statement is cancelled by PostgreSQL (57014); 0 is no limit. */
  readonly statementTimeoutMs?: number;
  /** A transaction left idle for longer loses its session (25P03), and so its locks; 0 is no limit. */
  readonly idleInTransactionTimeoutMs?: number;
  /** A statement that waits longer for a lock fails (55P03); 0 is no limit. */
  readonly lockTimeoutMs?: number;
}

/** A pool, and Drizzle over the same pool. bigint arrives as a number; one beyond 2^53 throws. */
export interface Database<Schema extends Record<string, unknown> = Record<string, never>> extends AsyncDisposable {
  readonly pool: pg.Pool;
  readonly drizzle: NodePgDatabase<Schema>;
  /** Waits for the queries in flight, then closes every connection. May be called twice. */
  close(): Promise<void>;
}

/**
 * A database, without connecting yet: the first query does. A connection that dies while idle is logged and
 * replaced at the next query; it never ends the process.
 */
export function openDatabase<Schema extends Record<string, unknown> = Record<string, never>>(
  options: OpenDatabaseOptions<Schema>,
): Database<Schema> {
  readBigintAsNumber();
  const limits = {
    statement_timeout: options.statementTimeoutMs ?? 15_000,
    idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs ?? 10_000,
    lock_timeout: options.lockTimeoutMs ?? 5_000,
  };
  const pool = new pg.Pool({
    ...options.connection,
    max: options.poolSize,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectionTimeoutMs ?? 5_000,
    ...(options.isPooled ? {} : limits),
    pipeline: options.isPipelined ?? false,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
  });
  factsOfPool.set(pool, {
    statementTimeoutMs: limits.statement_timeout,
    local: options.isPooled ? local(limits) : [],
    canPrepare: !options.isPooled,
  });
  let closing: Promise<void> | undefined;
  pool.on('error', (error: Error & { code?: string }) => {
    // pg hangs the whole client on its errors; the log wants none of that.
    if (closing === undefined)
      options.log?.warn({ reason: error.message, code: error.code }, 'a database connection was lost');
  });
  // A connection that breaks while checked out reports on the client, where nobody else listens between two queries.
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
    if (options.isPipelined && !options.isPooled) client.query(PLANS_BY_INDEX).catch(() => undefined);
  });

  const close = () => {
    closing ??= pool.end();
    return closing;
  };
  return {
    pool,
    drizzle: drizzle(pool, options.schema === undefined ? {} : { schema: options.schema }) as NodePgDatabase<Schema>,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Plans of prepared statements are made once, and not for each commit: that took 0.5 ms of the 0.9 ms that PostgreSQL worked
 * for one. Made on tables that may be empty still, they keep to the indexes, however much the tables grow. What a table that
 * has no index for it is read by looks dear then, and is not worth compiling.
 */
const PLANS_BY_INDEX = [
  'SET plan_cache_mode = force_generic_plan',
  'SET enable_seqscan = off',
  'SET enable_hashjoin = off',
  'SET enable_mergejoin = off',
  'SET jit = off',
].join('; ');

interface PoolFacts {
  readonly statementTimeoutMs: number;
  readonly local: readonly string[];
  readonly canPrepare: boolean;
}

const factsOfPool = new WeakMap<pg.Pool, PoolFacts>();

/** What a transaction on this pool begins with: `begin`, and the limits where its sessions lack them. */
export function beginningsOf(pool: pg.Pool, begin: string): readonly string[] {
  return [begin, ...(factsOfPool.get(pool)?.local ?? [])];
}

/** The same as one text, in one round trip. */
export function beginning(pool: pg.Pool, begin: string): string {
  return beginningsOf(pool, begin).join('; ');
}

/** Whether a session stays with its connection, and with it what was prepared on it. */
export function canPrepare(pool: pg.Pool): boolean {
  return factsOfPool.get(pool)?.canPrepare ?? false;
}

/** How long PostgreSQL works on one statement of this pool at most; 0 is no limit. */
export function statementTimeoutMsOf(pool: pg.Pool): number {
  return factsOfPool.get(pool)?.statementTimeoutMs ?? 0;
}

/** For a shared session: gone with the transaction, so that whoever gets the session next is not bound by them. */
function local(limits: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(limits).map(([name, ms]) => `SET LOCAL ${name} = ${ms}`);
}

/** A bigint as PostgreSQL prints it. Throws a RangeError where a number cannot hold it exactly. */
export function parseBigint(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`the bigint ${text} does not fit a number exactly`);
  return value;
}

/** For the whole process: Drizzle asks pg's own registry, not that of a pool. */
function readBigintAsNumber(): void {
  pg.types.setTypeParser(pg.types.builtins.INT8, parseBigint);
}
