import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/db/embedded.ts';
import type { TestDatabase } from './database.ts';
import { temporaryFolder } from './folder.ts';
import { quietLog } from './quiet-log.ts';

/** A PostgreSQL of the test's own, that may be stopped and spoilt; gone with its data when disposed of. */
export interface PrivatePostgres extends AsyncDisposable {
  /** Its one database, for startServer. */
  readonly database: TestDatabase;
  /** Process ids: of the postmaster, then of all that it has started. */
  readonly processes: readonly number[];
  stop(): Promise<void>;
  /** Starts it again on the same data and socket. */
  start(): Promise<void>;
}

export async function startPrivatePostgres(dataDir?: string): Promise<PrivatePostgres> {
  const folder = temporaryFolder();
  const options = {
    dataDir: dataDir ?? join(folder.path, 'data'),
    log: quietLog,
    settings: { min_wal_size: '32MB', max_wal_size: '32MB', shared_buffers: '16MB' },
  };
  let postgres: EmbeddedPostgres = await startEmbeddedPostgres(options);
  const { host, port, user, database } = postgres.connection;
  const url = `postgres://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
  const stop = () => postgres.stop();
  return {
    database: {
      url,
      async query<Row>(sql: string, parameters: readonly unknown[] = []) {
        const client = new pg.Client({ connectionString: url });
        client.on('error', () => undefined);
        await client.connect();
        try {
          return (await client.query(sql, [...parameters])).rows as Row[];
        } finally {
          await client.end();
        }
      },
      async [Symbol.asyncDispose]() {},
    },
    get processes() {
      return [postgres.pid, ...childrenOf(postgres.pid)];
    },
    stop,
    async start() {
      postgres = await startEmbeddedPostgres(options);
    },
    async [Symbol.asyncDispose]() {
      await stop();
      folder[Symbol.dispose]();
    },
  };
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** A small file system of its own in memory, that can be filled to the last byte. */
export interface SmallDisk extends Disposable {
  readonly path: string;
  /** Fills it up with one file. */
  fill(): void;
  /** Removes that file. */
  free(): void;
}

/** Null where this process may not mount: it is not root, or its container forbids it. */
export function mountSmallDisk(sizeMiB: number): SmallDisk | null {
  const folder = temporaryFolder();
  const path = join(folder.path, 'disk');
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m,mode=0755`, 'parley-test', path], {
      stdio: 'ignore',
    });
  } catch {
    folder[Symbol.dispose]();
    return null;
  }
  const ballast = join(path, 'ballast');
  return {
    path,
    fill() {
      const chunk = Buffer.alloc(statfsSync(path).bsize);
      for (let { bavail } = statfsSync(path); bavail > 0; { bavail } = statfsSync(path)) {
        writeFileSync(ballast, Buffer.alloc(bavail * chunk.length), { flag: 'a' });
      }
    },
    free() {
      if (existsSync(ballast)) rmSync(ballast);
    },
    [Symbol.dispose]() {
      execFileSync('umount', [path]);
      folder[Symbol.dispose]();
    },
  };
}
