import pg from 'pg';
import type { DatabaseConnection } from './connection.ts';

/** Not the default of any server, so that it is found again only where it was heeded. */
const probeMs = 59_999;

/**
 * Whether a pooler such as PgBouncer stands between: such a one refuses the limits that a session asks for at its begin,
 * or drops them, as the session behind it is shared. Rejects where nobody answers.
 */
export async function findPooler(connection: DatabaseConnection): Promise<boolean> {
  const client = new pg.Client({
    ...connection,
    application_name: 'parley',
    lock_timeout: probeMs,
    connectionTimeoutMillis: 5_000,
    query_timeout: 5_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ lock_timeout: string }>('SHOW lock_timeout');
    return rows[0]?.lock_timeout !== `${probeMs}ms`;
  } catch (error) {
    if (error instanceof Error && /unsupported startup parameter/.test(error.message)) return true;
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}
