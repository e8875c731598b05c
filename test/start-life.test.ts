import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, test, vi } from 'vitest';
import { openDatabase } from '../src/db/connection.ts';
import { startEmbeddedPostgres } from '../src/db/embedded.ts';
import { APPEND_LOCK } from '../src/log/attempt.ts';
import { temporaryFolder } from './support/folder.ts';
import { createRoom, enterGuest, type Person, send, sendMutation } from './support/person.ts';
import { ServerHome, type ServerProcess, until, within } from './support/process.ts';
import { quietLog as log } from './support/quiet-log.ts';

const patient = { timeout: 120_000 };
const drainMs = 5_000;

describe('a start of the built server', () => {
  test('[W1] makes what it needs at the first time, and finds it again at the second', patient, async () => {
    await using home = new ServerHome({ settings: { PARLEY_DEMO: 'true' } });
    const took: Record<string, number> = {};
    for (const time of ['first', 'second', 'third']) {
      const begun = performance.now();
      const server = await home.start();
      took[time] = Math.round(performance.now() - begun);
      const person = await enterGuest(home, time);
      const { data } = await person.ask('{ rooms(first: 1) { nodes { slug messages(last: 100) { nodes { id } } } } }');
      expect(data.rooms.nodes[0].messages.nodes.length).toBeGreaterThan(5);
      const guests = await home.query<{ name: string }>(
        'SELECT display_name AS name FROM user_account WHERE is_guest AND display_name = ANY ($1) ORDER BY created_at',
        [['first', 'second', 'third']],
      );
      expect(guests.map(({ name }) => name)).toEqual(Object.keys(took));
      await stop(server);
      expect(home.postgresProcesses).toEqual([]);
    }
    console.log(`ready after, in ms of the whole process: ${JSON.stringify(took)}`);
  });

  test(
    '[W1] takes over the PostgreSQL that a killed server left running, with all that was acknowledged',
    patient,
    async () => {
      await using home = new ServerHome();
      const first = await home.start();
      const person = await enterGuest(home, 'Ada');
      const roomId = await createRoom(person, 'Kept');
      const sent = await send(person, roomId, 'before the kill');
      const postgresPid = home.postgresPid;
      first.kill('SIGKILL');
      const second = await home.start();
      expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' });
      expect(home.postgresPid).toBe(postgresPid);
      expect(
        (await person.ask('query ($id: ID!) { node(id: $id) { ... on Message { text } } }', sent.message)).data,
      ).toEqual({
        node: { text: 'before the kill' },
      });
      await stop(second);
      expect(home.postgresProcesses).toEqual([]);
    },
  );

  test('of a second copy on the same folder is refused in one line, and the first goes on', patient, async () => {
    await using home = new ServerHome();
    const first = await home.start();
    const second = home.launch();
    expect(await ended(second)).toEqual({ code: 1, signal: null });
    expect(second.output).toMatch(
      new RegExp(
        `^The data folder ${home.dataDir} is in use by another Parley \\(process ${first.pid}\\): [^\\n]+\\n$`,
      ),
    );
    await enterGuest(home, 'Ada');
    await stop(first);
  });

  test('on data of a newer version is refused in one line, and changes and leaves nothing', patient, async () => {
    await using home = new ServerHome();
    const first = await home.start();
    await home.query(
      "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('of the future', 4102444800000)",
    );
    await stop(first);
    const second = home.launch();
    expect(await ended(second)).toEqual({ code: 1, signal: null });
    expect(second.output).toMatch(
      /^The database was written by a newer Parley: it holds 1 migration unknown here, the latest of 2100-01-01T[^\n]+\n$/,
    );
    expect(home.postgresProcesses).toEqual([]);
  });

  test('with settings that cannot be used says which, all of them, and makes nothing', patient, async () => {
    await using home = new ServerHome();
    const server = home.launch({ PORT: 'abc', PARLEY_DEMO: 'perhaps' });
    expect(await ended(server)).toEqual({ code: 1, signal: null });
    expect(server.output).toBe(
      [
        'The settings cannot be used:',
        '  PORT is "abc"; expected a whole number from 0 to 65535',
        '  PARLEY_DEMO is "perhaps"; expected true or false',
        '',
      ].join('\n'),
    );
    expect(existsSync(home.dataDir)).toBe(false);
  });

  test('on a port that is taken says so in one line, and leaves nothing running', patient, async () => {
    await using home = new ServerHome();
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const server = home.launch({ PORT: String(port) });
    expect(await ended(server)).toEqual({ code: 1, signal: null });
    other.close();
    expect(server.output).toMatch(new RegExp(`^[^\\n]*\\b${port}\\b[^\\n]*\\bPORT\\b[^\\n]*\\n$`));
    expect(home.postgresProcesses).toEqual([]);
  });

  test('on an address that is not of this machine says so in one line', patient, async () => {
    for (const host of ['192.0.2.1', 'nowhere.invalid']) {
      await using home = new ServerHome();
      const server = home.launch({ HOST: host });
      expect(await ended(server)).toEqual({ code: 1, signal: null });
      expect(server.output).toMatch(new RegExp(`^There is no listening on port 0 of ${host}: [^\\n]+\\n$`));
      expect(home.postgresProcesses).toEqual([]);
    }
  });

  test('works below a home of mode 0700, and again', patient, async () => {
    using folder = temporaryFolder();
    const closed = join(folder.path, 'home');
    mkdirSync(closed, { mode: 0o700 });
    await using home = new ServerHome({ dataDir: join(closed, 'parley/data'), settings: { HOME: closed } });
    for (const name of ['Ada', 'Grace']) {
      const server = await home.start();
      await enterGuest(home, name);
      await stop(server);
    }
    expect(home.postgresProcesses).toEqual([]);
  });

  test('works beside another PostgreSQL, and does not touch it', patient, async () => {
    using folder = temporaryFolder();
    await using other = await startEmbeddedPostgres({ dataDir: folder.path, log });
    await using database = openDatabase({ connection: other.connection, poolSize: 1, applicationName: 'test', log });
    await database.pool.query('CREATE TABLE note (text text)');
    await using home = new ServerHome();
    const server = await home.start();
    await enterGuest(home, 'Ada');
    expect(home.postgresPid).not.toBe(other.pid);
    await stop(server);
    expect(
      (await database.pool.query('SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname = $1', ['public']))
        .rows,
    ).toEqual([{ tables: 1 }]);
  });

  test('that is interrupted by Ctrl-C, at any moment of the first one, leaves nothing running', patient, async () => {
    await using home = new ServerHome();
    const moments = ['', 'postgres', 'postgres/data.unfinished/base', 'postgres/data/postmaster.pid'];
    for (const moment of moments) {
      const server = home.launch();
      await until(() => existsSync(join(home.dataDir, moment)) || moment === '', 20_000);
      server.killGroup('SIGINT');
      const { code, signal } = await ended(server);
      // Before the program has been loaded, the signal ends it by itself.
      expect(code ?? signal, `${moment}: ${server.output}`).toBe(moment === '' ? 'SIGINT' : 0);
      expect(home.postgresProcesses, moment).toEqual([]);
      expect(server.output).not.toContain('is ready');
    }
    await stop(await home.start());
  });
});

