/**
 * `npm test`: makes sure of what the tests need, builds what is not up to date, and runs all tests.
 * What follows `npm test --` goes to vitest: names of files, or -t and a part of a title.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { build } from './build.mjs';
import { ensurePrograms } from './install-system.mjs';

const root = resolve(import.meta.dirname, '..');

const missing = ensurePrograms({ say: console.log });
if (missing.length > 0) {
  console.error(missing.join('\n'));
  process.exit(1);
}

try {
  await build({ say: console.log });
} catch (error) {
  console.error(`The build failed. ${error.message}`);
  process.exit(1);
}

const vitest = spawn(
  process.execPath,
  [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
// Ctrl-C reaches vitest by itself; this process waits for it, so that it can stop what it started.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => vitest.kill('SIGTERM'));
const [code] = await once(vitest, 'exit');
process.exitCode = code ?? 1;
