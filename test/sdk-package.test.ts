/** The package as a stranger gets it: packed, installed elsewhere, run by plain Node and compiled by TypeScript. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { build } from '../scripts/build.mjs';
import { newHandle, signUp } from './support/account.ts';
import { makeBot, makeProgram } from './support/api-token.ts';
import { temporaryFolder } from './support/folder.ts';
import { createRoom, enterGuest, joinRoom, type Person, send } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

const root = join(import.meta.dirname, '..');
const run = promisify(execFile);
const home = temporaryFolder();
const bot = readFileSync(join(root, 'examples/echo-bot/bot.js'), 'utf8');
const programs: ChildProcess[] = [];
let server: TestServer;
let person: Person;

beforeAll(async () => {
  await build({ names: ['sdk'] });
  server = await startServer({ hasDemo: true });
  person = await enterGuest(server, 'Visitor');
  const npm = (args: string[], cwd: string) =>
    run('npm', [...args, '--offline', '--no-audit', '--no-fund', '--cache', join(home.path, '.npm')], { cwd });
  const packed = await npm(
    ['pack', '--json', '--ignore-scripts', '--pack-destination', home.path],
    join(root, 'client/sdk'),
  );
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  writeFileSync(join(home.path, 'package.json'), '{ "name": "stranger", "private": true, "type": "module" }');
  // The peers are not fetched, as there may be no network: links to those of this checkout take their place.
  await npm(['install', `./${filename}`, '--legacy-peer-deps'], home.path);
  mkdirSync(join(home.path, 'node_modules/@types'), { recursive: true });
  for (const peer of ['graphql', 'graphql-ws', 'ws', '@urql', '@types/node', '@types/ws', 'typescript']) {
    symlinkSync(join(root, 'node_modules', peer), join(home.path, 'node_modules', peer));
  }
}, 120_000);

afterAll(async () => {
  for (const program of programs) program.kill('SIGKILL');
  await server[Symbol.asyncDispose]();
  home[Symbol.dispose]();
});

/** Starts a program in the stranger's folder; what it wrote so far. */
function start(file: string, environment: Record<string, string> = {}) {
  const { PATH = '' } = process.env;
  const program = spawn(process.execPath, [file], {
    cwd: home.path,
    env: { PATH, PARLEY_URL: server.url, ...environment },
  });
  programs.push(program);
  const said = { text: '', code: undefined as number | null | undefined };
  for (const output of [program.stdout, program.stderr]) {
    output.on('data', (data) => {
      said.text += data;
    });
  }
  program.once('close', (code) => {
    said.code = code;
  });
  return said;
}

test('the package holds what it exports, with types, and neither sources nor tests', () => {
  const installed = join(home.path, 'node_modules/parley-sdk');
  const files = readdirSync(installed, { recursive: true }) as string[];
  expect(files).toContain('README.md');
  expect(files.filter((file) => /\.test\.|\.tsx?$|build-stamp/.test(file) && !file.endsWith('.d.ts'))).toEqual([]);
  const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    exports: Record<string, Record<string, string>>;
  };
  const named = Object.values(exports).flatMap((one) => Object.values(one));
  expect(named.length).toBe(6);
  expect(named.filter((path) => !files.includes(path.slice(2)))).toEqual([]);
});

test('[T4] with a token in its environment the echo bot is the bot that the token is of', async () => {
  const owner = await signUp(server);
  const botId = await makeBot(owner, newHandle('echo'), 'Owl');
  const scopes = ['READ', 'WRITE', 'ROOMS'] as const;
  const { token } = await makeProgram(server, owner, { botId, scopes });
  cpSync(join(root, 'examples/echo-bot/bot.js'), join(home.path, 'owl.js'));
  start('owl.js', { PARLEY_TOKEN: token });
  const { id } = (await person.ask('{ room(by: { slug: "lobby" }) { id } }')).data.room;
  await joinRoom(person, id);
  const latest = `query ($id: ID!) { room(by: { id: $id }) {
    messages(last: 20) { nodes { text author { id isBot displayName } } }
  } }`;
  // Until the bot follows, what is said is not heard.
  await vi.waitFor(
    async () => {
      await send(person, id, 'who is there?');
      const { data } = await person.ask(latest, { id });
      expect(data.room.messages.nodes).toContainEqual({
        text: 'Echo: who is there?',
        author: { id: botId, isBot: true, displayName: 'Owl' },
      });
    },
    { timeout: 20_000, interval: 500 },
  );
  programs.at(-1)?.kill('SIGKILL');
});

