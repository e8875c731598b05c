/**
 * The programs that the tests need and npm cannot bring. Missing ones are installed by apt-get, only as root, with a line
 * that says so; PARLEY_NO_SYSTEM_INSTALL=1 forbids it. No service is started. Elsewhere a line tells how to get them.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * One line per program: `at` is where the tests look for it (a bare name: anywhere on the path).
 * @type {{ package: string, at: string, otherwise?: string, use: string }[]}
 */
const programs = [
  { package: 'chromium', at: '/usr/bin/chromium', otherwise: 'CHROMIUM_PATH', use: 'the tests of the web client' },
  { package: 'redis-server', at: 'redis-server', use: 'the tests of several nodes' },
  {
    package: 'pgbouncer',
    at: '/usr/sbin/pgbouncer',
    otherwise: 'PGBOUNCER_PATH',
    use: 'the test of a pooler before PostgreSQL',
  },
  { package: 'curl', at: 'curl', use: 'the example by curl' },
  { package: 'jq', at: 'jq', use: 'the example by curl' },
  {
    package: 'python3-websockets',
    at: '/usr/lib/python3/dist-packages/websockets',
    use: 'the example in Python',
  },
];

const policyFile = '/usr/sbin/policy-rc.d';
const policy =
  '#!/bin/sh\n# Made by the tests of Parley while they install a package: no service starts. Safe to remove.\nexit 101\n';

/**
 * Makes sure that the programs are there. Returns the lines that tell what is missing and how to get it; none when all is well.
 * @param {{ say: (line: string) => void, needed?: typeof programs, env?: NodeJS.ProcessEnv, isRoot?: boolean }} options
 * @returns {string[]}
 */
export function ensurePrograms({ say, needed = programs, env = process.env, isRoot = process.getuid?.() === 0 }) {
  const missing = needed.filter((program) => !isThere(program, env));
  if (missing.length === 0) return [];
  const mayInstall = isRoot && env.PARLEY_NO_SYSTEM_INSTALL !== '1' && isThere({ at: 'apt-get' }, env);
  if (mayInstall) {
    const names = missing.map((program) => program.package);
    say(`Installing ${names.join(', ')} by apt-get, for the tests (PARLEY_NO_SYSTEM_INSTALL=1 forbids it) …`);
    const fault = install(names, env);
    if (fault !== null) say(fault);
  }
  return missing.filter((program) => !isThere(program, env)).map(howToGet);
}

/** @param {(typeof programs)[number]} program */
function howToGet({ package: name, at, otherwise, use }) {
  const other = otherwise === undefined ? '' : `, or name one in ${otherwise}`;
  return `${at} is missing, for ${use}: sudo apt-get install ${name}${other}.`;
}

/**
 * @param {{ at: string, otherwise?: string }} program
 * @param {NodeJS.ProcessEnv} env
 */
function isThere({ at, otherwise }, env) {
  const chosen = otherwise === undefined ? undefined : env[otherwise];
  const path = chosen ?? at;
  if (path.includes('/')) return isExecutable(path);
  return (env.PATH ?? '').split(delimiter).some((folder) => isExecutable(join(folder, path)));
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Returns what went wrong; null when nothing did.
 * @param {string[]} names
 * @param {NodeJS.ProcessEnv} env
 */
function install(names, env) {
  const isPolicyOurs = !existsSync(policyFile) || readFileSync(policyFile, 'utf8') === policy;
  if (isPolicyOurs) writeFileSync(policyFile, policy, { mode: 0o755 });
  // A handler, so that Ctrl-C ends apt-get, which is in the same process group, and the file below still goes.
  const keepOn = () => undefined;
  process.once('SIGINT', keepOn).once('SIGTERM', keepOn);
  try {
    // An update that fails (one broken source is enough) is no reason to stop: the package may be known already.
    const stale = aptGet(['update'], env);
    const fault = aptGet(['install', '--yes', '--no-install-recommends', '--no-upgrade', ...names], env);
    return fault === null ? null : [stale, fault].filter((one) => one !== null).join('\n');
  } finally {
    process.off('SIGINT', keepOn).off('SIGTERM', keepOn);
    if (isPolicyOurs) rmSync(policyFile, { force: true });
  }
}

/**
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
function aptGet(args, env) {
  const { status, error, stdout, stderr } = spawnSync(
    'apt-get',
    ['-qq', '-o', 'Acquire::Retries=3', '-o', 'Dpkg::Use-Pty=0', '-o', 'DPkg::Lock::Timeout=120', ...args],
    { env: { ...env, DEBIAN_FRONTEND: 'noninteractive' }, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' },
  );
  if (status === 0) return null;
  return `apt-get ${args[0]} failed: ${error?.message ?? `${stdout}${stderr}`.trim().split('\n').slice(-5).join('\n')}`;
}
