/**
 * `npm run trim -- --before-days 90`: takes events that are older out of the log, for good, beside the nodes that run. Messages
 * stay. The database is that of the settings: DATABASE_URL, or the one of the Parley that runs on PARLEY_DATA_DIR.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from './build.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const usage =
  'npm run trim -- --before-days <days>\n\nTakes events that are older than so many days, 1 to 36500, out of the log, for good. Messages stay.';

const given = process.argv.slice(2);
if (given.includes('--help') || given.includes('-h')) {
  console.log(usage);
  process.exit(0);
}
const days = daysOf(given);
if (days === null) {
  const fault = given.length === 0 ? '' : `«${given.join(' ')}» is not what it takes.\n\n`;
  console.error(`${fault}${usage}`);
  process.exit(2);
}
try {
  await trim(days);
} catch (error) {
  console.error(`The log was not trimmed to the end. ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

/** @param {number} days */
async function trim(days) {
  process.chdir(root);
  await build({ names: ['server'] });
  const { loadConfig, readEnvironment } = await load('config.js');
  const { openDatabase } = await load('db/connection.js');
  const { connectionToRunning } = await load('db/embedded-running.js');
  const { findPooler } = await load('db/pooler.js');
  const { trimLog } = await load('log/trim.js');
  const { url, dataDir } = loadConfig(readEnvironment(root)).database;
  const connection = url === null ? connectionToRunning(dataDir) : { connectionString: url };
  const isPooled = url !== null && (await findPooler(connection));
  const database = openDatabase({ connection, isPooled, poolSize: 1, applicationName: 'parley trim' });
  const stopping = new AbortController();
  process.once('SIGINT', () => stopping.abort());
  process.once('SIGTERM', () => stopping.abort());
  try {
    const before = new Date(Date.now() - days * 86_400_000);
    const { events, position, isDone } = await trimLog({ pool: database.pool, before, signal: stopping.signal });
    console.log(`${events} events are gone; the log begins behind position ${position}.`);
    if (isDone) return;
    console.log(
      stopping.signal.aborted ? 'There may be more: it was stopped.' : 'There may be more: a node trims it too.',
    );
    process.exitCode = 1;
  } finally {
    await database.close();
  }
}

/** @param {string[]} args @returns {number | null} */
function daysOf(args) {
  const [, given] = /^--before-days[ =](\d{1,5})$/.exec(args.join(' ')) ?? [];
  const days = Number(given);
  return given !== undefined && days >= 1 && days <= 36_500 ? days : null;
}

/** @param {string} name */
function load(name) {
  return import(pathToFileURL(join(root, 'dist', 'server', 'src', name)).href);
}
