import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test, vi } from 'vitest';
import { openDatabase } from '../src/db/connection.ts';
import { DataFolderInUse, type EmbeddedPostgres, startEmbeddedPostgres } from '../src/db/embedded.ts';
import { temporaryFolder } from './support/folder.ts';
import { quietLog as log } from './support/quiet-log.ts';

const isRoot = process.getuid?.() === 0;

describe('the embedded PostgreSQL', () => {
  test('starts in an empty folder, keeps what is committed, and starts again', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder();
    const dataDir = join(folder.path, 'data');
    {
      await using postgres = await startEmbeddedPostgres({ dataDir, log });
      expect(postgres.takenOver).toBe(false);
      await run(postgres, 'CREATE TABLE note (text text)');
      await run(postgres, "INSERT INTO note VALUES ('kept')");
    }
    expect(existsSync(join(dataDir, 'postgres/data/postmaster.pid'))).toBe(false);
    await using postgres = await startEmbeddedPostgres({ dataDir, log });
    expect(postgres.takenOver).toBe(false);
    expect(await run(postgres, 'SELECT text FROM note')).toEqual([{ text: 'kept' }]);
  });

  test('is durable, speaks UTF-8, has trigrams of every script, and listens on a private socket alone', {
    timeout: 60_000,
  }, async () => {
    using folder = temporaryFolder();
    await using postgres = await startEmbeddedPostgres({ dataDir: folder.path, log });
    const [settings] = await run(
      postgres,
      `SELECT current_setting('fsync') AS fsync, current_setting('listen_addresses') AS addresses,
              current_setting('server_encoding') AS encoding, lower('ÄЖ') AS lower, 9007199254740991::bigint AS bigint`,
    );
    expect(settings).toEqual({
      fsync: 'on',
      addresses: '',
      encoding: 'UTF8',
      lower: 'äж',
      bigint: Number.MAX_SAFE_INTEGER,
    });
    await expect(run(postgres, 'SELECT 9007199254740992::bigint')).rejects.toThrow(RangeError);
    await run(postgres, 'CREATE EXTENSION pg_trgm');
    expect(await run(postgres, "SELECT cardinality(show_trgm('привет')) AS trigrams")).toEqual([{ trigrams: 7 }]);
    expect(statSync(postgres.connection.host).mode & 0o777).toBe(0o700);
    if (isRoot) expect(statSync(postgres.connection.host).uid).not.toBe(0);
  });

  test('refuses a second owner in one line that names the first', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder();
    await using postgres = await startEmbeddedPostgres({ dataDir: folder.path, log });
    const refusal = await startEmbeddedPostgres({ dataDir: folder.path, log }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(DataFolderInUse);
    expect((refusal as Error).message).toMatch(
      new RegExp(`^The data folder ${folder.path} is in use by another Parley \\(process ${process.pid}\\): .+$`),
    );
    expect(await run(postgres, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('has one owner when two start on an empty folder at once', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder();
    const starts = await Promise.allSettled([0, 1].map(() => startEmbeddedPostgres({ dataDir: folder.path, log })));
    const started = starts.filter((one) => one.status === 'fulfilled');
    const refused = starts.filter((one) => one.status === 'rejected');
    await Promise.all(started.map((one) => one.value.stop()));
    expect(started).toHaveLength(1);
    expect(refused[0]?.reason).toBeInstanceOf(DataFolderInUse);
  });

  test('is taken over, still running, after its owner was killed', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder();
    const owner = await startOwner(folder.path);
    expect(owner.said).toMatchObject({ takenOver: false });
    await kill(owner.process);
    await using postgres = await startEmbeddedPostgres({ dataDir: folder.path, log });
    expect(postgres.takenOver).toBe(true);
    expect(postgres.pid).toBe(owner.said.pid);
  });

  test('is not reached by Ctrl-C in the terminal of its owner, which drains first', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder();
    const owner = await startOwner(folder.path);
    process.kill(-(owner.process.pid ?? 0), 'SIGINT');
    await kill(owner.process);
    await using postgres = await startEmbeddedPostgres({ dataDir: folder.path, log });
    expect(postgres).toMatchObject({ takenOver: true, pid: owner.said.pid });
  });

  test('stops what it started when the start is aborted, at any moment of it', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder();
    const moments = ['postgres/data.unfinished/base', 'postgres/data/postmaster.pid', 'postgres/run/.s.PGSQL.5432'];
    for (const moment of moments) {
      const abort = new AbortController();
      const start = startEmbeddedPostgres({ dataDir: folder.path, log, signal: abort.signal });
      const outcome = start.then(
        (postgres) => postgres.stop().then(() => 'started'),
        (error: Error) => error.name,
      );
      await vi.waitFor(() => expect(existsSync(join(folder.path, moment))).toBe(true), {
        timeout: 20_000,
        interval: 1,
      });
      abort.abort();
      expect(['AbortError', 'started']).toContain(await outcome);
      expect(existsSync(join(folder.path, 'postgres/data/postmaster.pid'))).toBe(false);
    }
    expect(existsSync(join(folder.path, 'postgres/data'))).toBe(true);
  });

  test('stops while it is being brought back', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder();
    const stopOnTrouble = { ...log, error: () => void postgres.stop() };
    const postgres: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir: folder.path, log: stopOnTrouble });
    process.kill(postgres.pid, 'SIGKILL');
    expect(await postgres.exited).toEqual({ reason: 'stopped' });
    expect(runsPostgresOn(join(folder.path, 'postgres/data'))).toBe(false);
  });

  test('recovers when it and its owner were killed together', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder();
    const owner = await startOwner(folder.path);
    process.kill(owner.said.pid as number, 'SIGKILL');
    await kill(owner.process);
    await using postgres = await startEmbeddedPostgres({ dataDir: folder.path, log });
    expect(await run(postgres, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('comes back with every committed row after it was killed, and Parley goes on', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder();
    await using postgres = await startEmbeddedPostgres({ dataDir: folder.path, log });
    await using database = openDatabase({ connection: postgres.connection, poolSize: 4, applicationName: 'test', log });
    await database.pool.query('CREATE TABLE number (value int)');
    const acknowledged: number[] = [];
    let isKilled = false;
    const writing = (async () => {
      for (let value = 0; !isKilled || acknowledged.length < 200; value += 1) {
        const isWritten = await database.pool.query('INSERT INTO number VALUES ($1)', [value]).then(
          () => true,
          () => false,
        );
        if (isWritten) acknowledged.push(value);
      }
    })();
    const first = postgres.pid;
    await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(50), { timeout: 10_000 });
    process.kill(first, 'SIGKILL');
    await vi.waitFor(() => expect(postgres.pid).not.toBe(first), { timeout: 20_000 });
    isKilled = true;
    await writing;
    const { rows } = await database.pool.query<{ value: number }>('SELECT value FROM number');
    expect(new Set(rows.map((row) => row.value))).toEqual(
      expect.toSatisfy((kept: Set<number>) => acknowledged.every((one) => kept.has(one))),
    );
  });

  test('begins again where the making of the data was interrupted', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder();
    const owner = spawnOwner(folder.path);
    const unfinished = join(folder.path, 'postgres/data.unfinished');
    await vi.waitFor(() => expect(existsSync(join(unfinished, 'base'))).toBe(true), { timeout: 20_000, interval: 1 });
    killSession(findInitdb(unfinished));
    await kill(owner);
    expect(existsSync(join(folder.path, 'postgres/data'))).toBe(false);
    await using postgres = await startEmbeddedPostgres({ dataDir: folder.path, log });
    expect(await run(postgres, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(existsSync(unfinished)).toBe(false);
  });

  test('lives below a home of mode 0700, elsewhere if its user cannot go there', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder();
    const home = join(folder.path, 'home');
    const elsewhere = join(folder.path, 'elsewhere');
    mkdirSync(home, { mode: 0o700 });
    const dataDir = join(home, 'parley/data');
    {
      await using postgres = await startEmbeddedPostgres({ dataDir, log, elsewhere });
      await run(postgres, 'CREATE TABLE kept ()');
    }
    expect(lstatSync(join(dataDir, 'postgres')).isSymbolicLink()).toBe(isRoot);
    expect(existsSync(elsewhere)).toBe(isRoot);
    {
      await using postgres = await startEmbeddedPostgres({ dataDir, log, elsewhere });
      expect(await run(postgres, 'SELECT * FROM kept')).toEqual([]);
    }
    if (!isRoot) return;
    const [place = ''] = readdirSync(elsewhere);
    expect(readFileSync(join(elsewhere, place, 'belongs-to'), 'utf8')).toBe(`${dataDir}\n`);
    rmSync(join(elsewhere, place), { recursive: true });
    await expect(startEmbeddedPostgres({ dataDir, log, elsewhere })).rejects.toThrow(/points to a folder that is gone/);
  });

  test('takes a path with blanks and quotes, longer than that of a socket may be', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder();
    const dataDir = join(folder.path, `it's a ${'é'.repeat(60)}`, 'data');
    const postgres = await startEmbeddedPostgres({ dataDir, log });
    using _ = { [Symbol.dispose]: () => rmSync(postgres.connection.host, { recursive: true }) };
    await using stopping = postgres;
    expect(Buffer.byteLength(join(stopping.connection.host, '.s.PGSQL.5432'))).toBeLessThan(107);
    expect(await run(postgres, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const refused = startEmbeddedPostgres({ dataDir: join(folder.path, 'in $HOME'), log });
    await expect(refused).rejects.toThrow(/^The path ".+" has a character that PostgreSQL cannot take .+$/);
  });

  test('refuses to run without fsync, whoever turned it off', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder();
    await (await startEmbeddedPostgres({ dataDir: folder.path, log })).stop();
    writeFileSync(join(folder.path, 'postgres/data/postgresql.auto.conf'), 'fsync = off\n');
    await expect(startEmbeddedPostgres({ dataDir: folder.path, log })).rejects.toThrow(/runs with fsync = off/);
    expect(existsSync(join(folder.path, 'postgres/data/postmaster.pid'))).toBe(false);
  });

  test('says in one line why it could not start, and which version wrote the data', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder();
    const bad = startEmbeddedPostgres({ dataDir: folder.path, log, settings: { shared_buffers: 'many' } });
    await expect(bad).rejects.toThrow(
      /^PostgreSQL did not start: .*invalid value for parameter "shared_buffers": "many".* \(see .+\)$/,
    );
    writeFileSync(join(folder.path, 'postgres/data/PG_VERSION'), '19\n');
    await expect(startEmbeddedPostgres({ dataDir: folder.path, log })).rejects.toThrow(
      /^The data in .+ was written by PostgreSQL 19, .+$/,
    );
  });

  test('has one owner and comes back after a kill where flock is missing, too', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder();
    await using postgres = await startEmbeddedPostgres({ dataDir: folder.path, log, useFlock: false });
    await expect(startEmbeddedPostgres({ dataDir: folder.path, log, useFlock: false })).rejects.toThrow(
      DataFolderInUse,
    );
    const first = postgres.pid;
    process.kill(first, 'SIGKILL');
    await vi.waitFor(() => expect(postgres.pid).not.toBe(first), { timeout: 20_000 });
    expect(await run(postgres, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('starts beside a process that has the number of the PostgreSQL before, as containers bring about', {
    timeout: 60_000,
  }, async () => {
    using folder = temporaryFolder();
    const owner = await startOwner(folder.path);
    const pidFile = join(folder.path, 'postgres/data/postmaster.pid');
    const old = owner.said.pid as number;
    process.kill(old, 'SIGKILL');
    await kill(owner.process);
    const { uid, gid } = statSync(pidFile);
    const stranger = spawn('/bin/sleep', ['600'], isRoot ? { uid, gid } : {});
    writeFileSync(pidFile, readFileSync(pidFile, 'utf8').replace(String(old), String(stranger.pid)));
    await using postgres = await startEmbeddedPostgres({ dataDir: folder.path, log });
    expect(await run(postgres, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await kill(stranger);
  });
});

async function run(postgres: EmbeddedPostgres, sql: string): Promise<unknown[]> {
  await using database = openDatabase({ connection: postgres.connection, poolSize: 1, applicationName: 'test', log });
  return (await database.pool.query(sql)).rows;
}

function spawnOwner(dataDir: string): ChildProcess {
  const program = join(import.meta.dirname, 'support/embedded-owner.ts');
  return spawn(process.execPath, ['--import', 'tsx', program, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
}

/** Resolves with the line that it says once it owns the folder, or cannot. */
async function startOwner(dataDir: string): Promise<{ process: ChildProcess; said: Record<string, unknown> }> {
  const owner = spawnOwner(dataDir);
  if (owner.stdout === null) throw new Error('the owner has no output');
  const [line] = (await once(createInterface(owner.stdout), 'line')) as [string];
  return { process: owner, said: JSON.parse(line) as Record<string, unknown> };
}

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** The initdb that works in a folder. */
function findInitdb(folder: string): number {
  const [pid] = findProcesses((args) => args[0]?.endsWith('/initdb') === true && args.includes(folder));
  if (pid === undefined) throw new Error(`no initdb works in ${folder}`);
  return pid;
}

function runsPostgresOn(folder: string): boolean {
  return findProcesses((args) => args[0]?.endsWith('/postgres') === true && args.includes(folder)).length > 0;
}

function findProcesses(isWanted: (args: readonly string[]) => boolean): readonly number[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      return /^\d+$/.test(name) && isWanted(readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0'))
        ? [Number(name)]
        : [];
    } catch {
      return [];
    }
  });
}

/** It and the shell that waits for it: the power going off, as far as they can tell. */
function killSession(pid: number): void {
  const group = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[2]);
  process.kill(-group, 'SIGKILL');
}
