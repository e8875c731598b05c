import { createClient } from 'graphql-ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createStubEngine, type StubEngine } from '../../test/support/stub-engine.ts';
import { type ConnectOptions, connect, type WsClient } from '../../test/support/ws-client.ts';
import { type Log, silentLog } from '../observe/log.ts';
import { startTransport, type Transport } from './server.ts';
import { defaultTransportSettings, type SocketSettings, type TransportSettings } from './settings.ts';

const ALLOWED = 'https://friend.example';
const FOREIGN = 'https://foe.example';
const TICKS = 'subscription { ticks }';

let engine: StubEngine;
let server: Transport;
let clients: WsClient[];
let bugs: object[];

async function start(socket: Partial<SocketSettings> = {}, changes: Partial<TransportSettings> = {}): Promise<Transport> {
  const log: Log = { ...silentLog, error: (fields) => void bugs.push(fields) };
  const settings = {
    ...defaultTransportSettings,
    allowedOrigins: [ALLOWED],
    ...changes,
    socket: { ...defaultTransportSettings.socket, ...socket },
  };
  return startTransport({ engine, settings, log, clientFolder: null });
}

async function restart(socket: Partial<SocketSettings>, changes: Partial<TransportSettings> = {}): Promise<void> {
  await server.close();
  server = await start(socket, changes);
}

async function open(options: ConnectOptions = {}): Promise<WsClient> {
  const client = await connect(server.url, options);
  clients.push(client);
  return client;
}

const init = JSON.stringify({ type: 'connection_init' });
const subscribeMessage = (id: string, query = TICKS) => JSON.stringify({ id, type: 'subscribe', payload: { query } });
const completeMessage = (id: string) => JSON.stringify({ id, type: 'complete' });

beforeEach(async () => {
  engine = createStubEngine();
  clients = [];
  bugs = [];
  server = await start();
});

afterEach(async () => {
  engine.release();
  for (const client of clients) client.socket.terminate();
  await server.close();
  expect(bugs).toEqual([]);
});

describe('the protocol', () => {
  it.each([
    ['malformed JSON', ['{"type"'], 4400],
    ['JSON that is no message', ['7'], 4400],
    ['an unknown type', ['{"type":"start"}'], 4400],
    ['a type that servers send', [init, '{"id":"1","type":"next","payload":{}}'], 4400],
    ['a subscribe without a query', [init, '{"id":"1","type":"subscribe","payload":{}}'], 4400],
    ['a binary message', [Buffer.from(init)], 4400],
    ['an over-long id', [init, subscribeMessage('x'.repeat(129))], 4400],
    ['a ping with a payload over the limit', [JSON.stringify({ type: 'ping', payload: { x: 'x'.repeat(2_000) } })], 4400],
    ['10,000 nested brackets in a ping', [`{"type":"ping","payload":{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}}`], 4400],
    ['10,000 nested brackets that never close', ['['.repeat(10_000)], 4400],
    ['a subscribe without init', [subscribeMessage('1')], 4401],
    ['two inits', [init, init], 4429],
    ['a message over the size limit', ['x'.repeat(200_000)], 1009],
  ])('closes on %s', async (_, messages, code) => {
    const client = await open({ init: false });
    for (const message of messages) client.send(message);
    expect((await client.closed).code).toBe(code);
    const next = await open();
    expect((await next.request('{ hello }')).data.hello).toBe('hello you');
  });

  it('closes with 4408 who says nothing', async () => {
    await restart({ initTimeoutMs: 50 });
    expect((await (await open({ init: false })).closed).code).toBe(4408);
  });

  it.each([['graphql-ws'], [null]])('closes with 4406 on the subprotocol %s', async (protocol) => {
    expect((await (await open({ protocol, init: false })).closed).code).toBe(4406);
  });

  it('closes with 4409 on a duplicate id', async () => {
    const client = await open();
    client.subscribe(TICKS, {}, { id: 'same' });
    client.send(subscribeMessage('same'));
    expect((await client.closed).code).toBe(4409);
  });

  it('refuses an upgrade elsewhere than at /graphql', async () => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/chat`, 'graphql-transport-ws');
    const error = await new Promise<Error>((resolve) => socket.once('error', resolve));
    expect(error.message).toContain('404');
  });

  it('answers pings, before and after init, with their payload', async () => {
    const client = await open({ init: false });
    client.send({ type: 'ping', payload: { at: 1 } });
    expect(await client.messages.next()).toEqual({ type: 'pong', payload: { at: 1 } });
    client.send(init);
    client.send({ type: 'ping' });
    const both = [await client.messages.next(), await client.messages.next()];
    expect(both.map(({ type }) => type).sort()).toEqual(['connection_ack', 'pong']);
  });

  it('serves the client of graphql-ws', async () => {
    const client = createClient({ url: `${server.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket });
    const results = client.iterate({ query: TICKS });
    const stream = engine.nextStream();
    const first = results.next();
    (await stream).tick(1);
    expect((await first).value).toEqual({ data: { ticks: 1 } });
    await results.return?.();
    await expect.poll(() => engine.streams[0]?.isClosed).toBe(true);
    await client.dispose();
  });
});

