import pg from 'pg';
import { classifyDatabaseError, sqlStateOf } from './database-error.ts';
import type { EmbeddedHome } from './embedded-home.ts';
import { superuser } from './embedded-postmaster.ts';

/** The port names the socket file; nothing listens on a network. */
export const socketPort = 5432;

/** "parley" in ASCII. Held by the session of the one Parley that owns the data folder, for as long as it lives. */
const ownerLock = 0x7061726c6579;

/**
 * What an attempt to own the running PostgreSQL found: `absent` nobody listens; `busy` it starts, recovers or stops;
 * `held` another Parley owns it; `owned` we do, until the session ends.
 */
export type Claim =
  | { readonly state: 'absent' | 'busy' }
  | { readonly state: 'held'; readonly holder: string | undefined }
  | { readonly state: 'owned'; readonly session: pg.Client };

/** One attempt, without waiting for the lock. Throws what is neither of the four. */
export async function claimOwnership(home: EmbeddedHome): Promise<Claim> {
  const session = new pg.Client({
    host: home.runFolder,
    port: socketPort,
    user: superuser,
    database: 'postgres',
    application_name: `parley owner, process ${process.pid}`,
    connectionTimeoutMillis: 5_000,
  });
  session.on('error', () => undefined);
  try {
    await session.connect();
    const { rows } = await session.query<{ owned: boolean }>('SELECT pg_try_advisory_lock($1) AS owned', [ownerLock]);
    if (rows[0]?.owned) return { state: 'owned', session };
    const holder = await findHolder(session);
    await session.end();
    return { state: 'held', holder };
  } catch (error) {
    await session.end().catch(() => undefined);
    if (nobodyListens(error)) return { state: 'absent' };
    if (classifyDatabaseError(error) === 'unreachable' && !/^(28|3D)/.test(sqlStateOf(error) ?? ''))
      return { state: 'busy' };
    throw error;
  }
}

/**
 * Throws unless what is committed survives a crash. The settings are those of the running PostgreSQL, whoever set them:
 * the command line, postgresql.conf or ALTER SYSTEM.
 */
export async function findUnsafeSetting(session: pg.Client): Promise<string | undefined> {
  const { rows } = await session.query<{ name: string; setting: string }>(
    `SELECT name, setting FROM pg_settings
     WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'`,
  );
  return rows[0] && `${rows[0].name} = ${rows[0].setting}`;
}

/** Makes the database where it is not there yet; its name is that of the superuser. */
export async function createDatabaseOnce(session: pg.Client): Promise<void> {
  const { rows } = await session.query('SELECT FROM pg_database WHERE datname = $1', [superuser]);
  if (rows.length === 0) await session.query(`CREATE DATABASE ${superuser}`);
}

async function findHolder(session: pg.Client): Promise<string | undefined> {
  const { rows } = await session.query<{ name: string }>(
    `SELECT a.application_name AS name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory' AND l.granted AND (l.classid::bigint << 32 | l.objid::bigint) = $1`,
    [ownerLock],
  );
  return rows[0]?.name.replace(/^parley owner, /, '');
}

function nobodyListens(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === 'ENOENT' || code === 'ECONNREFUSED';
}
