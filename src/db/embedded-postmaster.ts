/** The process of the embedded PostgreSQL: making its data, starting it under the lock, finding it, stopping it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  fchownSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
} from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Binaries } from './embedded-binaries.ts';
import { type EmbeddedHome, spawnAs } from './embedded-home.ts';

/** Exit code of the start script when another process holds the lock (EX_TEMPFAIL). */
export const lockHeldExitCode = 75;
export const superuser = 'parley';

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;
const zombieBoundMs = 1_000;
const logLimitBytes = 10 * 1024 * 1024;
const searchPath = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin';

/** For one small server; a cluster brings its own PostgreSQL. An operator's `settings` come after and win. */
const defaultSettings: Readonly<Record<string, string>> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: '50',
  shared_buffers: '128MB',
  // Parallel queries want shared memory that containers rarely give, and steal a core from the chat.
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  cluster_name: 'parley',
};

/**
 * Takes the lock, makes the data once, becomes PostgreSQL. One shell, so that Parley may be killed at any point of
 * it: the lock is an open file that PostgreSQL and every child of it inherit, so it is free exactly when the last
 * of them is gone, in whatever container they run. initdb works aside and is renamed: half a database is never
 * taken for one. The character type decides what pg_trgm takes for a letter, so C alone is the last resort.
 */
const startScript = `
lock="$1" data="$2" initdb="$3"; shift 3
if [ "$lock" ]; then exec 9>>"$lock"; flock -n 9 || exit ${lockHeldExitCode}; fi
if [ ! -e "$data/PG_VERSION" ]; then
  for ctype in C.UTF-8 UTF-8 C; do
    rm -rf "$data.unfinished"
    "$initdb" -D "$data.unfinished" -U ${superuser} -A trust -E UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 \\
      --locale=C --lc-ctype=$ctype && break
  done
  if [ -e "$data" ]; then rmdir "$data" || exit 1; fi
  mv "$data.unfinished" "$data" || exit 1
fi
exec "$@"
`;

export interface StartedProcess {
  readonly pid: number;
  /** What went wrong when it ended; never rejects. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
  /** Resolves when the last process of it is gone: what initdb had started may outlive it. */
  readonly gone: Promise<void>;
  /** Until this is called, its end is waited for before the end of this process. */
  unref(): void;
}

/** Starts PostgreSQL, first making its data where there is none. Says nothing of whether it will come up. */
export async function startPostmaster(options: {
  readonly home: EmbeddedHome;
  readonly binaries: Binaries;
  /** Without flock(1) the caller holds a lock of its own. */
  readonly hasFlock: boolean;
  readonly settings: Readonly<Record<string, string>>;
}): Promise<StartedProcess> {
  const { home, binaries } = options;
  const oldPid = readPostmasterPid(home);
  const strangerPid = oldPid === undefined || (await isOurPostmaster(oldPid, home)) ? undefined : oldPid;
  const settings = { ...defaultSettings, unix_socket_directories: home.runFolder, ...options.settings };
  const log = openLog(home);
  const logStart = fstatSync(log).size;
  const child = spawn(
    '/bin/sh',
    [
      '-c',
      startScript,
      'parley-postgres',
      options.hasFlock ? home.lockFile : '',
      home.dataFolder,
      binaries.initdb,
      binaries.postgres,
      '-D',
      home.dataFolder,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    {
      ...spawnAs(home.account),
      cwd: home.home,
      env: environment(home, strangerPid),
      // The last one is never written to: whatever is started inherits it, and it is closed when all of that is gone.
      stdio: ['ignore', log, log, 'pipe'],
      // A session of its own: Ctrl-C in the terminal is for Parley, which drains before it stops PostgreSQL.
      detached: true,
    },
  );
  closeSync(log);
  return {
    pid: child.pid ?? 0,
    ended: endOf(child, home.logFile, logStart),
    gone: new Promise((resolve) => child.once('close', () => resolve())),
    unref() {
      child.unref();
      (child.stdio[3] as Socket | undefined)?.unref();
    },
  };
}

/** The process id that PostgreSQL wrote into its data folder; undefined when it is not running, as far as it says. */
export function readPostmasterPid(home: EmbeddedHome): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(home.dataFolder, 'postmaster.pid'), 'utf8'), 10);
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Whether this process id, as this system counts them, is a PostgreSQL on this data folder. */
export async function isOurPostmaster(pid: number, home: EmbeddedHome): Promise<boolean> {
  return (await commandLineOf(pid)).includes(home.dataFolder);
}