describe('queries and mutations', () => {
  it('pass the gate, run as over HTTP, and carry the position', async () => {
    const client = await open({ connectionParams: { token: 'token-of-ann' } });
    expect(await client.request('{ viewerId }')).toEqual({ data: { viewerId: 'ann' }, extensions: { asOf: 'log_position' } });
    expect((await client.request('mutation { add(value: 7) }')).data).toEqual({ add: 1 });
  });

  it.each([
    ['{', 'GRAPHQL_PARSE_FAILED'],
    ['{ node '.repeat(10_000), 'GRAPHQL_PARSE_FAILED'],
    ['{ nope }', 'GRAPHQL_VALIDATION_FAILED'],
    ['subscription { ticks other }', 'GRAPHQL_VALIDATION_FAILED'],
    ['query ($n: Int!) { big(bytes: $n) }', 'BAD_USER_INPUT'],
    ['{ nodes(first: 100) { nodes(first: 100) { id } } }', 'OPERATION_TOO_LARGE'],
    ['{ even(value: 3) }', 'CURSOR_INVALID'],
    ['subscription { refused }', 'CURSOR_EXPIRED'],
  ])('refuses %.30s as an error message with %s', async (query, code) => {
    const client = await open();
    expect((await client.request(query)).errors).toMatchObject([{ extensions: { code } }]);
  });

  it('masks bugs with an id', async () => {
    const client = await open();
    const { errors } = await client.request('{ bug }');
    expect(errors[0].extensions).toEqual({ code: 'INTERNAL', id: expect.any(String) });
    expect(JSON.stringify(errors)).not.toContain('SELECT');
    expect(bugs.splice(0)).toHaveLength(1);
  });

  it('refuses more at once than one socket may have', async () => {
    await restart({ operationsPerSocket: 3 });
    const client = await open();
    const asked = [1, 2, 3, 4].map(() => client.subscribe('{ slow }'));
    expect(await asked[3]?.ended).toMatchObject({ kind: 'error', errors: [{ extensions: { code: 'RATE_LIMITED' } }] });
    engine.release();
    expect(await asked[0]?.ended).toEqual({ kind: 'complete' });
  });
});

