import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

/** A database of the run's private PostgreSQL, empty, dropped when disposed of. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  /** A statement of the test's own, as superuser. */
  query<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(`CREATE DATABASE ${name}`);
  const url = urlOf(name);
  return {
    url,
    async query<Row>(sql: string, parameters: readonly unknown[] = []) {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        return (await client.query(sql, [...parameters])).rows as Row[];
      } finally {
        await client.end();
      }
    },
    [Symbol.asyncDispose]: () => onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

/** How many of this database wait for an advisory lock; those of other tests, on the same PostgreSQL, do not count. */
export async function lockWaitersIn({ query }: Pick<TestDatabase, 'query'>): Promise<number> {
  const waiting = await query(
    `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return waiting.length;
}

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf('postgres') });
  await client.connect();
  await client.query(sql);
  await client.end();
}

function urlOf(database: string): string {
  const host = encodeURIComponent(inject('postgresHost'));
  return `postgres://${inject('postgresUser')}@localhost:${inject('postgresPort')}/${database}?host=${host}`;
}
