import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { age, heldOf } from './support/filled-log.ts';
import { startNodes } from './support/nodes.ts';
import { createRoom, enterGuest, send } from './support/person.ts';
import { ServerHome } from './support/process.ts';
import { startServer, type TestServer } from './support/server.ts';

const root = join(import.meta.dirname, '..');

/** As an operator runs it: `npm run trim -- …`. */
function runTrim(args: readonly string[], settings: Record<string, string>) {
  return new Promise<{ code: unknown; output: string }>((resolve) => {
    const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...settings };
    execFile(process.execPath, [join(root, 'scripts/trim.mjs'), ...args], { env, cwd: '/' }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, output: stdout + stderr }),
    );
  });
}

async function talk(server: { readonly url: string }, count: number): Promise<void> {
  const owner = await enterGuest(server, 'Owner');
  const roomId = await createRoom(owner, 'Kitchen');
  for (let n = 0; n < count; n += 1) await send(owner, roomId, `text ${n}`);
}

test('[R9] nodes that are set to keep the log for some days trim what is older, and go on', async () => {
  const first = await startServer();
  onTestFinished(() => first[Symbol.asyncDispose]());
  await talk(first, 30);
  const { last } = await heldOf(first.database);
  await age(first.database, 20);
  await first.stop();
  const each = { database: first.database, logKeepDays: 30 };
  const nodes: TestServer[] = [];
  for (let n = 0; n < 2; n += 1) {
    const node = await startServer(each);
    onTestFinished(() => node[Symbol.asyncDispose]());
    nodes.push(node);
  }
  await expect.poll(() => heldOf(first.database)).toEqual({ trimmed: 20, first: 21, last, holes: 0 });
  for (const node of nodes) await talk(node, 2);
  expect((await heldOf(first.database)).holes).toBe(0);
});

test('[R9] a log that nobody set a time for is kept, however old it is', async () => {
  const { nodes } = await startNodes([{}]);
  const [node] = nodes as [TestServer];
  await talk(node, 3);
  await age(node.database);
  await node.stop();
  await node.start();
  await talk(node, 3);
  expect(await heldOf(node.database)).toMatchObject({ trimmed: 0, first: 1, holes: 0 });
});

test('[R9] an operator trims the log of a server that runs, its own PostgreSQL or another one, by one command', {
  timeout: 120_000,
}, async () => {
  await using home = new ServerHome();
  const refused = await runTrim(['--before-days', '30'], { PARLEY_DATA_DIR: home.dataDir });
  expect(refused).toEqual({ code: 1, output: expect.stringContaining('No Parley runs on') });
  await home.start();
  await talk(home, 10);
  await home.query(`UPDATE event SET at = now() - interval '40 days' WHERE position <= 7`);
  for (const args of [
    [],
    ['--before-days'],
    ['--before-days', '0'],
    ['--before-days', '1.5'],
    ['--before-days', '30', 'x'],
  ]) {
    expect(await runTrim(args, { PARLEY_DATA_DIR: home.dataDir })).toEqual({
      code: 2,
      output: expect.stringContaining('npm run trim -- --before-days <days>'),
    });
  }
  expect(await runTrim(['--before-days', '50'], { PARLEY_DATA_DIR: home.dataDir })).toEqual({
    code: 0,
    output: '0 events are gone; the log begins behind position 0.\n',
  });
  const done = { code: 0, output: '7 events are gone; the log begins behind position 7.\n' };
  expect(await runTrim(['--before-days', '30'], { PARLEY_DATA_DIR: home.dataDir })).toEqual(done);
  await talk(home, 2);

  const server = await startServer();
  onTestFinished(() => server[Symbol.asyncDispose]());
  await talk(server, 10);
  await age(server.database, 7);
  expect(await runTrim(['--before-days=30'], { DATABASE_URL: server.database.url })).toEqual(done);
  await talk(server, 2);
  expect(await heldOf(server.database)).toMatchObject({ trimmed: 7, first: 8, holes: 0 });
});
