import { describe, expect, it } from 'vitest';
import { ALLOWED, FOREIGN, transportFixture } from '../../test/support/transport.ts';
import type { ConnectOptions, WsClient } from '../../test/support/ws-client.ts';
import { Fault } from '../observe/fault.ts';
import { defaultTransportSettings } from './settings.ts';

const TICKS = 'subscription { ticks }';
const fixture = transportFixture();

describe('slow and dead clients', () => {
  it('tell the hub how much is unsent, and when it is less again', async () => {
    await fixture.restart({ stalledSocketMs: 60_000 });
    const client = await fixture.open();
    const opened = fixture.engine.nextStream();
    const ticks = client.subscribe(TICKS);
    const { sink } = await opened;
    client.socket.pause();
    const payload = JSON.stringify({ data: { ticks: 'x'.repeat(100_000) } });
    let written = 0;
    while (sink.unsentBytes < 1_000_000 && written < 1_000) {
      for (let n = 0; n < 20; n += 1) sink.write([{ payload, mark: null }]);
      written += 20;
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sink.unsentBytes).toBeGreaterThanOrEqual(1_000_000);
    let isDrained = false;
    const drained = new Promise<void>((resolve) =>
      sink.onceDrained(() => {
        isDrained = true;
        resolve();
      }),
    );
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(isDrained).toBe(false);
    client.socket.resume();
    await drained;
    expect(sink.unsentBytes).toBeLessThanOrEqual(defaultTransportSettings.socket.sendQueueLowBytes);
    for (let read = 0; read < written; read += 1) await ticks.next();
  });

  it('are cut when nothing goes out any more', async () => {
    await fixture.restart({ stalledSocketMs: 200 });
    const client = await fixture.open();
    const opened = fixture.engine.nextStream();
    client.subscribe(TICKS);
    const stream = await opened;
    client.socket.pause();
    for (let n = 0; n < 200; n += 1) stream.tick('x'.repeat(100_000));
    await expect.poll(() => fixture.server.socketCount, { timeout: 5_000 }).toBe(0);
    expect(stream.isClosed).toBe(true);
  });

  it('[S5] are cut when they ask for more than they read, whatever they ask for', async () => {
    await fixture.restart({ sendQueueLimitBytes: 100_000 });
    for (const message of [
      JSON.stringify({ type: 'ping', payload: { x: 'x'.repeat(900) } }),
      JSON.stringify({ id: '1', type: 'subscribe', payload: { query: '{ big(bytes: 50000) }' } }),
    ]) {
      const client = await fixture.open();
      client.socket.pause();
      await flood((n) => client.send(message.replace('"1"', `"${n}"`)));
      expect(fixture.server.socketCount).toBe(0);
    }
  });

  it.each([
    ['pings', (client: WsClient) => client.send('{"type":"ping"}')],
    ['pings with a payload', (client: WsClient) => client.send({ type: 'ping', payload: { x: 'x'.repeat(900) } })],
    ['pings of WebSocket itself', (client: WsClient) => client.socket.ping('x'.repeat(125))],
  ])('[S5] are cut when they flood with %s before init', async (_, ping) => {
    await fixture.restart({ initTimeoutMs: 600_000 });
    const client = await fixture.open({ init: false });
    client.socket.pause();
    await flood(() => ping(client));
    expect(fixture.server.socketCount).toBe(0);
  });

  it('[S5] are cut before the time for a farewell is up when they go on sending behind it', async () => {
    const client = await fixture.open({ init: false });
    client.socket.pause();
    for (let n = 0; n < 10; n += 1) client.send({ type: 'ping', payload: { x: 'x'.repeat(60_000) } });
    await expect.poll(() => fixture.server.socketCount, { timeout: 4_000 }).toBe(0);
  });

  it('[S5] are cut before that time also when it is ws that sends them away', async () => {
    const client = await fixture.open({ init: false });
    client.socket.pause();
    const size = defaultTransportSettings.socket.messageLimitBytes + 1;
    for (let n = 0; n < 10; n += 1) client.send('x'.repeat(size));
    await expect.poll(() => fixture.server.socketCount, { timeout: 4_000 }).toBe(0);
  });

  it('are cut when they do not answer a ping', async () => {
    await fixture.restart({ keepAliveMs: 50 });
    const answering = await fixture.open();
    const silent = await fixture.open();
    silent.socket.pause();
    await expect.poll(() => fixture.server.socketCount).toBe(1);
    expect((await answering.request('{ hello }')).data.hello).toBe('hello you');
  });
});

