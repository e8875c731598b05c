import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../src/db/connection.ts';
import { classifyDatabaseError, sqlStateOf } from '../src/db/database-error.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/db/embedded.ts';
import { DataIsNewer, MigrationRefused, migrate } from '../src/db/migrate.ts';
import { temporaryFolder } from './support/folder.ts';
import { quietLog as log } from './support/quiet-log.ts';

const folder = temporaryFolder();
let postgres: EmbeddedPostgres;
let admin: Database;

beforeAll(async () => {
  postgres = await startEmbeddedPostgres({ dataDir: join(folder.path, 'data'), log });
  admin = openDatabase({ connection: postgres.connection, poolSize: 2, applicationName: 'test', log });
  await admin.pool.query('CREATE ROLE weak LOGIN');
}, 60_000);

afterAll(async () => {
  await admin.close();
  await postgres.stop();
  folder[Symbol.dispose]();
});

describe('what kind of failure an error is', () => {
  test('a statement past its bound is a timeout, and so is a lock that does not come', async () => {
    await using hasty = open('parley', { statementTimeoutMs: 20, lockTimeoutMs: 10 });
    expect(await kindOf(hasty.pool.query('SELECT pg_sleep(5)'))).toBe('timeout');
    const holder = await admin.pool.connect();
    await holder.query('SELECT pg_advisory_lock(1)');
    expect(await kindOf(hasty.pool.query('SELECT pg_advisory_lock(1)'))).toBe('timeout');
    holder.release(true);
  });

  test('a write that PostgreSQL does not take is readOnly, also inside the error of Drizzle', async () => {
    await using database = open('parley');
    const client = await database.pool.connect();
    await client.query('SET default_transaction_read_only = on');
    expect(await kindOf(client.query('CREATE TABLE t ()'))).toBe('readOnly');
    const wrapped = await drizzle(client)
      .execute('CREATE TABLE t ()')
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(classifyDatabaseError(wrapped)).toBe('readOnly');
    expect(sqlStateOf(wrapped)).toBe('25006');
    client.release(true);
  });

  test('nobody listening, no such database and a session that was ended are unreachable', async () => {
    await using nowhere = openDatabase({
      connection: { connectionString: 'postgres://parley@127.0.0.1:1/parley' },
      poolSize: 1,
      applicationName: 'test',
      log,
    });
    expect(await kindOf(nowhere.pool.query('SELECT 1'))).toBe('unreachable');
    await using missing = open('no such database');
    expect(await kindOf(missing.pool.query('SELECT 1'))).toBe('unreachable');
    await using ended = open('parley');
    expect(await kindOf(ended.pool.query('SELECT pg_terminate_backend(pg_backend_pid())'))).toBe('unreachable');
    expect((await ended.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  test('a full disk is diskFull; a mistake of ours, or a missing file, is other', async () => {
    const raise = "DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$";
    expect(await kindOf(admin.pool.query(raise))).toBe('diskFull');
    expect(await kindOf(admin.pool.query('SELECT nonsense'))).toBe('other');
    expect(classifyDatabaseError(Object.assign(new Error('no file'), { code: 'ENOENT', syscall: 'open' }))).toBe(
      'other',
    );
    expect(classifyDatabaseError(undefined)).toBe('other');
    const circle = new Error('circle');
    circle.cause = circle;
    expect(classifyDatabaseError(circle)).toBe('other');
  });
});

describe('migrations', () => {
  test('nodes that start at once apply each one once', async () => {
    await using database = await create('together');
    const migrationsFolder = migrations('together', ['CREATE TABLE one ()', 'CREATE TABLE two ()']);
    await Promise.all([0, 1, 2].map(() => migrate(database, { migrationsFolder })));
    const { rows } = await database.pool.query('SELECT count(*) AS count FROM drizzle.__drizzle_migrations');
    expect(rows).toEqual([{ count: 2 }]);
  });

  test('data of a newer version is refused in one line, and nothing is changed', async () => {
    await using database = await create('newer');
    await migrate(database, { migrationsFolder: migrations('newer', ['CREATE TABLE one ()', 'CREATE TABLE two ()']) });
    const refused = migrate(database, { migrationsFolder: migrations('older', ['CREATE TABLE one ()']) });
    await expect(refused).rejects.toThrow(DataIsNewer);
    await expect(refused).rejects.toThrow(
      /^The database was written by a newer Parley: it holds 1 migration unknown here, .+$/,
    );
  });

  test('a migration that fails leaves nothing of itself', async () => {
    await using database = await create('half');
    const migrationsFolder = migrations('half', ['CREATE TABLE one ();--> statement-breakpoint\nSELECT nonsense']);
    await expect(migrate(database, { migrationsFolder })).rejects.toThrow();
    const { rows } = await database.pool.query("SELECT to_regclass('one') AS one");
    expect(rows).toEqual([{ one: null }]);
  });

  test('a role without rights is told in one line what to grant', async () => {
    await using owner = await create('rights');
    await using database = open('rights', {}, 'weak');
    const tables = migrations('rights', ['CREATE TABLE one ()']);
    await expect(migrate(database, { migrationsFolder: tables })).rejects.toThrow(
      /^PostgreSQL refused a migration \(permission denied for database rights\): grant .+$/,
    );
    await owner.pool.query('GRANT CREATE ON DATABASE rights TO weak');
    const untrusted = migrations('extension', ['CREATE EXTENSION IF NOT EXISTS pg_buffercache']);
    const refused = migrate(database, { migrationsFolder: untrusted });
    await expect(refused).rejects.toThrow(MigrationRefused);
    await expect(refused).rejects.toThrow(
      /^PostgreSQL refused CREATE EXTENSION pg_buffercache \(.+\): run .+ as a superuser, .+$/,
    );
    await owner.pool.query('CREATE EXTENSION pg_buffercache');
    await migrate(database, { migrationsFolder: untrusted });
    const missing = migrations('missing', ['SELECT 1', 'CREATE EXTENSION no_such_thing']);
    await expect(migrate(database, { migrationsFolder: missing })).rejects.toThrow(
      /^PostgreSQL has no extension no_such_thing .+$/,
    );
  });
});

function open(
  name: string,
  bounds: { statementTimeoutMs?: number; lockTimeoutMs?: number } = {},
  user = 'parley',
): Database {
  const connection = { ...postgres.connection, database: name, user };
  return openDatabase({ connection, poolSize: 3, applicationName: 'test', log, ...bounds });
}

async function create(name: string): Promise<Database> {
  await admin.pool.query(`CREATE DATABASE ${name}`);
  return open(name);
}

async function kindOf(query: Promise<unknown>): Promise<string> {
  return query.then(
    () => 'no error',
    (error: unknown) => classifyDatabaseError(error),
  );
}

/** A folder as drizzle-kit makes it; the migration with index n has the time 1000 * (n + 1). */
function migrations(name: string, statements: readonly string[]): string {
  const place = join(folder.path, name);
  mkdirSync(join(place, 'meta'), { recursive: true });
  const entries = statements.map((sql, index) => {
    const tag = `000${index}_${name}`;
    writeFileSync(join(place, `${tag}.sql`), sql);
    return { idx: index, version: '7', when: 1_000 * (index + 1), tag, breakpoints: true };
  });
  writeFileSync(join(place, 'meta/_journal.json'), JSON.stringify({ version: '7', dialect: 'postgresql', entries }));
  return place;
}
