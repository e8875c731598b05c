import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './folder.ts';
import { within } from './process.ts';

/** A private PgBouncer in transaction mode before the PostgreSQL of the run, on a Unix socket of its own. */
export interface PgBouncer extends AsyncDisposable {
  /** The same database, through the pooler. */
  through(databaseUrl: string): string;
  /** SIGKILL loses what is under way; SIGINT waits for the transactions that run. Settles when it is gone. */
  end(signal: 'SIGKILL' | 'SIGINT'): Promise<void>;
  /** Starts it again, at the same address. */
  start(): Promise<void>;
}

export interface PgBouncerOptions {
  /** The folder of PostgreSQL's Unix socket. */
  readonly postgresHost: string;
  readonly postgresPort: number;
  readonly postgresUser: string;
  /** Startup parameters that it drops; it refuses a connection with others. Default: none. */
  readonly ignores?: readonly string[];
}

const port = 6432;

export async function startPgBouncer(options: PgBouncerOptions): Promise<PgBouncer> {
  const folder = temporaryFolder();
  const file = join(folder.path, 'pgbouncer.ini');
  writeFileSync(
    file,
    [
      '[databases]',
      `* = host=${options.postgresHost} port=${options.postgresPort} user=${options.postgresUser}`,
      '[pgbouncer]',
      'pool_mode = transaction',
      'listen_addr =',
      `listen_port = ${port}`,
      `unix_socket_dir = ${folder.path}`,
      'auth_type = any',
      'default_pool_size = 6',
      // Each transaction on another session than the one before, so that nothing can lean on a session by luck.
      'server_round_robin = 1',
      ...(options.ignores ? [`ignore_startup_parameters = ${options.ignores.join(',')}`] : []),
      '',
    ].join('\n'),
  );
  // It does not run as root, and the socket of PostgreSQL is for one user.
  const { uid, gid } = statSync(options.postgresHost);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(folder.path, uid, gid);
  const program = process.env.PGBOUNCER_PATH ?? '/usr/sbin/pgbouncer';
  let child: ChildProcess;
  let exited = Promise.resolve();
  const start = async () => {
    const started = spawn(program, [file], { ...(isRoot && { uid, gid }), stdio: ['ignore', 'ignore', 'pipe'] });
    child = started;
    let said = '';
    exited = new Promise<void>((resolve) => {
      started.once('close', () => resolve());
      started.once('error', () => resolve());
    });
    const ready = new Promise<void>((resolve, reject) => {
      started.stderr.on('data', (data: Buffer) => {
        said += data.toString();
        if (said.includes('process up')) resolve();
      });
      void exited.then(() => reject(new Error(`PgBouncer ended:\n${said}`)));
    });
    await within(10_000, ready, () => `PgBouncer is not ready:\n${said}`);
  };
  const end = async (signal: 'SIGKILL' | 'SIGINT') => {
    child.kill(signal);
    await within(10_000, exited, () => `PgBouncer does not end by ${signal}`);
  };
  await start();
  return {
    through(databaseUrl) {
      const { pathname } = new URL(databaseUrl);
      return `postgres://parley@localhost:${port}${pathname}?host=${encodeURIComponent(folder.path)}`;
    },
    end,
    start,
    async [Symbol.asyncDispose]() {
      await end('SIGKILL');
      folder[Symbol.dispose]();
    },
  };
}
