/**
 * Holds the schema to what was released: schema/released.graphql is the contract that clients were built on, and
 * schema/schema.graphql may add to it but not break it. `npm run check` looks; `npm run release-schema` takes the schema of
 * now as the released one. It refuses a breaking change unless `-- --breaking` says that it is meant.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSchema, findBreakingChanges } from 'graphql';

const root = resolve(import.meta.dirname, '..');
const current = join(root, 'schema/schema.graphql');
const released = join(root, 'schema/released.graphql');

/**
 * What would break a client: one line each. None where nothing was released yet.
 * @param {{ before: string | null, after: string }} schemas as SDL
 * @returns {string[]}
 */
export function breakingChanges({ before, after }) {
  if (before === null) return [];
  return findBreakingChanges(buildSchema(before), buildSchema(after)).map(
    ({ type, description }) => `${type}: ${description}`,
  );
}

function main() {
  const before = existsSync(released) ? readFileSync(released, 'utf8') : null;
  const after = readFileSync(current, 'utf8');
  const broken = breakingChanges({ before, after });
  const isRelease = process.argv.includes('--release');
  if (broken.length > 0 && !(isRelease && process.argv.includes('--breaking'))) {
    console.error(`schema/schema.graphql breaks clients of schema/released.graphql:\n  ${broken.join('\n  ')}`);
    process.exitCode = 1;
    return;
  }
  if (isRelease) writeFileSync(released, after);
  else if (before === null) console.log('Nothing was released yet (schema/released.graphql): any change may be made.');
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) main();