/**
 * Stops PostgreSQL: sessions are ended and a checkpoint is written (SIGINT). When the time is nearly over it is cut
 * (SIGQUIT), and recovers at its next start. False when it has not ended even so: it will, without being waited for.
 */
export async function stopPostmaster(pid: number, home: EmbeddedHome, withinMs: number): Promise<boolean> {
  const cutMs = cutTimeOf(withinMs);
  for (const [signal, boundMs] of [
    ['SIGINT', withinMs - cutMs],
    ['SIGQUIT', cutMs],
  ] as const) {
    send(pid, signal);
    const until = Date.now() + boundMs;
    let finishedAt = Number.POSITIVE_INFINITY;
    while (Date.now() < until) {
      if (!isRunning(pid)) return true;
      // Its last act. In a container without an init, one that we took over stays a zombie for ever.
      if (readPostmasterPid(home) !== pid) finishedAt = Math.min(finishedAt, Date.now());
      if (Date.now() - finishedAt > zombieBoundMs) return true;
      await delay(5);
    }
  }
  return !isRunning(pid);
}

/** Ends a start that nobody waits for any more, wherever in it initdb or PostgreSQL is, and waits for its end. */
export async function abandonStart(started: StartedProcess, home: EmbeddedHome, withinMs: number): Promise<void> {
  // The group is the shell and initdb, or PostgreSQL alone: its children have groups of their own. What initdb has made so far
  // is nothing; told in peace, it would delete all of it first, which the next start does.
  send(-started.pid, existsSync(join(home.dataFolder, 'PG_VERSION')) ? 'SIGINT' : 'SIGKILL');
  const cut = setTimeout(() => send(-started.pid, 'SIGQUIT'), withinMs - cutTimeOf(withinMs));
  await started.gone;
  clearTimeout(cut);
}

/** Of the time of a stop, what is left for a cut. PostgreSQL kills what does not hear it after 5 s. */
function cutTimeOf(withinMs: number): number {
  return Math.min(withinMs / 3, 5_000);
}

/** Whether flock(1) of util-linux or busybox is here. */
export async function findFlock(): Promise<boolean> {
  try {
    await promisify(execFile)('/bin/sh', ['-c', 'command -v flock'], { env: { PATH: searchPath } });
    return true;
  } catch {
    return false;
  }
}

/** Nothing of Parley's own environment: PGOPTIONS and the like would change how PostgreSQL starts. */
function environment(home: EmbeddedHome, strangerPid: number | undefined): Record<string, string> {
  const base = { PATH: searchPath, HOME: home.home };
  // After a restarted container the process id of the PostgreSQL before may belong to a thread of Parley, and
  // PostgreSQL would refuse to start beside it. Told so, it passes over that id; its other checks stay.
  return strangerPid === undefined ? base : { ...base, PG_GRANDPARENT_PID: String(strangerPid) };
}

function openLog(home: EmbeddedHome): number {
  try {
    if (statSync(home.logFile).size > logLimitBytes) renameSync(home.logFile, `${home.logFile}.1`);
  } catch {
    // The first start has no log yet.
  }
  const log = openSync(home.logFile, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  if (home.account !== undefined) fchownSync(log, home.account.uid, home.account.gid);
  return log;
}

function endOf(child: ChildProcess, logFile: string, logStart: number): StartedProcess['ended'] {
  return new Promise((settle) => {
    child.once('error', (error) => settle({ code: null, output: error.message }));
    child.once('exit', (code) => settle({ code, output: readFrom(logFile, logStart) }));
  });
}

/** What was added to the log since, at most 16 KB; nothing where the log is gone. Runs in an event: must not throw. */
function readFrom(path: string, start: number): string {
  try {
    const file = openSync(path, 'r');
    const buffer = Buffer.alloc(16 * 1024);
    const length = readSync(file, buffer, 0, buffer.length, start);
    closeSync(file);
    return buffer.toString('utf8', 0, length);
  } catch {
    return '';
  }
}

async function commandLineOf(pid: number): Promise<string> {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return (await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)])).stdout;
  } catch {
    return '';
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone already, which is what was wanted.
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
