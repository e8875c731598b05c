/**
 * `npm run check`, before each commit: format and lint, types, generated files, the contract of the schema, unit tests.
 * Runs all of them, shows the output of those that fail, and fails if one did. `-- --no-tests` leaves out the tests.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const bin = (path) => join(root, 'node_modules', path);

/** @type {{ title: string, args: string[] }[]} */
const steps = [
  { title: 'format and lint', args: [bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings'] },
  { title: 'types of the server', args: [bin('typescript/bin/tsc'), '-p', '.'] },
  { title: 'types of the SDK', args: [bin('typescript/bin/tsc'), '-p', 'client/sdk'] },
  { title: 'types of the client', args: [bin('typescript/bin/tsc'), '-p', 'client', '--noEmit'] },
  { title: 'generated files', args: ['--import', 'tsx', 'scripts/generate.mjs', '--check'] },
  { title: 'contract of the schema', args: ['scripts/contract.mjs'] },
];
if (!process.argv.includes('--no-tests')) {
  steps.push({ title: 'unit tests', args: [bin('vitest/vitest.mjs'), 'run', '--project', 'unit', '--reporter=dot'] });
}
if (!existsSync(join(root, 'node_modules'))) {
  console.error('The packages are missing: run npm ci first.');
  process.exit(1);
}

let failed = 0;
for (const { title, args } of steps) {
  const begun = performance.now();
  const { code, output } = await run(args);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${title} (${seconds} s)`);
  if (code !== 0) {
    failed += 1;
    console.log(output.trim());
  }
}
process.exitCode = failed === 0 ? 0 : 1;

/** @param {string[]} args @returns {Promise<{ code: number | null, output: string }>} */
function run(args) {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
    });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', fail);
    child.on('close', (code) => done({ code, output }));
  });
}
