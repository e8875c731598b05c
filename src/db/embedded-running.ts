import { existsSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { DatabaseConnection } from './connection.ts';
import { EmbeddedPostgresError } from './embedded-error.ts';
import { socketPort } from './embedded-owner.ts';
import { superuser } from './embedded-postmaster.ts';

/** How to reach the PostgreSQL of a Parley that runs on a data folder, beside it. Throws EmbeddedPostgresError where none does. */
export function connectionToRunning(dataDir: string): DatabaseConnection {
  const runFolder = join(resolve(dataDir), 'postgres', 'run');
  const host = existsSync(runFolder) ? realpathSync(runFolder) : runFolder;
  if (!existsSync(join(host, `.s.PGSQL.${socketPort}`))) {
    throw new EmbeddedPostgresError(
      `No Parley runs on ${resolve(dataDir)}: start it, or name another PostgreSQL by DATABASE_URL or another folder by PARLEY_DATA_DIR.`,
    );
  }
  return { host, port: socketPort, user: superuser, database: superuser };
}
