import { spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { cpus } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { RESTARTING } from '../src/transport/close-codes.ts';
import { defaultTransportSettings } from '../src/transport/settings.ts';
import { createTestDatabase } from './support/database.ts';
import { readLog } from './support/history.ts';
import { messagesQuery } from './support/log-stream.ts';
import { createRoom, enterGuest, type Person, post, send, sendMutation } from './support/person.ts';
import { ServerHome } from './support/process.ts';
import { startServer } from './support/server.ts';
import { openEvents, type SseClient } from './support/sse-client.ts';
import type { WsClient } from './support/ws-client.ts';

/** When each of several promises settled, in ms from now on. */
async function timesOf(all: readonly Promise<unknown>[]): Promise<number[]> {
  const startedAt = performance.now();
  return Promise.all(all.map((one) => one.then(() => performance.now() - startedAt)));
}

/** The most that fall into one window of the given length. */
function crowdOf(times: readonly number[], windowMs: number): number {
  return Math.max(...times.map((from) => times.filter((time) => time >= from && time < from + windowMs).length));
}

async function openAll(url: string, person: Person, roomId: string, count: number) {
  const sockets: WsClient[] = [];
  const streams: SseClient[] = [];
  for (let n = 0; n < count; n += 1) {
    const socket = await person.connect();
    sockets.push(socket);
    await socket.subscribe(messagesQuery, { roomId }, { id: 'room' }).next();
    const stream = await openEvents(url, {
      query: messagesQuery,
      variables: { roomId },
      headers: { authorization: `Bearer ${person.token}` },
    });
    streams.push(stream);
    await stream.next();
  }
  return { sockets, streams };
}

test('[D2] a stop closes sockets and streams one after the other, evenly, those still open being served', async () => {
  const drainMs = 2_500;
  await using server = await startServer({
    transport: { drainMs, socket: { ...defaultTransportSettings.socket, socketsPerUser: 200 } },
  });
  const person = await enterGuest(server, 'Ada');
  const roomId = await createRoom(person, 'room');
  const { sockets, streams } = await openAll(server.url, person, roomId, 40);
  const stopping = server.stop();
  const both = timesOf([...sockets.map(({ closed }) => closed), ...streams.map(({ ended }) => ended)]);
  // The last socket is told last, and serves until then.
  const last = sockets.at(-1) as WsClient;
  await sockets[10]?.closed;
  expect(
    (await last.request(sendMutation, { input: { roomId, text: 'in the middle of it' } })).data.sendMessage.errors,
  ).toEqual([]);
  const times = await both;
  await stopping;
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(drainMs / 2);
  expect(Math.max(...times)).toBeLessThan(drainMs);
  // 80 over 1,750 ms are 9 in 200 ms; all at once would be 80.
  expect(crowdOf(times, 200)).toBeLessThan(30);
  for (const socket of sockets) expect((await socket.closed).code).toBe(RESTARTING);
  for (const stream of streams) {
    const blocks = await stream.rest();
    expect(blocks.at(-1)).toMatchObject({
      event: 'next',
      id: expect.stringMatching(/^log_/),
      data: { data: { messages: { kind: 'ENDED', end: { code: 'SERVER_STOPPING' } } } },
    });
    expect(await stream.ended).toBe('clean');
  }
});

test('[D1][D3] writes that were begun are done: what was acknowledged is there, what was not can be repeated', async () => {
  await using server = await startServer({ transport: { drainMs: 2_000 } });
  const person = await enterGuest(server, 'Ada');
  const roomId = await createRoom(person, 'room');
  const socket = await person.connect();
  const results = new Map<string, 'done' | 'unknown'>();
  const writeAll = [...Array(160).keys()].map(async (n) => {
    const input = { roomId, text: `message ${n}`, clientKey: `key-${n}` };
    const sent = n % 2 === 0 ? person.ask(sendMutation, { input }) : socket.request(sendMutation, { input });
    const payload = await sent.then(({ data }) => data?.sendMessage).catch(() => null);
    results.set(input.clientKey, payload?.message ? 'done' : 'unknown');
  });
  await expect.poll(() => results.size, { interval: 1 }).toBeGreaterThan(0);
  await server.stop();
  await Promise.all(writeAll);
  expect(results.size).toBe(160);
  await server.start();
  for (const [clientKey, outcome] of results) {
    const { replayed } = await send(person, roomId, `message ${clientKey.slice(4)}`, clientKey);
    if (outcome === 'done') expect(replayed).toBe(true);
  }
  const log = await readLog(server.database);
  expect(log.filter(({ kind }) => kind === 'MESSAGE_SENT')).toHaveLength(160);
});

test('[D1] a node that stops is not ready from the first moment, lives, and serves for as long as it was told', async () => {
  await using server = await startServer({ transport: { drainMs: 1_000, drainDelayMs: 600 } });
  const person = await enterGuest(server, 'Ada');
  const roomId = await createRoom(person, 'room');
  const { url } = server;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const statusOf = (path: string) =>
    new Promise<number>((resolve, reject) => {
      request(url + path, { agent }, (response) => resolve(response.resume().statusCode ?? 0))
        .on('error', reject)
        .end();
    });
  expect([await statusOf('/health/live'), await statusOf('/health/ready')]).toEqual([200, 200]);
  const stopping = server.stop();
  expect([await statusOf('/health/ready'), await statusOf('/health/live')]).toEqual([503, 200]);
  await send(person, roomId, 'during the delay');
  const stream = await openEvents(url, {
    query: messagesQuery,
    variables: { roomId, last: 1 },
    headers: { authorization: `Bearer ${person.token}` },
  });
  const blocks = await stream.rest();
  expect(blocks.some(({ data }) => data?.data.messages.message?.text === 'during the delay')).toBe(true);
  await expect(post(url, '{ asOf }')).rejects.toThrow();
  await stopping;
});

test('[D1][D2][D3] SIGTERM drains a real process: not ready, then closed with 1012, then gone in time', {
  timeout: 120_000,
}, async () => {
  const drainMs = 3_000;
  const delayMs = 1_000;
  using _ = busyMachine();
  await using home = new ServerHome({
    settings: { PARLEY_DRAIN_MS: String(drainMs), PARLEY_DRAIN_DELAY_MS: String(delayMs) },
  });
  const server = await home.start();
  const person = await enterGuest(home, 'Ada');
  const roomId = await createRoom(person, 'room');
  const { sockets, streams } = await openAll(home.url, person, roomId, 15);
  const stuck = await person.connect();
  stuck.socket.pause();
  const startedAt = performance.now();
  const goneAfter = server.exited.then(() => performance.now() - startedAt);
  server.kill('SIGTERM');
  const statusOf = async (path: string) => (await fetch(home.url + path)).status;
  await expect.poll(() => statusOf('/health/ready'), { interval: 10 }).toBe(503);
  expect(await statusOf('/health/live')).toBe(200);
  expect((await send(person, roomId, 'during the delay')).errors).toEqual([]);
  expect(sockets.every(({ socket }) => socket.readyState === socket.OPEN)).toBe(true);
  const times = await timesOf([...sockets.map(({ closed }) => closed), ...streams.map(({ ended }) => ended)]);
  expect(crowdOf(times, 200)).toBeLessThan(15);
  expect(performance.now() - startedAt).toBeLessThan(delayMs + drainMs);
  for (const socket of sockets) expect((await socket.closed).code).toBe(RESTARTING);
  for (const stream of streams) expect((await stream.rest()).some(({ event }) => event === 'complete')).toBe(false);
  await expect(fetch(`${home.url}/health/live`)).rejects.toThrow();
  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(await goneAfter).toBeLessThan(delayMs + drainMs);
  expect(home.postgresPid).toBeUndefined();
});

test.each([
  ['that cannot write its checkpoint', ['checkpointer']],
  ['that is frozen as a whole', null],
] as const)(
  '[D3] [W1] a PostgreSQL of its own %s does not keep a process that stops, and loses nothing',
  {
    timeout: 120_000,
  },
  async (_, frozenTypes) => {
    const drainMs = 2_000;
    await using home = new ServerHome({ settings: { PARLEY_DRAIN_MS: String(drainMs) } });
    const server = await home.start();
    const person = await enterGuest(home, 'Ada');
    const roomId = await createRoom(person, 'room');
    const keys = [...Array(20).keys()].map((n) => `key-${n}`);
    for (const key of keys) expect((await send(person, roomId, key, key)).errors).toEqual([]);
    const pids =
      frozenTypes === null
        ? home.postgresProcesses
        : (
            await home.query<{ pid: number }>('SELECT pid FROM pg_stat_activity WHERE backend_type = ANY ($1)', [
              frozenTypes,
            ])
          ).map(({ pid }) => pid);
    expect(pids.length).toBeGreaterThan(0);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    const startedAt = performance.now();
    const goneAfter = server.exited.then(() => performance.now() - startedAt);
    server.kill('SIGTERM');
    expect(await goneAfter).toBeLessThan(drainMs);
    expect(server.exit).toEqual({ code: 0, signal: null });
    expect(server.output).toContain('the embedded PostgreSQL has not ended yet');
    for (const pid of home.postgresProcesses) process.kill(pid, 'SIGCONT');
    await home.start();
    for (const key of keys) expect((await send(person, roomId, key, key)).replayed).toBe(true);
  },
);

test('[D3] a database that hangs does not keep a process that stops', { timeout: 120_000 }, async () => {
  await using database = await createTestDatabase();
  await using door = await openDoorTo(database.url);
  const drainMs = 500;
  await using home = new ServerHome({ settings: { DATABASE_URL: door.url, PARLEY_DRAIN_MS: String(drainMs) } });
  const server = await home.start();
  const person = await enterGuest(home, 'Ada');
  const roomId = await createRoom(person, 'room');
  door.hang();
  const unanswered = send(person, roomId, 'nobody hears').catch(() => 'cut');
  const startedAt = performance.now();
  const goneAfter = server.exited.then(() => performance.now() - startedAt);
  server.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 1, signal: null });
  expect(await goneAfter).toBeLessThan(drainMs);
  expect(await unanswered).toBe('cut');
  expect(server.output).toContain('the stop did not come to its end in time');
});

/** Programs that take every core of this machine, until disposed of. */
function busyMachine(): Disposable {
  const loops = cpus().map(() => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
  return {
    [Symbol.dispose]() {
      for (const loop of loops) loop.kill('SIGKILL');
    },
  };
}

/** A way to a database over TCP that can be made to carry nothing any more. */
async function openDoorTo(databaseUrl: string) {
  const target = new URL(databaseUrl);
  const path = `${target.searchParams.get('host')}/.s.PGSQL.${target.port}`;
  const sockets = new Set<Socket>();
  const door = createServer((near) => {
    const far = connect({ path });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  const { port } = door.address() as AddressInfo;
  return {
    url: `postgres://${target.username}@127.0.0.1:${port}${target.pathname}`,
    hang() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => door.close(resolve));
    },
  };
}
