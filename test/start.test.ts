import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { temporaryFolder } from './support/folder.ts';

const root = join(import.meta.dirname, '..');

test('the first start builds, the second does not, and a change builds its own part again', {
  timeout: 60_000,
}, async () => {
  using folder = temporaryFolder();
  const project = makeProject(folder.path, "console.log('started');");
  expect(await start(project)).toEqual({
    code: 0,
    output: expect.stringMatching(/^Building the server and the client …\nBuilt in .+ s\.\nstarted\n$/),
  });
  expect(await start(project)).toEqual({ code: 0, output: 'started\n' });
  writeFileSync(join(project, 'src/main.ts'), "console.log('changed');");
  expect((await start(project)).output).toMatch(/^Building the server …\nBuilt in .+ s\.\nchanged\n$/);
  writeFileSync(join(project, 'client/main.ts'), "document.title = 'changed';");
  expect((await start(project)).output).toMatch(/^Building the client …\n/);
  expect(readFileSync(join(project, 'dist/server/src/db/migrations/0000.sql'), 'utf8')).toBe('SELECT 1;');
  expect(existsSync(join(project, 'dist/client/index.html'))).toBe(true);
});

test('a build that was killed half way is not taken for a good one, and leaves nothing', {
  timeout: 60_000,
}, async () => {
  using folder = temporaryFolder();
  const project = makeProject(folder.path, "console.log('started');");
  const build = spawn(process.execPath, ['scripts/build.mjs'], { cwd: project, detached: true, stdio: 'ignore' });
  const half = join(project, 'dist', `.server-${build.pid}`);
  await vi.waitFor(() => expect(existsSync(half)).toBe(true), { timeout: 10_000, interval: 1 });
  const exit = once(build, 'exit');
  process.kill(-(build.pid ?? 0), 'SIGKILL');
  await exit;
  expect(existsSync(half)).toBe(true);
  expect(existsSync(join(project, 'dist/server'))).toBe(false);
  expect((await start(project)).output).toMatch(/started\n$/);
  expect(readdirSync(join(project, 'dist')).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('a folder without its stamp is not taken for a build', { timeout: 60_000 }, async () => {
  using folder = temporaryFolder();
  const project = makeProject(folder.path, "console.log('started');");
  mkdirSync(join(project, 'dist/server/src'), { recursive: true });
  writeFileSync(join(project, 'dist/server/src/main.js'), "console.log('half');");
  expect((await start(project)).output).toMatch(/^Building the server and the client .*\nstarted\n$/s);
});

test('two builds at once end with one that is whole', { timeout: 60_000 }, async () => {
  using folder = temporaryFolder();
  const project = makeProject(folder.path, "console.log('started');");
  const both = await Promise.all([start(project), start(project)]);
  expect(both.map((one) => one.code)).toEqual([0, 0]);
  expect(await start(project)).toEqual({ code: 0, output: 'started\n' });
});

test('a build that fails says why, and the build before stays', { timeout: 60_000 }, async () => {
  using folder = temporaryFolder();
  const project = makeProject(folder.path, "console.log('started');");
  await start(project);
  writeFileSync(join(project, 'src/main.ts'), 'const = ;');
  const failed = await start(project);
  expect(failed.code).toBe(1);
  expect(failed.output).toMatch(/The build failed\. typescript\/bin failed:\nsrc\/main\.ts\(1,7\): error/);
  writeFileSync(join(project, 'src/main.ts'), "console.log('started');");
  expect(await start(project)).toEqual({ code: 0, output: 'started\n' });
});

test('the server runs in the process that was started, so that Ctrl-C reaches it', { timeout: 60_000 }, async () => {
  using folder = temporaryFolder();
  const project = makeProject(
    folder.path,
    `console.log('pid ' + process.pid);
    const alive = setInterval(() => undefined, 60_000);
    process.once('SIGINT', () => { console.log('drained'); clearInterval(alive); });`,
  );
  const child = spawnStart(project, []);
  let output = '';
  child.stdout?.on('data', (data: Buffer) => {
    output += data.toString();
  });
  await vi.waitFor(() => expect(output).toContain(`pid ${child.pid}\n`), { timeout: 30_000 });
  const exit = once(child, 'exit');
  child.kill('SIGINT');
  expect(await exit).toEqual([0, null]);
  expect(output).toContain('drained');
});

test('--help lists the settings without building the client, and what cannot work is told in one line', {
  timeout: 60_000,
}, async () => {
  using folder = temporaryFolder();
  const project = makeProject(folder.path, "console.log('started');");
  const help = await start(project, '--help');
  expect(help.output).toContain('\n  PARLEY_DATA_DIR=./data\n');
  expect(help.output).not.toContain('Building');
  expect(existsSync(join(project, 'dist/client'))).toBe(false);
  expect(await start(project, '--port')).toEqual({
    code: 1,
    output: 'There is no option --port. Settings are environment variables: npm start -- --help lists them.\n',
  });
  writeFileSync(join(project, 'package.json'), '{ "type": "module", "engines": { "node": "^18.1.0 || >=99.2.0" } }');
  expect(await start(project)).toEqual({
    code: 1,
    output: `Parley needs Node ^18.1.0 || >=99.2.0; this is ${process.versions.node}.\n`,
  });
});

/** A small project with the real scripts, compiler settings and packages, and a main of its own. */
function makeProject(folder: string, main: string): string {
  const project = join(folder, 'project');
  mkdirSync(join(project, 'src/db/migrations'), { recursive: true });
  mkdirSync(join(project, 'client'));
  for (const name of [
    'scripts',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'src/config.ts',
    'src/people-settings.ts',
    'src/keeping-settings.ts',
    'src/setting.ts',
  ]) {
    cpSync(join(root, name), join(project, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'));
  writeFileSync(join(project, 'src/main.ts'), main);
  writeFileSync(join(project, 'src/db/migrations/0000.sql'), 'SELECT 1;');
  writeFileSync(join(project, 'vite.config.ts'), "export default { root: 'client', publicDir: false };");
  writeFileSync(join(project, 'client/index.html'), '<!doctype html><script type="module" src="./main.ts"></script>');
  writeFileSync(join(project, 'client/main.ts'), "document.title = 'Parley';");
  return project;
}

function spawnStart(project: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [join(project, 'scripts/start.mjs'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function start(project: string, ...args: string[]): Promise<{ code: number; output: string }> {
  const child = spawnStart(project, args);
  let output = '';
  const collect = (data: Buffer) => {
    output += data.toString();
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}
