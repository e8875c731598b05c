import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/db/embedded.ts';
import { temporaryFolder } from './folder.ts';
import { startPostgresOfVersion } from './postgres-versions.ts';
import { quietLog } from './quiet-log.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the Unix socket of the run's private PostgreSQL. */
    postgresHost: string;
    postgresPort: number;
    postgresUser: string;
  }
}

/**
 * One private PostgreSQL for the run; each server under test has a database of its own in it. PARLEY_TEST_POSTGRES names
 * another major version than that of the embedded one.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { PARLEY_TEST_POSTGRES: major } = process.env;
  if (major) {
    const other = await startPostgresOfVersion(major);
    project.provide('postgresHost', other.host);
    project.provide('postgresPort', other.port);
    project.provide('postgresUser', other.user);
    return async () => other[Symbol.asyncDispose]();
  }
  const folder = temporaryFolder();
  // The tests start nodes by the dozen, each with a pool.
  const postgres = await startEmbeddedPostgres({
    dataDir: `${folder.path}/data`,
    log: quietLog,
    settings: { max_connections: '200' },
  });
  project.provide('postgresHost', postgres.connection.host);
  project.provide('postgresPort', postgres.connection.port);
  project.provide('postgresUser', postgres.connection.user);
  return async () => {
    await postgres.stop();
    folder[Symbol.dispose]();
  };
}
