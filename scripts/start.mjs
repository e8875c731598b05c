/**
 * `npm start`: builds what is not up to date and becomes the server, in this process, so that signals reach it.
 * `npm start -- --help` lists the settings. Only what old versions of Node know stands before the version check.
 */
import { existsSync, readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const args = process.argv.slice(2);

try {
  await start();
} catch (error) {
  console.error(error instanceof Error && error.isForPeople ? error.message : error);
  process.exitCode = 1;
}

async function start() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  if (!satisfies(process.versions.node, engines.node)) {
    throw forPeople(`Parley needs Node ${engines.node}; this is ${process.versions.node}.`);
  }
  if (!existsSync(join(root, 'node_modules'))) throw forPeople('The packages are missing: run npm ci first.');
  const unknown = args.find((arg) => arg !== '--help' && arg !== '-h');
  if (unknown !== undefined) {
    throw forPeople(
      `There is no option ${unknown}. Settings are environment variables: npm start -- --help lists them.`,
    );
  }

  // GraphQL and React check less, and run faster.
  process.env.NODE_ENV ??= 'production';
  // Relative paths in the settings are those of the project folder, wherever this was started.
  process.chdir(root);
  // Node 22 and later keep compiled code from one start to the next.
  nodeModule.enableCompileCache?.(join(root, 'dist', 'compile-cache'));

  const wantsHelp = args.length > 0;
  const { build } = await import('./build.mjs');
  try {
    await build({ names: wantsHelp ? ['server'] : ['server', 'client'], say: wantsHelp ? undefined : console.log });
  } catch (error) {
    throw forPeople(`The build failed. ${error.message}`);
  }
  if (wantsHelp) {
    const { formatSettings } = await load('config.js');
    console.log(
      `npm start\n\nSettings are environment variables, or lines of .env in this folder:\n\n${formatSettings()}`,
    );
  } else {
    stopWithNpm();
    await load('main.js');
  }
}

/** npm does not pass SIGTERM on: it goes, and would leave the server behind. Whoever stops npm means the server. */
function stopWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, 250);
  timer.unref();
}

/** @param {string} name */
function load(name) {
  return import(pathToFileURL(join(root, 'dist', 'server', 'src', name)).href);
}

/**
 * Whether a version is in a range of the forms ^a.b.c and >=a.b.c, with || between them.
 * @param {string} version
 * @param {string} range
 */
function satisfies(version, range) {
  const [major, minor] = version.split('.').map(Number);
  return range.split('||').some((one) => {
    const [, sign, fromMajor, fromMinor] = /(\^|>=)(\d+)\.(\d+)/.exec(one) ?? [];
    if (major === Number(fromMajor)) return minor >= Number(fromMinor);
    return sign === '>=' && major > Number(fromMajor);
  });
}

/** An error whose message says all there is to say. @param {string} message */
function forPeople(message) {
  return Object.assign(new Error(message), { isForPeople: true });
}