describe('subscriptions', () => {
  it('deliver what the hub writes, in order, then complete', async () => {
    const client = await open();
    const opened = engine.nextStream();
    const ticks = client.subscribe(TICKS, {}, { id: 'an "id" with a \\ in it' });
    const stream = await opened;
    for (let value = 1; value <= 100; value += 1) stream.tick(value);
    stream.finish();
    expect(await ticks.ended).toEqual({ kind: 'complete' });
    expect(ticks.results.waiting.map(({ data }) => data.ticks)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
  });

  it('know the coerced variables apart from those sent', async () => {
    const client = await open();
    const opened = engine.nextStream();
    client.subscribe('subscription ($from: Int = 5) { ticks(from: $from) }');
    const { operation } = await opened;
    expect([operation.variables, operation.coercedVariables]).toEqual([{}, { from: 5 }]);
  });

  it('get nothing before they are open: what is written early waits', async () => {
    let openUp = () => {};
    engine.opening = new Promise((resolve) => {
      openUp = resolve;
    });
    const client = await open();
    const opened = engine.nextStream();
    const ticks = client.subscribe(TICKS);
    openUp();
    const stream = await opened;
    stream.tick('early');
    expect(await ticks.next()).toEqual({ data: { ticks: 'early' } });
  });

  it('leave the hub when the client completes, and nothing is written after', async () => {
    const client = await open();
    const opened = engine.nextStream();
    const ticks = client.subscribe(TICKS);
    const stream = await opened;
    ticks.complete();
    await expect.poll(() => stream.isClosed).toBe(true);
    stream.sink.write('{"data":{"ticks":13}}');
    await client.request('{ hello }');
    expect(ticks.results.waiting).toEqual([]);
  });

  it.each([
    ['the client completes', (client: WsClient) => client.send(completeMessage('1'))],
    ['the socket closes', (client: WsClient) => client.socket.terminate()],
  ])('leave the hub also when %s while they are being opened', async (_, stop) => {
    let openUp = () => {};
    engine.opening = new Promise((resolve) => {
      openUp = resolve;
    });
    const client = await open();
    client.subscribe(TICKS, {}, { id: '1' });
    await expect.poll(() => engine.asked).toBe(1);
    stop(client);
    if (client.socket.readyState === WebSocket.OPEN) await client.messages.until(pongAfterPing(client));
    else await expect.poll(() => server.socketCount).toBe(0);
    const opened = engine.nextStream();
    openUp();
    const stream = await opened;
    await expect.poll(() => stream.isClosed).toBe(true);
  });

  it('leave the hub when the socket is cut', async () => {
    const client = await open();
    const opened = engine.nextStream();
    client.subscribe(TICKS);
    const stream = await opened;
    client.tcp.destroy();
    await expect.poll(() => stream.isClosed).toBe(true);
  });

  it('may have the id of one just completed, in the same write', async () => {
    const client = await open();
    client.tcp.cork();
    client.send(subscribeMessage('1'));
    for (let round = 0; round < 5; round += 1) {
      client.send(completeMessage('1'));
      client.send(subscribeMessage('1'));
    }
    client.tcp.uncork();
    await expect.poll(() => engine.streams.filter(({ isClosed }) => !isClosed)).toHaveLength(1);
    engine.streams.at(-1)?.tick(42);
    const next = await client.messages.until(({ type }) => type === 'next');
    expect(next).toEqual([{ id: '1', type: 'next', payload: { data: { ticks: 42 } } }]);
    client.send(completeMessage('1'));
    await expect.poll(() => engine.streams.filter(({ isClosed }) => !isClosed)).toHaveLength(0);
  });

  it('are limited per socket, and there is room again after one completes', async () => {
    await restart({ subscriptionsPerSocket: 2 });
    const client = await open();
    const [first] = [client.subscribe(TICKS), client.subscribe(TICKS)];
    expect(await client.subscribe(TICKS).ended).toMatchObject({
      kind: 'error',
      errors: [{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS', subscriptionsPerSocket: 2 } }],
    });
    first?.complete();
    await expect.poll(() => engine.streams.filter(({ isClosed }) => isClosed)).toHaveLength(1);
    const opened = engine.nextStream();
    client.subscribe(TICKS);
    await opened;
  });
});

describe('slow and dead clients', () => {
  it('tell the hub how much is unsent, and when it is less again', async () => {
    await restart({ stalledSocketMs: 60_000 });
    const client = await open();
    const opened = engine.nextStream();
    const ticks = client.subscribe(TICKS);
    const { sink } = await opened;
    client.socket.pause();
    const payload = JSON.stringify({ data: { ticks: 'x'.repeat(100_000) } });
    let written = 0;
    while (sink.unsentBytes < 1_000_000 && written < 1_000) {
      for (let n = 0; n < 20; n += 1) sink.write(payload);
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
    await restart({ stalledSocketMs: 200 });
    const client = await open();
    const opened = engine.nextStream();
    client.subscribe(TICKS);
    const stream = await opened;
    client.socket.pause();
    for (let n = 0; n < 200; n += 1) stream.tick('x'.repeat(100_000));
    await expect.poll(() => server.socketCount, { timeout: 5_000 }).toBe(0);
    expect(stream.isClosed).toBe(true);
  });

  it('are cut when they ask for more than they read, whatever they ask for', async () => {
    await restart({ sendQueueLimitBytes: 100_000 });
    for (const message of [
      JSON.stringify({ type: 'ping', payload: { x: 'x'.repeat(900) } }),
      JSON.stringify({ id: '1', type: 'subscribe', payload: { query: '{ big(bytes: 50000) }' } }),
    ]) {
      const client = await open();
      client.socket.pause();
      await flood(client, (n) => message.replace('"1"', `"${n}"`));
      expect(server.socketCount).toBe(0);
    }
  });

  it('are cut when they flood with pings before init, or with pings of WebSocket itself', async () => {
    for (const ping of [(client: WsClient) => client.send({ type: 'ping' }), (client: WsClient) => client.socket.ping()]) {
      const client = await open({ init: false });
      client.socket.pause();
      for (let n = 0; server.socketCount > 0 && n < 2_000_000; n += 1) {
        ping(client);
        if (n % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      expect(server.socketCount).toBe(0);
    }
  });

  it('are cut when they do not answer a ping', async () => {
    await restart({ keepAliveMs: 50 });
    const answering = await open();
    const silent = await open();
    silent.socket.pause();
    await expect.poll(() => server.socketCount).toBe(1);
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
    ['a token from a foreign origin', { connectionParams: { token: 'token-of-bob' }, headers: { origin: FOREIGN, cookie } }, 'bob'],
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
    const headers = { ...options.headers, ...(options.headers?.origin === 'OWN' ? { origin: server.url } : {}) };
    if (typeof outcome === 'number') {
      const client = await open({ headers, init: false });
      client.send({ type: 'connection_init', payload: options.connectionParams });
      expect((await client.closed).code).toBe(outcome);
    } else {
      const client = await open({ ...options, headers });
      expect((await client.request('{ viewerId }')).data.viewerId).toBe(outcome);
    }
  });

  it('may have so many sockets, and again one after closing one', async () => {
    await restart({ socketsPerUser: 1 });
    const connectionParams = { token: 'token-of-ann' };
    const first = await open({ connectionParams });
    const second = await open({ init: false });
    second.send({ type: 'connection_init', payload: connectionParams });
    expect((await second.closed).code).toBe(1013);
    await first.close();
    await expect.poll(() => server.socketCount).toBe(0);
    await open({ connectionParams });
  });

  it('may open so many sockets from one address', async () => {
    await restart({ socketsPerAddress: 1 });
    await open();
    await expect(open()).rejects.toThrow('429');
  });

  it('hears SIGNED_OUT on every stream when the session ends, then 4401, also after signing out over the same socket', async () => {
    const connectionParams = { token: 'token-of-ann' };
    const [one, two, other] = [await open({ connectionParams }), await open({ connectionParams }), await open()];
    const ticks = [one, two].map((client) => client.subscribe(TICKS));
    await expect.poll(() => engine.streams).toHaveLength(2);
    expect(await one.request('mutation { signOut }')).toMatchObject({ data: { signOut: true } });
    for (const stream of ticks) {
      expect(await stream.ended).toEqual({ kind: 'complete' });
      expect(stream.results.waiting).toEqual([{ data: { ticks: 'SIGNED_OUT' } }]);
    }
    expect([(await one.closed).code, (await two.closed).code]).toEqual([4401, 4401]);
    expect((await other.request('{ hello }')).data.hello).toBe('hello you');
  });
});

describe('closing', () => {
  it('ends streams with SERVER_STOPPING, lets operations end, then closes with 1012', async () => {
    const client = await open();
    const ticks = client.subscribe(TICKS);
    const slow = client.request('{ slow }');
    await expect.poll(() => [engine.streams.length, engine.begun]).toEqual([1, 1]);
    const closed = server.close();
    expect(await ticks.ended).toEqual({ kind: 'complete' });
    expect(ticks.results.waiting).toEqual([{ data: { ticks: 'SERVER_STOPPING' } }]);
    await expect(open()).rejects.toThrow();
    engine.release();
    expect((await slow).data.slow).toBe('at last');
    expect((await client.closed).code).toBe(1012);
    await closed;
    expect(server.socketCount).toBe(0);
  });

  it('cuts what does not end within the drain', async () => {
    await restart({}, { drainMs: 100 });
    const client = await open();
    client.subscribe('{ slow }');
    await expect.poll(() => engine.begun).toBe(1);
    client.socket.pause();
    await server.close();
    expect(server.socketCount).toBe(0);
  });
});

/** Sends until the server has cut the socket. */
async function flood(client: WsClient, messageOf: (n: number) => string): Promise<void> {
  for (let n = 0; server.socketCount > 0 && n < 200_000; n += 1) {
    client.send(messageOf(n));
    if (n % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Sends a ping; fits its pong: what was sent before has been read by then. */
function pongAfterPing(client: WsClient) {
  client.send({ type: 'ping' });
  return ({ type }: { type: string }) => type === 'pong';
}
