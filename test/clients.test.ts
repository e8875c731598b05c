/**
 * Programs of examples/, by clients that are not ours, follow a room while its server is killed and started again. Beside
 * them the same clients follow it as their own pages show it. One round for all: the tests look at what each received.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { printedExamples, RunningClient, readRoom, SteadyWriter } from './support/clients.ts';
import { type Follower, followAlone } from './support/clients-alone.ts';
import { temporaryFolder } from './support/folder.ts';
import { messagesQuery } from './support/log-stream.ts';
import { enterGuest, joinRoom, send } from './support/person.ts';
import { ServerHome, type ServerProcess, until } from './support/process.ts';
import { connect } from './support/ws-client.ts';

const root = join(import.meta.dirname, '..');
const examples = printedExamples();
const boundMs = 45_000;
const hello = /^([\w-]+): Hello from \1$/;
const lastWord = 'Writer: the end';
const veryLastWord = 'Writer: after the stop';

const home = new ServerHome({ settings: { PARLEY_DEMO: 'true' } });
const folder = temporaryFolder();
const programs = new Map<string, RunningClient>();
/** What the clients without the examples' lines had received by then. */
let received: Record<
  keyof ReturnType<typeof followAlone>,
  { readonly lines: readonly string[] } & Pick<Follower, 'end'>
>;
let closeCode = 0;
/** What was said since they began, up to the last word; and all that the room has at last. */
let since: readonly string[] = [];
let whole: readonly string[] = [];

beforeAll(async () => {
  const server = await home.start();
  for (const { file, command } of examples) programs.set(file, new RunningClient(command, home.url));
  programs.set('forgetful', new RunningClient(forgetfulPython(), home.url));
  const lasting = [...programs.values()];
  const writer = await enterGuest(home, 'Writer');
  const greetings = async () => (await readRoom(writer, 'lobby')).lines.filter((line) => hello.test(line));
  await vi.waitFor(async () => expect(await greetings()).toHaveLength(programs.size), { timeout: boundMs });

  const { id: roomId, asOf, lines: before } = await readRoom(writer, 'lobby');
  await joinRoom(writer, roomId);
  let comeBack = () => {};
  const isTimely = new Promise<void>((resolve) => {
    comeBack = resolve;
  });
  const followers = followAlone({ url: home.url, token: writer.token, roomId, after: asOf }, isTimely);
  const alone = Object.values(followers);
  await until(() => alone.every(({ checkpoints }) => checkpoints > 0), boundMs);
  const curl = new RunningClient(onceByCurl(writer.token, roomId), home.url);
  programs.set('curl', curl);
  await until(() => curl.lines.some((line) => line.includes('CHECKPOINT')), boundMs);
  const socket = await connect(home.url, { connectionParams: { token: writer.token } });
  void socket.closed.then(({ code }) => {
    closeCode = code;
  });

  const writing = new SteadyWriter({ person: writer, roomId, pauseMs: 10 });
  await until(() => lasting.every((program) => program.said('Writer: 50')), boundMs);
  await until(() => alone.every(({ newest }) => newest >= 50), boundMs);
  const second = await startAgain(server, 'SIGKILL');
  // The writer goes on until all are back, so that who has missed something has also shown that it goes on.
  const countThen = writing.count;
  await until(() => writing.count >= countThen + 10, boundMs);
  comeBack();
  const enough = writing.count + 40;
  await until(() => alone.every(({ end, newest }) => end !== null || newest > enough), boundMs);
  await writing.stop();
  await send(writer, roomId, 'the end');
  await until(() => lasting.every((program) => program.said(lastWord)), boundMs);
  await until(() => alone.every(({ end, lines }) => end !== null || lines.includes(lastWord)), boundMs);
  since = upTo(lastWord, (await readRoom(writer, 'lobby')).lines).slice(before.length);
  received = Object.fromEntries(
    Object.entries(followers).map(([name, { lines, end }]) => [
      name,
      { lines: end ? [...lines] : upTo(lastWord, lines), end },
    ]),
  ) as typeof received;

  // Then it is stopped in peace, and killed once more, with tokens that are void afterwards.
  const third = await startAgain(second, 'SIGTERM');
  await send(writer, roomId, 'after the stop');
  await until(() => lasting.every((program) => program.said(veryLastWord)), boundMs);
  whole = upTo(veryLastWord, (await readRoom(writer, 'lobby')).lines);
  await home.query('DELETE FROM session');
  await startAgain(third, 'SIGKILL');
}, 120_000);