describe('who asks', () => {
  const cookie = 'parley_session=token-of-ann';

  it.each<[string, ConnectOptions, string | null | number]>([
    ['nothing', {}, null],
    ['a token', { connectionParams: { token: 'token-of-bob' } }, 'bob'],
    ['a bearer token in connectionParams', { connectionParams: { authorization: 'Bearer token-of-bob' } }, 'bob'],
    ['a bearer token in the upgrade', { headers: { authorization: 'Bearer token-of-bob' } }, 'bob'],
    [
      'a token from a foreign origin',
      { connectionParams: { token: 'token-of-bob' }, headers: { origin: FOREIGN, cookie } },
      'bob',
    ],
    ['a bad token', { connectionParams: { token: 'nope' } }, 4403],
    ['a bad token beside a good cookie', { connectionParams: { token: 'nope' }, headers: { cookie } }, 4403],
    ['a token that is no string', { connectionParams: { token: 7 } }, 4403],
    ['a cookie', { headers: { cookie } }, 'ann'],
    ['a cookie from its own origin', { headers: { cookie, origin: 'OWN' } }, 'ann'],
    ['a cookie from an allowed origin', { headers: { cookie, origin: ALLOWED } }, 'ann'],
    ['a cookie from a foreign origin', { headers: { cookie, origin: FOREIGN } }, 4403],
    ['nothing from a foreign origin', { headers: { origin: FOREIGN } }, 4403],
    ['a bad cookie', { headers: { cookie: 'parley_session=nope' } }, 4403],
  ])('%s', async (_, options, outcome) => {
    const headers = {
      ...options.headers,
      ...(options.headers?.origin === 'OWN' ? { origin: fixture.server.url } : {}),
    };
    if (typeof outcome === 'number') {
      const client = await fixture.open({ headers, init: false });
      client.send({ type: 'connection_init', payload: options.connectionParams });
      expect((await client.closed).code).toBe(outcome);
    } else {
      const client = await fixture.open({ ...options, headers });
      expect((await client.request('{ viewerId }')).data.viewerId).toBe(outcome);
    }
  });

  it('may have so many sockets, and again one after closing one', async () => {
    await fixture.restart({ socketsPerUser: 1 });
    const connectionParams = { token: 'token-of-ann' };
    const first = await fixture.open({ connectionParams });
    const second = await fixture.open({ init: false });
    second.send({ type: 'connection_init', payload: connectionParams });
    expect((await second.closed).code).toBe(1013);
    await first.close();
    await expect.poll(() => fixture.server.socketCount).toBe(0);
    await fixture.open({ connectionParams });
  });

  it('may open so many sockets from one address', async () => {
    await fixture.restart({ socketsPerAddress: 1 });
    await fixture.open();
    await expect(fixture.open()).rejects.toThrow('429');
  });

  it('hears SIGNED_OUT on every stream when the session ends, then 4401, also after signing out over the same socket', async () => {
    const connectionParams = { token: 'token-of-ann' };
    const [one, two, other] = [
      await fixture.open({ connectionParams }),
      await fixture.open({ connectionParams }),
      await fixture.open(),
    ];
    const ticks = [one, two].map((client) => client.subscribe(TICKS));
    await expect.poll(() => fixture.engine.streams).toHaveLength(2);
    expect(await one.request('mutation { signOut }')).toMatchObject({ data: { signOut: true } });
    for (const stream of ticks) {
      expect(await stream.ended).toEqual({ kind: 'complete' });
      expect(stream.results.waiting).toEqual([{ data: { ticks: 'SIGNED_OUT' } }]);
    }
    expect([(await one.closed).code, (await two.closed).code]).toEqual([4401, 4401]);
    expect((await other.request('{ hello }')).data.hello).toBe('hello you');
  });
});

