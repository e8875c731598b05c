/**
 * Where the embedded PostgreSQL lives. The operator names a data folder; below it `postgres` is its home:
 *
 *   <dataDir>/postgres/        home: a folder, or a symbolic link to one elsewhere
 *     data/                    what initdb made
 *     binaries-<version>/      the programs, linked or copied from the package
 *     run/                     the Unix socket, mode 0700; a link to a short folder where the path would be too long
 *     lock                     held by the running PostgreSQL and all its children
 *     log                      what PostgreSQL says
 *
 * PostgreSQL does not run as root. As root it runs as `postgres`, or else `nobody`, and owns its home. Where that
 * user cannot reach the data folder (below a home of mode 0700), the home is a new folder in /var/lib/parley and
 * `<dataDir>/postgres` links to it. Removing the data folder then leaves the home behind; the next start says so.
 */
import { execFile } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { DatabaseLog } from './connection.ts';
import { EmbeddedPostgresError } from './embedded-error.ts';

/** The user that PostgreSQL runs as; undefined stands for the user of this process. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export interface EmbeddedHome {
  /** As the operator named it, made absolute. */
  readonly dataDir: string;
  /** The real folder, links resolved. */
  readonly home: string;
  readonly dataFolder: string;
  readonly runFolder: string;
  readonly lockFile: string;
  readonly logFile: string;
  readonly account: Account | undefined;
}

interface HomeOptions {
  readonly dataDir: string;
  readonly log: DatabaseLog;
  /** Where homes go that the account cannot reach; tests name another folder. */
  readonly elsewhere?: string;
}

/** sun_path holds 108 bytes on Linux and 104 on macOS, the final NUL included. */
const socketPathLimitBytes = 103;
const socketName = '.s.PGSQL.5432';
const elsewhere = '/var/lib/parley';

/**
 * The home below a data folder, made where it is not there yet. Throws EmbeddedPostgresError where no place can be
 * found for it, or where it is a link to a folder that is gone.
 */
export async function prepareHome(options: HomeOptions): Promise<EmbeddedHome> {
  const dataDir = resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true });
  const place = join(dataDir, 'postgres');
  const home = findHome(place) ?? (await makeHome({ ...options, dataDir, place }));
  if (/["$`\\\n]/.test(home)) {
    throw new EmbeddedPostgresError(
      `The path ${JSON.stringify(home)} has a character that PostgreSQL cannot take (one of " $ \` \\): name another folder with PARLEY_DATA_DIR.`,
    );
  }
  const account = accountFor(home);
  return {
    dataDir,
    home,
    dataFolder: join(home, 'data'),
    runFolder: prepareRunFolder(home, account),
    lockFile: join(home, 'lock'),
    logFile: join(home, 'log'),
    account,
  };
}

/** The options of `spawn` that run a program as the account. */
export function spawnAs(account: Account | undefined): { uid?: number; gid?: number } {
  return account === undefined ? {} : { uid: account.uid, gid: account.gid };
}

function findHome(place: string): string | undefined {
  if (statOrNothing(place, lstatSync) === undefined) return undefined;
  try {
    return realpathSync(place);
  } catch {
    throw new EmbeddedPostgresError(
      `${place} points to a folder that is gone: bring that folder back, or delete ${place} to begin with an empty database.`,
    );
  }
}

/** Made aside and put in place by one rename or link, so that two first starts at once end with one home. */
async function makeHome(options: HomeOptions & { readonly place: string }): Promise<string> {
  const { dataDir, place } = options;
  const account = processIsRoot() ? findAccount() : undefined;
  const inside = mkdtempSync(join(dataDir, '.postgres-'));
  if (account === undefined || (await canUse(inside, account))) {
    return settle(inside, place, () => renameSync(inside, place));
  }
  rmSync(inside, { recursive: true });

  const parent = options.elsewhere ?? elsewhere;
  mkdirSync(parent, { recursive: true, mode: 0o755 });
  warnOfOrphans(parent, dataDir, options.log);
  const outside = mkdtempSync(join(parent, `${basename(dataDir)}-`));
  if (!(await canUse(outside, account))) {
    rmSync(outside, { recursive: true });
    throw new EmbeddedPostgresError(
      `PostgreSQL does not run as root, and its user ${account.name} can reach neither ${dataDir} nor ${parent}: set PARLEY_DATA_DIR to a folder that ${account.name} can reach.`,
    );
  }
  writeFileSync(join(outside, 'belongs-to'), `${dataDir}\n`);
  options.log.info(
    { home: outside },
    'the user of PostgreSQL cannot reach the data folder: the database lives elsewhere',
  );
  return settle(outside, place, () => symlinkSync(outside, place));
}