test('the echo bot runs as it is printed in its folder and in the README, and answers each message once', async () => {
  expect(readFileSync(join(root, 'client/sdk/README.md'), 'utf8')).toContain(`\`\`\`js\n${bot}\`\`\``);
  expect(bot.trimEnd().split('\n').length).toBeLessThanOrEqual(15);
  cpSync(join(root, 'examples/echo-bot/bot.js'), join(home.path, 'bot.js'));
  const said = start('bot.js');
  await vi.waitFor(() => expect(said.text).toContain('Echo listens in Lobby.'), { timeout: 20_000 });
  const lobby = await person.ask('{ room(by: { slug: "lobby" }) { id } }');
  const { id } = lobby.data.room;
  await person.ask('mutation ($id: ID!) { joinRoom(input: { roomId: $id }) { errors { code } } }', { id });
  const texts = async () => {
    const { data } = await person.ask(
      'query ($id: ID!) { room(by: { id: $id }) { messages(last: 20) { nodes { text author { displayName } } } } }',
      { id },
    );
    type Node = { text: string; author: { displayName: string } };
    return (data.room.messages.nodes as Node[])
      .filter(({ author }) => author.displayName === 'Echo')
      .map(({ text }) => text);
  };
  // Until the bot follows, what is said is not heard: it begins now.
  await vi.waitFor(
    async () => {
      await send(person, id, 'is anybody there?');
      expect((await texts()).length).toBeGreaterThan(0);
    },
    { timeout: 20_000, interval: 500 },
  );
  await send(person, id, 'one');
  await send(person, id, 'two');
  await vi.waitFor(async () => expect((await texts()).slice(-2)).toEqual(['Echo: one', 'Echo: two']), {
    timeout: 10_000,
  });
  expect((await texts()).filter((text) => text.startsWith('Echo: Echo'))).toEqual([]);
  expect(said.code, said.text).toBeUndefined();
});

test('a program in TypeScript has the types of its documents by moduleResolution nodenext, compiles, runs and ends', async () => {
  writeFileSync(join(home.path, 'typed.ts'), typedProgram);
  const compiled = await compile('typed.ts', {
    ...{ module: 'nodenext', moduleResolution: 'nodenext', types: ['node'] },
    ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
  });
  expect(compiled).toEqual([]);
  const roomId = await createRoom(person, 'Typed');
  const said = start('out/typed.js', { TOKEN: person.token, ROOM_ID: roomId });
  await vi.waitFor(() => expect(said.code, said.text).toBe(0), { timeout: 20_000 });
  expect(said.text).toBe('hello from TypeScript\n');
});