describe('a stream', () => {
  it('is told whole that comes to its end before it is open', async () => {
    const open = fixture.engine.openStream;
    fixture.engine.openStream = async (...asked) => {
      const opened = fixture.engine.nextStream();
      const reader = await open(...asked);
      const stream = await opened;
      stream.tick('the last word');
      stream.finish();
      return reader;
    };
    const ticks = (await fixture.open()).subscribe(TICKS);
    expect(await ticks.ended).toEqual({ kind: 'complete' });
    expect(ticks.results.waiting).toEqual([{ data: { ticks: 'the last word' } }]);
  });
});

describe('what fails within', () => {
  it('refuses one operation and leaves the socket open', async () => {
    const client = await fixture.open();
    fixture.engine.openStream = () => Promise.reject(new Error('no hub'));
    expect((await client.subscribe(TICKS).ended) as object).toMatchObject({
      errors: [{ extensions: { code: 'INTERNAL' } }],
    });
    fixture.engine.beginOperation = () => {
      throw new Fault('UNAVAILABLE', 'the database is away');
    };
    expect(await client.request('{ hello }')).toMatchObject({ errors: [{ extensions: { code: 'UNAVAILABLE' } }] });
    expect(fixture.bugs.splice(0)).toHaveLength(1);
  });

  it.each([
    [new Error('no table'), 4500, 1],
    [new Fault('UNAVAILABLE', 'the database is away'), 1013, 0],
  ])('closes a socket that cannot sign in because of %s', async (failure, code, logged) => {
    fixture.engine.viewerOf = () => Promise.reject(failure);
    const client = await fixture.open({ init: false });
    client.send({ type: 'connection_init', payload: { token: 'token-of-ann' } });
    const closed = await client.closed;
    expect(closed.code).toBe(code);
    expect(closed.reason).not.toContain('no table');
    expect(fixture.bugs.splice(0)).toHaveLength(logged);
  });

  it('refuses a sign-in with a session that ends meanwhile', async () => {
    const { viewerOf } = fixture.engine;
    fixture.engine.viewerOf = async (token) => {
      const viewer = await viewerOf(token);
      fixture.engine.endCredential('session of token-of-ann');
      return viewer;
    };
    const client = await fixture.open({ init: false });
    client.send({ type: 'connection_init', payload: { token: 'token-of-ann' } });
    expect((await client.closed).code).toBe(4401);
  });
});

describe('closing', () => {
  it('ends streams with SERVER_STOPPING, lets operations end, then closes with 1012', async () => {
    const client = await fixture.open();
    const ticks = client.subscribe(TICKS);
    const slow = client.request('{ slow }');
    await expect.poll(() => [fixture.engine.streams.length, fixture.engine.begun]).toEqual([1, 1]);
    const closed = fixture.server.close();
    expect(await ticks.ended).toEqual({ kind: 'complete' });
    expect(ticks.results.waiting).toEqual([{ data: { ticks: 'SERVER_STOPPING' } }]);
    await expect(fixture.open()).rejects.toThrow();
    fixture.engine.release();
    expect((await slow).data.slow).toBe('at last');
    expect((await client.closed).code).toBe(1012);
    await closed;
    expect(fixture.server.socketCount).toBe(0);
  });

  it('cuts what does not end within the drain', async () => {
    await fixture.restart({}, { drainMs: 100 });
    const client = await fixture.open();
    client.subscribe('{ slow }');
    await expect.poll(() => fixture.engine.begun).toBe(1);
    client.socket.pause();
    await fixture.server.close();
    expect(fixture.server.socketCount).toBe(0);
  });
});

/** Sends until the server has cut the socket. */
async function flood(send: (n: number) => void): Promise<void> {
  for (let n = 0; fixture.server.socketCount > 0 && n < 2_000_000; n += 1) {
    send(n);
    if (n % 200 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}
