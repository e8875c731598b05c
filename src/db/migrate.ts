import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator';
import type pg from 'pg';
import { sqlStateOf } from './database-error.ts';

/** The database was written by a newer Parley. The message is one line. */
export class DataIsNewer extends Error {
  override readonly name = 'DataIsNewer';
}

/** The role of the connection may not do what the tables need. The message is one line and says what to grant. */
export class MigrationRefused extends Error {
  override readonly name = 'MigrationRefused';
}

interface Journal {
  /** `when` is the time of the migration in ms, and its identity in the database. */
  readonly entries: readonly { readonly tag: string; readonly when: number }[];
}

/** "migrate" in ASCII, as far as a number holds it. */
const migrationLock = 0x6d6967726174;
const lockWaitMs = 120_000;

const insufficientPrivilege = '42501';
const notAvailable = new Set(['0A000', '58P01']);

/**
 * Brings the database to the migrations in the folder; nodes that start at once take turns. Throws DataIsNewer, having
 * changed nothing, when the database has a migration that the folder has not; MigrationRefused when a right is missing.
 */
export async function migrate(
  database: { readonly pool: pg.Pool },
  options: { readonly migrationsFolder: string },
): Promise<void> {
  const journal = JSON.parse(await readFile(join(options.migrationsFolder, 'meta/_journal.json'), 'utf8')) as Journal;
  const client = await database.pool.connect();
  try {
    // One transaction, as a lock of the session would stay with whoever shares it behind a pooler.
    await client.query(
      `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = ${lockWaitMs}; SET LOCAL statement_timeout = 0`,
    );
    await client.query('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
    await refuseNewerData(client, journal);
    // Drizzle's own BEGIN is then without effect, and its COMMIT ends it all.
    await applyMigrations(drizzle(client), options);
  } catch (error) {
    throw explainRefusal(error) ?? error;
  } finally {
    // The connection goes, and with it a transaction that failed.
    client.release(true);
  }
}

async function refuseNewerData(client: pg.PoolClient, journal: Journal): Promise<void> {
  const table = 'drizzle.__drizzle_migrations';
  const { rows: found } = await client.query('SELECT WHERE to_regclass($1) IS NOT NULL', [table]);
  if (found.length === 0) return;
  const known = journal.entries.map((entry) => entry.when);
  const { rows } = await client.query<{ count: number; latest: number | null }>(
    `SELECT count(*) AS count, max(created_at) AS latest FROM ${table} WHERE created_at <> ALL ($1::bigint[])`,
    [known],
  );
  const { count, latest } = rows[0] ?? { count: 0, latest: null };
  if (count === 0 || latest === null) return;
  const ours = journal.entries.at(-1)?.tag ?? 'none';
  throw new DataIsNewer(
    `The database was written by a newer Parley: it holds ${count} migration${count === 1 ? '' : 's'} unknown here, the latest of ${new Date(latest).toISOString()}, while this Parley ends with ${ours}. Start that newer version, or use another database.`,
  );
}

function explainRefusal(error: unknown): MigrationRefused | undefined {
  const state = sqlStateOf(error);
  const statement = error instanceof Error && 'query' in error ? String(error.query) : '';
  const reason = causeMessage(error);
  const extension = /create extension (?:if not exists )?"?(\w+)/i.exec(statement)?.[1];
  if (extension !== undefined && state !== undefined && (state === insufficientPrivilege || notAvailable.has(state))) {
    return new MigrationRefused(
      state === insufficientPrivilege
        ? `PostgreSQL refused CREATE EXTENSION ${extension} (${reason}): run "CREATE EXTENSION ${extension}" in this database as a superuser, or grant its role CREATE on the database.`
        : `PostgreSQL has no extension ${extension} (${reason}): install the contrib package of this PostgreSQL.`,
      { cause: error },
    );
  }
  if (state !== insufficientPrivilege) return undefined;
  return new MigrationRefused(
    `PostgreSQL refused a migration (${reason}): grant the role of DATABASE_URL CREATE on the database and on its schema public, or make it their owner.`,
    { cause: error },
  );
}

function causeMessage(error: unknown): string {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause instanceof Error) innermost = innermost.cause;
  return innermost instanceof Error ? innermost.message : String(innermost);
}