function settle(made: string, place: string, put: () => void): string {
  try {
    put();
  } catch (error) {
    rmSync(made, { recursive: true });
    if (!existsSync(place)) throw error;
  }
  return realpathSync(place);
}

/** Gives the folder to the account and lets it write there once: modes, ACLs and mounts all have their say. */
async function canUse(folder: string, account: Account): Promise<boolean> {
  try {
    chownSync(folder, account.uid, account.gid);
    const probe = 'cd "$1" && : > probe && rm probe';
    await promisify(execFile)('/bin/sh', ['-c', probe, 'sh', folder], { ...spawnAs(account), cwd: '/' });
    return true;
  } catch {
    return false;
  }
}

function warnOfOrphans(parent: string, dataDir: string, log: DatabaseLog): void {
  for (const name of readdirSync(parent)) {
    const home = join(parent, name);
    try {
      if (readFileSync(join(home, 'belongs-to'), 'utf8').trim() !== dataDir) continue;
    } catch {
      continue;
    }
    log.warn({ home }, 'an earlier database of this data folder is still there; delete it if nobody needs it');
  }
}

function processIsRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Whoever owns the home goes on owning it, whatever users the system has gained meanwhile. */
function accountFor(home: string): Account | undefined {
  const { uid, gid } = statSync(home);
  if (!processIsRoot()) {
    if (uid === process.getuid?.()) return undefined;
    throw new EmbeddedPostgresError(
      `The database in ${home} belongs to the user with uid ${uid}: start Parley as that user or as root, or name another folder with PARLEY_DATA_DIR.`,
    );
  }
  if (uid !== 0) return { name: `with uid ${uid}`, uid, gid };
  const account = findAccount();
  chownSync(home, account.uid, account.gid);
  return account;
}

function findAccount(): Account {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const wanted of ['postgres', 'nobody']) {
    for (const line of lines) {
      const [name, , uid, gid] = line.split(':');
      if (name === wanted && Number(uid) > 0) return { name, uid: Number(uid), gid: Number(gid) };
    }
  }
  throw new EmbeddedPostgresError(
    'PostgreSQL does not run as root, and this system has neither a user postgres nor nobody: add one, or start Parley as another user.',
  );
}

/** A folder for the socket that its owner alone can enter, with a path short enough for a Unix socket. */
function prepareRunFolder(home: string, account: Account | undefined): string {
  const run = join(home, 'run');
  const owner = account?.uid ?? process.getuid?.();
  const known = statOrNothing(run, statSync);
  if (known?.isDirectory() && known.uid === owner && (known.mode & 0o077) === 0) return realpathSync(run);
  rmSync(run, { recursive: true, force: true });

  const fits = Buffer.byteLength(join(run, socketName)) <= socketPathLimitBytes;
  const folder = fits ? run : mkdtempSync(join(shortTemporaryFolder(), 'parley-'));
  if (fits) mkdirSync(run);
  else symlinkSync(folder, run);
  chmodSync(folder, 0o700);
  if (account !== undefined) chownSync(folder, account.uid, account.gid);
  return realpathSync(folder);
}

function shortTemporaryFolder(): string {
  const folder = realpathSync(tmpdir());
  return Buffer.byteLength(join(folder, 'parley-XXXXXX', socketName)) <= socketPathLimitBytes ? folder : '/tmp';
}

function statOrNothing(path: string, stat: (path: string) => Stats): Stats | undefined {
  try {
    return stat(path);
  } catch {
    return undefined;
  }
}
