/**
 * Makes every file that is made from another, and is committed all the same:
 *
 *   schema/schema.graphql      from the schema
 *   client/gql/                from the operations of the client and schema.graphql, by graphql-codegen
 *   client/sdk/src/generated/  operations.ts alike; codes.ts and graphcache.ts by scripts/sdk-files.mjs
 *   examples/relay/__generated__/  from examples/relay/documents.ts and schema.graphql, by relay-compiler
 *   src/db/migrations/         from src/db/tables.ts, by drizzle-kit, which only ever adds one
 *   docs/self-hosting.md       its table of settings, from src/config.ts
 *   docs/protocol.md           its tables of codes, from src/observe/fault.ts, src/chat/refusal.ts, src/transport/close-codes.ts and oidc-faults.ts
 *   .env.example               from src/config.ts
 *
 * `npm run generate` writes them, `npm run generate -- --name add-reactions` names a new migration, and
 * `npm run generate -- --check` changes nothing, names the files that are not up to date, and fails if there are any.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { generate as generateTypes } from '@graphql-codegen/cli';
import { schema } from '../schema/index.ts';
import { printSchema } from '../schema/print.ts';
import { describeSettings } from '../src/config.ts';
import { withCodeTables } from './protocol-docs.mjs';
import { makeRelayArtifacts, relayArtifacts } from './relay-artifacts.mjs';
import { makeSdkFiles } from './sdk-files.mjs';
import { dotenvExample, withSettingsTable } from './settings-docs.mjs';

const root = resolve(import.meta.dirname, '..');
const migrations = 'src/db/migrations';

/** @typedef {{ files: Map<string, string>, folders: string[] }} Made Contents by path; in the folders nothing else may be. */

/** @param {{ migrationName: string }} options @returns {Promise<Made>} */
async function make({ migrationName }) {
  const sdl = printSchema(schema);
  const settings = describeSettings();
  const guide = 'docs/self-hosting.md';
  const protocol = 'docs/protocol.md';
  const files = new Map([
    ['schema/schema.graphql', sdl],
    ['.env.example', dotenvExample(settings)],
    [protocol, withCodeTables(readFileSync(join(root, protocol), 'utf8'))],
    [guide, withSettingsTable(readFileSync(join(root, guide), 'utf8'), settings)],
    ...(await makeClientTypes(sdl)),
    ...makeSdkFiles(schema),
    ...makeRelayArtifacts(sdl),
    ...makeMigrations(migrationName),
  ]);
  return { files, folders: ['client/gql', 'client/sdk/src/generated', relayArtifacts, migrations] };
}

/** @param {string} sdl @returns {Promise<[string, string][]>} */
async function makeClientTypes(sdl) {
  const { default: config } = await import('../codegen.ts');
  const made = await generateTypes({ ...config, cwd: root, schema: sdl, silent: true, errorsOnly: true }, false);
  return made.map(({ filename, content }) => [relative(root, resolve(root, filename)), content]);
}

/**
 * The migrations that there are, and one more where the tables have changed since the last.
 * @param {string} name of a new one
 * @returns {[string, string][]}
 */
function makeMigrations(name) {
  // Inside the project: drizzle-kit takes relative paths only.
  const cache = join(root, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'migrations-'));
  try {
    if (existsSync(join(root, migrations))) cpSync(join(root, migrations), folder, { recursive: true });
    const args = ['generate', '--dialect=postgresql', '--schema=src/db/tables.ts', `--out=${relative(root, folder)}`];
    const kit = spawnSync(
      process.execPath,
      [join(root, 'node_modules/drizzle-kit/bin.cjs'), ...args, `--name=${name}`],
      { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' },
    );
    if (kit.status !== 0) throw new Error(`drizzle-kit failed:\n${kit.stdout}${kit.stderr}`);
    return listFiles(folder).map((path) => [join(migrations, path), readFileSync(join(folder, path), 'utf8')]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} folder @returns {string[]} Paths of the files in it, from it; none where it does not exist. */
function listFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** @param {Made} made @returns {{ path: string, content: string | null }[]} What differs; null is a file to remove. */
function findStale({ files, folders }) {
  const changed = [...files]
    .filter(([path, content]) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== content)
    .map(([path, content]) => ({ path, content }));
  const leftOver = folders
    .flatMap((folder) => listFiles(join(root, folder)).map((path) => join(folder, path)))
    .filter((path) => !files.has(path))
    .map((path) => ({ path, content: null }));
  return [...changed, ...leftOver].sort((a, b) => a.path.localeCompare(b.path, 'en'));
}

/** @param {ReturnType<typeof findStale>[number]} file */
function write({ path, content }) {
  if (content === null) return rmSync(join(root, path));
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, name: { type: 'string' } } });
const stale = findStale(await make({ migrationName: values.name ?? 'tables' }));
if (values.check) {
  for (const { path } of stale) console.error(`${path} is not up to date: run npm run generate and commit it.`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  stale.forEach(write);
  console.log(stale.length === 0 ? 'Everything is up to date.' : stale.map(({ path }) => `Wrote ${path}`).join('\n'));
}
