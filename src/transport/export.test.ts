import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { createStubEngine } from '../../test/support/stub-engine.ts';
import { silentLog } from '../observe/log.ts';
import { createExportDoor, type ExportLimits } from './export.ts';
import { createRates } from './rates.ts';
import { defaultTransportSettings } from './settings.ts';

const generous: ExportLimits = {
  atOnce: 1,
  waiting: 1,
  waitMs: 60_000,
  stalledMs: 60_000,
  patienceMs: 60_000,
  slowestBytesPerSecond: 1,
  wholeMs: 600_000,
};
const endless = async function* () {
  for (;;) {
    yield 'x'.repeat(64 * 1_024);
    await delay(1);
  }
};
const short = async function* () {
  yield 'whole\n';
};

/** Ann's export never ends; everybody else's is one line. */
async function start(limits: Partial<ExportLimits>, ofAnn: (signal: AbortSignal) => AsyncIterable<string> = endless) {
  const engine = createStubEngine();
  engine.tokens.set('token-of-cyd', 'cyd');
  const asked = new Set<string>();
  const { viewerOf } = engine;
  engine.viewerOf = (token) => {
    asked.add(token);
    return viewerOf(token);
  };
  let running = 0;
  engine.exportOf = async function* ({ user }, signal) {
    running += 1;
    try {
      yield* user.id === 'ann' ? ofAnn(signal) : short();
    } finally {
      running -= 1;
    }
  };
  const door = createExportDoor(
    { engine, rates: createRates(defaultTransportSettings.rates), settings: defaultTransportSettings, log: silentLog },
    { ...generous, ...limits },
  );
  const server = createServer((request, response) => void door(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, running: () => running, asked };
}

/** A socket that has asked as Ann, and reads what it is told to read. */
async function askAsAnn(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  socket.write('GET /account/export HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token-of-ann\r\n\r\n');
  await once(socket, 'readable');
  return socket;
}

async function ask(port: number, name: string) {
  const headers = { authorization: `Bearer token-of-${name}` };
  const [response] = (await once(get({ port, headers, agent: false }), 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += chunk;
  return {
    status: response.statusCode,
    text,
    code: response.statusCode === 200 ? null : JSON.parse(text).errors[0].extensions.code,
    retryAfter: Number(response.headers['retry-after']),
  };
}

it('[L5] a reader that takes nothing is cut, and who waited has the turn', async () => {
  const { port } = await start({ stalledMs: 300 });
  await askAsAnn(port);
  expect(await ask(port, 'bob')).toMatchObject({ status: 200, text: 'whole\n' });
});

it('[L5] a reader that takes a little now and then is cut too', async () => {
  const { port, running } = await start({ patienceMs: 300, slowestBytesPerSecond: 2 ** 40 });
  const socket = await askAsAnn(port);
  const waiting = ask(port, 'bob');
  let isServed = false;
  void waiting.then(() => {
    isServed = true;
  });
  while (!isServed) {
    socket.read(64 * 1_024);
    await delay(5);
  }
  expect((await waiting).status).toBe(200);
  expect(running()).toBe(0);
});

it('[L5] one that is not through in time is cut, though it reads', async () => {
  const { port } = await start({ wholeMs: 500 });
  const socket = await askAsAnn(port);
  socket.resume();
  expect((await ask(port, 'bob')).status).toBe(200);
  if (!socket.closed) await once(socket, 'close');
});

it('[L5] who goes away gives the turn back at once, also while nothing was found yet to send', async () => {
  let stopped = 0;
  const silent = async function* (signal: AbortSignal) {
    yield 'first\n';
    await once(signal, 'abort').finally(() => {
      stopped += 1;
    });
  };
  const { port, running } = await start({}, silent);
  const socket = await askAsAnn(port);
  expect(running()).toBe(1);
  const waiting = ask(port, 'bob');
  socket.destroy();
  expect((await waiting).status).toBe(200);
  expect([stopped, running()]).toEqual([1, 0]);
});

it('[L5] one export per person at a time, a few wait, and more are told when to come back', async () => {
  const { port } = await start({ waitMs: 1_500 });
  const socket = await askAsAnn(port);
  expect(await ask(port, 'ann')).toMatchObject({ status: 429, code: 'RATE_LIMITED', retryAfter: 2 });
  const bob = ask(port, 'bob');
  // Who of the two came first waits, the other one is told at once, the first when it took too long.
  const both = await Promise.all([bob, ask(port, 'cyd')]);
  for (const answer of both) expect(answer).toMatchObject({ status: 429, code: 'RATE_LIMITED', retryAfter: 2 });
  socket.destroy();
  await expect.poll(async () => (await ask(port, 'cyd')).status).toBe(200);
});

it('[L5] who waits and goes away leaves the place to others', async () => {
  const { port, asked } = await start({});
  const socket = await askAsAnn(port);
  const leaver = connect(port, '127.0.0.1');
  leaver.write('GET /account/export HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token-of-bob\r\n\r\n');
  await expect.poll(() => asked.has('token-of-bob')).toBe(true);
  expect((await ask(port, 'cyd')).status).toBe(429);
  leaver.destroy();
  let waiting = ask(port, 'cyd');
  while ((await statusSoon(waiting)) === 429) waiting = ask(port, 'cyd');
  socket.destroy();
  expect((await waiting).status).toBe(200);
});

/** The status, or null while it waits. */
function statusSoon(answer: Promise<{ readonly status: number | undefined }>) {
  return Promise.race([answer.then(({ status }) => status), delay(200, null)]);
}