test('a page of a browser has the same types by moduleResolution bundler, without those of Node', async () => {
  writeFileSync(join(home.path, 'page.ts'), pageProgram);
  const settings = { module: 'esnext', moduleResolution: 'bundler', types: [], lib: ['es2022', 'dom'] };
  expect(await compile('page.ts', settings)).toEqual([]);
  writeFileSync(join(home.path, 'page.ts'), pageProgram.replace('MESSAGE_SENT', 'NOWHERE'));
  expect(await compile('page.ts', settings)).toEqual([expect.stringMatching(/^page\.ts\(9,.*No overload/)]);
});

test('without a WebSocket the program is told so, and queries work all the same', async () => {
  writeFileSync(
    join(home.path, 'without.js'),
    `import { createParley } from 'parley-sdk';
delete globalThis.WebSocket;
const parley = createParley({ url: process.env.PARLEY_URL });
const { asOf } = await parley.query('{ asOf }');
try { parley.events(); } catch ({ code, advice }) { console.log(typeof asOf, code, advice); }
`,
  );
  const said = start('without.js');
  await vi.waitFor(() => expect(said.code, said.text).toBe(0), { timeout: 20_000 });
  expect(said.text).toBe(
    'string WEBSOCKET_MISSING This runtime has no WebSocket: pass webSocketImpl, for instance `WebSocket` of the package ws.\n',
  );
});

/** Compiles a program into out/. What TypeScript has to say, but of the types of others: those of graphql-ws and urql want a browser. */
async function compile(file: string, compilerOptions: object): Promise<string[]> {
  const tsconfig = {
    compilerOptions: { target: 'es2022', strict: true, skipLibCheck: false, outDir: 'out', ...compilerOptions },
    include: [file],
  };
  writeFileSync(join(home.path, 'tsconfig.json'), JSON.stringify(tsconfig));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = await run(process.execPath, [compiler, '-p', '.'], { cwd: home.path }).catch(
    (error: { stdout: string }) => error,
  );
  const isOfOthers = /^\s|node_modules\/(graphql-ws|@urql|wonka|graphql)\//;
  return stdout.split('\n').filter((line) => line !== '' && !isOfOthers.test(line));
}

const pageProgram = `import { createParley } from 'parley-sdk';

const store = {
  load: () => localStorage.getItem('cursor'),
  save: (cursor: string) => localStorage.setItem('cursor', cursor),
};
const parley = createParley({ url: location.origin, onState: (state: 'connecting' | 'open' | 'retrying') => document.title = state });
export async function follow(signal: AbortSignal) {
  for await (const event of parley.events({ store, signal, filter: { kinds: ['MESSAGE_SENT'] } })) {
    if (event.__typename === 'MessageSent') document.title = event.message.text ?? '';
  }
}
`;

const typedProgram = `import { createParley, ParleyError, type ParleyDocument } from 'parley-sdk';
import { keys, possibleTypes, schema } from 'parley-sdk/graphcache';
import { parleyExchange } from 'parley-sdk/urql';
import type { Exchange } from '@urql/core';
import { WebSocket } from 'ws';

const { PARLEY_URL = '', TOKEN = '', ROOM_ID = '' } = process.env;
const parley = createParley({ url: PARLEY_URL, token: TOKEN, webSocketImpl: WebSocket });
const exchange: Exchange = parleyExchange({ parley });
if (exchange === undefined || !('Viewer' in keys) || !possibleTypes.Event.includes('MessageSent') || !schema.__schema) throw new Error();

type Own = { messages: { cursor: string; kind: string; message: { text: string | null } | null } };
const own = 'subscription ($roomId: ID!, $after: Cursor) { messages(roomId: $roomId, after: $after) { cursor kind message { text } } }';
const typed: ParleyDocument<Own, { roomId: string }> = own;
const { asOf } = await parley.query<{ asOf: string }, object>('{ asOf }');
const stream = parley.messages<Own>({ query: typed, roomId: ROOM_ID, after: asOf });
await parley.send({ roomId: ROOM_ID, text: 'hello from TypeScript' });
for await (const { message } of stream) {
  const text: string | null | undefined = message?.text;
  console.log(text);
  break;
}
for await (const event of parley.events({ after: asOf })) {
  if (event.__typename !== 'MessageSent') continue;
  const id: string = event.message.id;
  // @ts-expect-error: the message of an event has no such field
  if (id === '' || event.message.nowhere) throw new ParleyError('BAD_ANSWER', 'no id');
  break;
}
// @ts-expect-error: a filter knows the kinds
void parley.events({ filter: { kinds: ['NOWHERE'] } });
parley.close();
`;
