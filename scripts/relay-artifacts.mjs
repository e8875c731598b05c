/** What relay-compiler makes of the example for Relay. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const example = 'examples/relay';

export const relayArtifacts = join(example, '__generated__');

/**
 * Made outside of the checkout: inside of it the compiler adds what it writes to the index of git.
 * @param {string} sdl
 * @returns {[string, string][]} Contents by path.
 */
export function makeRelayArtifacts(sdl) {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'parley-relay-'));
  try {
    const made = join(folder, relayArtifacts);
    mkdirSync(made, { recursive: true });
    mkdirSync(join(folder, 'schema'));
    writeFileSync(join(folder, 'schema/schema.graphql'), sdl);
    for (const name of ['relay.config.json', 'documents.ts']) {
      cpSync(join(root, example, name), join(folder, example, name));
    }
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, 'node_modules/relay-compiler/cli.js'), 'relay.config.json', '--output', 'quiet-with-errors'],
      { cwd: join(folder, example), stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`relay-compiler failed:\n${stdout}${stderr}`);
    return readdirSync(made).map((name) => [join(relayArtifacts, name), readFileSync(join(made, name), 'utf8')]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