describe('a stop of the built server', () => {
  test.each([
    ['Ctrl-C in its terminal', (server: ServerProcess) => server.killGroup('SIGINT')],
    ['SIGTERM', (server: ServerProcess) => server.kill('SIGTERM')],
  ])(
    '[W1] by %s answers the writes in flight, closes sockets with 1012, and leaves nothing running',
    patient,
    async (_, signal) => {
      await using home = new ServerHome({ settings: { PARLEY_DRAIN_MS: String(drainMs) } });
      const server = await home.start();
      const person = await enterGuest(home, 'Ada');
      const roomId = await createRoom(person, 'Draining');
      await using reader = await person.connect();
      const stream = reader.subscribe(
        'subscription ($roomId: ID!) { messages(roomId: $roomId) { kind end { code } } }',
        {
          roomId,
        },
      );
      await stream.next();
      await using writer = await person.connect();

      const answers = await holdingWrites(home, async () => {
        const asked = askAll(person, roomId, 20, (input) => person.ask(sendMutation, { input }));
        asked.push(...askAll(person, roomId, 20, (input) => writer.request(sendMutation, { input })));
        // The server has read all that came before on this socket, and has answered on another connection since.
        writer.socket.ping();
        await once(writer.socket, 'pong');
        await fetch(`${home.url}/health/live`);
        signal(server);
        await until(() => server.output.includes('stopping'), 5_000);
        return asked;
      });
      const begun = performance.now();
      const messageIds = (await Promise.all(answers)).map((answer) => answer.data.sendMessage.message.id);
      expect(new Set(messageIds).size).toBe(40);
      expect((await reader.closed).code).toBe(1012);
      expect((await writer.closed).code).toBe(1012);
      const items = stream.results.waiting.map(({ data }) => data.messages);
      expect(items.at(-1)).toEqual({ kind: 'ENDED', end: { code: 'SERVER_STOPPING' } });
      expect(await ended(server)).toEqual({ code: 0, signal: null });
      expect(performance.now() - begun).toBeLessThan(drainMs);
      expect(home.postgresProcesses).toEqual([]);

      const next = await home.start();
      const [stored] = await home.query<{ count: number }>('SELECT count(*)::int AS count FROM message');
      expect(stored).toEqual({ count: 40 });
      await stop(next);
    },
  );
});

