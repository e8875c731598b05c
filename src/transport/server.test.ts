import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createStubEngine, type StubEngine } from '../../test/support/stub-engine.ts';
import { silentLog } from '../observe/log.ts';
import { startTransport, type Transport } from './server.ts';
import { defaultTransportSettings, type TransportSettings } from './settings.ts';

let engine: StubEngine;
let server: Transport;
let clientFolder: string;

function start(changes: Partial<TransportSettings> = {}): Promise<Transport> {
  return startTransport({
    engine,
    settings: { ...defaultTransportSettings, ...changes },
    log: silentLog,
    clientFolder,
  });
}

beforeEach(async () => {
  clientFolder = await mkdtemp(join(tmpdir(), 'parley-pages-'));
  await mkdir(join(clientFolder, 'assets'));
  await writeFile(join(clientFolder, 'index.html'), '<h1>chat</h1>');
  await writeFile(join(clientFolder, 'graphiql.html'), '<h1>graphiql</h1>');
  await writeFile(join(clientFolder, 'assets', 'main-0a1b.js'), 'export {};');
  engine = createStubEngine();
  server = await start();
});

afterEach(async () => {
  engine.release();
  await server.close();
  await rm(clientFolder, { recursive: true });
});

function post(body: object) {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${server.url}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) });
}

describe('the pages', () => {
  it.each([
    ['/', 'chat', 'no-cache'],
    ['/graphql?query=%7Bhello%7D', 'graphiql', 'no-cache'],
    ['/assets/main-0a1b.js', 'export', 'public, max-age=31536000, immutable'],
  ])('are served at %s, with a policy that lets them talk to this server alone', async (path, text, caching) => {
    const response = await fetch(server.url + path, { headers: { accept: 'text/html,*/*' } });
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, caching]);
    expect(await response.text()).toContain(text);
    expect(response.headers.get('content-security-policy')).toMatch(/default-src 'self'.*frame-ancestors 'none'/);
  });

  it('are not in the way of a query by GET', async () => {
    const response = await fetch(`${server.url}/graphql?query=%7Bhello%7D`);
    expect(await response.json()).toMatchObject({ data: { hello: 'hello you' } });
  });

  it.each(['/nope', '/..%2f..%2fetc%2fpasswd', '/%E0%A4%A', '/assets/'])('answer 404 at %s', async (path) => {
    expect((await fetch(server.url + path)).status).toBe(404);
  });

  it('say so when they are not built', async () => {
    const bare = await startTransport({
      engine,
      settings: defaultTransportSettings,
      log: silentLog,
      clientFolder: '/nope',
    });
    const response = await fetch(bare.url);
    expect([response.status, await response.text()]).toEqual([404, expect.stringContaining('not built')]);
    await bare.close();
  });
});

describe('the server', () => {
  it('tells that it lives and whether it is ready', async () => {
    const status = async (path: string) => (await fetch(server.url + path)).status;
    expect([await status('/health/live'), await status('/health/ready')]).toEqual([200, 200]);
    engine.isUp = false;
    expect([await status('/health/live'), await status('/health/ready'), await status('/nope')]).toEqual([
      200, 503, 404,
    ]);
  });

  it('answers what is not HTTP, and hangs up', async () => {
    const socket = connectTcp(server.port, '127.0.0.1');
    socket.write('rubbish\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(/^HTTP\/1.1 400 /);
  });

  it('lets a request in flight end when it closes, and takes no new one', async () => {
    const slow = post({ query: '{ slow }' });
    await expect.poll(() => engine.begun).toBeGreaterThan(0);
    const closed = server.close();
    await expect(fetch(`${server.url}/health/live`)).rejects.toThrow();
    engine.release();
    expect(await (await slow).json()).toMatchObject({ data: { slow: 'at last' } });
    await closed;
  });

  it('cuts a request that does not end within the drain', async () => {
    await server.close();
    server = await start({ drainMs: 100 });
    const slow = post({ query: '{ slow }' });
    await expect.poll(() => engine.begun).toBeGreaterThan(0);
    const cut = expect(slow).rejects.toThrow();
    await server.close();
    await cut;
  });
});

describe('operations of strangers', () => {
  const ask = (accept: string, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/graphql?query=%7Bhello%7D`, { headers: { accept, ...headers } }).then((answer) =>
      answer.text(),
    );

  it.each([
    { title: 'every 2 ms', hasSignInFlood: false, count: 400, leastMs: 1 },
    { title: 'every 8 ms while many passwords wait', hasSignInFlood: true, count: 100, leastMs: 7 },
  ])(
    '[U5] begin $title, as JSON and as events; others do not wait for them',
    async ({ hasSignInFlood, count, leastMs }) => {
      engine.hasSignInFlood = hasSignInFlood;
      const startedAt = performance.now();
      const accepts = Array.from({ length: count }, (_, n) => (n % 2 ? 'application/json' : 'text/event-stream'));
      const strangers = accepts.map((accept) => ask(accept));
      await expect.poll(() => engine.begun).toBeGreaterThan(2);
      expect(await ask('application/json', { authorization: 'Bearer token-of-ann' })).toContain('hello you');
      expect(engine.begun).toBeLessThan(count);
      for (const answer of await Promise.all(strangers)) expect(answer).toContain('hello you');
      // A timer may be early by a fraction of its millisecond.
      expect(performance.now() - startedAt).toBeGreaterThan((count - 1) * leastMs);
    },
  );

  it('are not begun for those who have hung up, nor do others wait for those', async () => {
    engine.hasSignInFlood = true;
    const socket = connectTcp(server.port, '127.0.0.1');
    socket.write('GET /graphql?query=%7Bhello%7D HTTP/1.1\r\nHost: parley\r\n\r\n'.repeat(100));
    await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
    expect(await ask('application/json')).toContain('hello you');
    expect(engine.begun).toBeLessThan(50);
  });
});