afterAll(async () => {
  for (const program of programs.values()) await program[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

describe('while the server is killed and started again', () => {
  test.for(examples)(
    '[R1][R2][D2] $file misses and repeats nothing when its server is killed, or stops',
    ({ file }) => {
      const printed = upTo(veryLastWord, programs.get(file)?.lines ?? []);
      expect(printed).toEqual(whole.slice(-printed.length));
      expect(printed.length).toBeGreaterThan(100);
    },
  );

  test.for(examples)(
    '[A7] $file ends, and says why, when it comes back with a token that is void',
    async ({ file }) => {
      const program = programs.get(file);
      await until(() => program?.exit !== null, boundMs);
      expect(program?.exit).toMatch(/^it ended with \d+: .*(session|sign in|token|UNAUTHENTICATED|4403)/is);
    },
  );

  test.for(['graphqlWs', 'apollo', 'urql', 'relay'] as const)(
    '%s without the lines that resume comes back with its first `after`, and all that it had seen comes again',
    (name) => {
      const { lines } = received[name];
      const seenBefore = lines.length - since.length;
      expect(seenBefore).toBeGreaterThan(40);
      expect(lines).toEqual([...since.slice(0, seenBefore), ...since]);
    },
  );

  test('graphql-sse without the lines that resume repeats, or takes the loss for a fault and ends', () => {
    const { lines, end } = received.graphqlSse;
    const again = end === null ? since : [];
    const seenBefore = lines.length - again.length;
    expect(seenBefore).toBeGreaterThan(40);
    expect(lines).toEqual([...since.slice(0, seenBefore), ...again]);
  });

  test('a client that subscribes without `after` misses what was said while it was away', () => {
    const isOfWriter = (line: string) => line.startsWith('Writer: ');
    const heard = received.fromNowOn.lines.filter(isOfWriter);
    const written = since.filter(isOfWriter);
    expect(new Set(heard).size).toBe(heard.length);
    expect(heard.at(-1)).toBe(lastWord);
    expect(heard.length).toBeLessThan(written.length);
  });

  test('graphql-ws as it is gives up at the first try that finds the server down', () => {
    const { end, lines } = received.graphqlWsAsItIs;
    expect(String((end?.reason as { message?: string } | undefined)?.message)).toMatch(/ECONNREFUSED/);
    expect(lines).toEqual(since.slice(0, lines.length));
    expect(lines).not.toContain(lastWord);
  });

  test('Python comes back by itself, and without the line that keeps the cursor prints again what it had printed', () => {
    const printed = upTo(lastWord, programs.get('forgetful')?.lines ?? []);
    expect(printed.filter((line) => line === 'Writer: 1')).toHaveLength(2);
    expect(printed.at(-1)).toBe(lastWord);
  });

  test('curl ends with the connection, and a plain socket closes with 1006', async () => {
    await expect.poll(() => programs.get('curl')?.exit, { timeout: 20_000 }).toMatch(/^it ended with (18|56):/);
    expect(closeCode).toBe(1006);
  });
});

test('examples/README.md has all examples', () => {
  const alone = readdirSync(join(root, 'examples')).filter((name) => /\.(ts|sh|py)$/.test(name));
  expect(examples.map(({ file }) => file).sort()).toEqual(
    [...alone, 'relay/main.ts'].map((name) => `examples/${name}`).sort(),
  );
});

/** Another server on the same address. */
async function startAgain(server: ServerProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<ServerProcess> {
  server.kill(signal);
  await server.exited;
  return home.start({ PORT: new URL(home.url).port });
}

function upTo(line: string, lines: readonly string[]): readonly string[] {
  return lines.slice(0, lines.indexOf(line) + 1);
}

/** examples/follow.py without the line by which it resumes; the command that runs it. */
function forgetfulPython(): string {
  const source = readFileSync(join(root, 'examples/follow.py'), 'utf8');
  const line = /^ +after = item\["cursor"\]\n/m;
  expect(source).toMatch(line);
  const path = join(folder.path, 'forgetful.py');
  writeFileSync(path, source.replace(line, ''));
  return `exec /usr/bin/python3 ${path}`;
}

/** The command that follows the room by one run of curl. */
function onceByCurl(token: string, roomId: string): string {
  const body = join(folder.path, 'subscription.json');
  writeFileSync(body, JSON.stringify({ query: messagesQuery, variables: { roomId } }));
  const headers = ['content-type: application/json', 'accept: text/event-stream', `authorization: Bearer ${token}`];
  return `exec curl -sSN "$PARLEY_URL/graphql" -d @${body} ${headers.map((header) => `-H '${header}'`).join(' ')}`;
}