async function stop(server: ServerProcess): Promise<void> {
  server.kill('SIGTERM');
  expect(await ended(server), server.output).toEqual({ code: 0, signal: null });
}

function ended(server: ServerProcess) {
  return within(30_000, server.exited, () => `it did not end:\n${server.output}`);
}

// biome-ignore lint/suspicious/noExplicitAny: answers of any shape.
type Ask = (input: object) => Promise<any>;

function askAll(person: Person, roomId: string, count: number, ask: Ask) {
  return Array.from({ length: count }, (_, index) => ask({ roomId, text: `${person.id} ${index}` }));
}

/** Runs `work` while nothing can be committed: what is written meanwhile is in flight. */
async function holdingWrites<Value>(home: ServerHome, work: () => Promise<Value>): Promise<Value> {
  const holder = new pg.Client({
    host: join(home.dataDir, 'postgres/run'),
    port: 5432,
    user: 'parley',
    database: 'parley',
  });
  await holder.connect();
  try {
    await holder.query(`SELECT pg_advisory_lock(${APPEND_LOCK})`);
    return await work();
  } finally {
    await holder.end();
  }
}

test(
  'npm start that is told to stop by SIGTERM leaves no server behind, though npm does not pass it on',
  patient,
  async () => {
    using folder = temporaryFolder();
    const npm = spawn('npm', ['start'], {
      env: { ...process.env, PORT: '0', PARLEY_DATA_DIR: join(folder.path, 'data'), PARLEY_DEMO: 'false' },
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    let output = '';
    npm.stdout.on('data', (bytes: Buffer) => {
      output += bytes.toString();
    });
    try {
      await until(() => /GraphiQL\s+http/.test(output), 60_000);
      const url = /chat\s+(http:\S+)/.exec(output)?.[1] ?? '';
      expect((await fetch(`${url}health/live`)).status).toBe(200);
      const pidFile = join(folder.path, 'data/postgres/data/postmaster.pid');
      expect(existsSync(pidFile)).toBe(true);
      npm.kill('SIGTERM');
      const isGone = () =>
        fetch(`${url}health/live`).then(
          () => false,
          () => true,
        );
      await vi.waitUntil(isGone, { timeout: 15_000 });
      // The server stops its PostgreSQL behind its own door.
      await vi.waitUntil(() => !existsSync(pidFile), { timeout: 15_000 });
    } finally {
      // Whatever is left of its group, where the test failed.
      try {
        process.kill(-(npm.pid as number), 'SIGKILL');
      } catch {}
    }
  },
);
