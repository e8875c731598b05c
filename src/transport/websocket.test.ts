import { createClient } from 'graphql-ws';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { transportFixture } from '../../test/support/transport.ts';
import type { WsClient } from '../../test/support/ws-client.ts';

const TICKS = 'subscription { ticks }';
const fixture = transportFixture();

const init = JSON.stringify({ type: 'connection_init' });
const subscribeMessage = (id: string) => JSON.stringify({ id, type: 'subscribe', payload: { query: TICKS } });
const completeMessage = (id: string) => JSON.stringify({ id, type: 'complete' });

describe('the protocol', () => {
  it.each([
    ['malformed JSON', ['{"type"'], 4400],
    ['JSON that is no message', ['7'], 4400],
    ['an unknown type', ['{"type":"start"}'], 4400],
    ['a type that servers send', [init, '{"id":"1","type":"next","payload":{}}'], 4400],
    ['a subscribe without a query', [init, '{"id":"1","type":"subscribe","payload":{}}'], 4400],
    ['a binary message', [Buffer.from(init)], 4400],
    ['an over-long id', [init, subscribeMessage('x'.repeat(129))], 4400],
    [
      'a ping with a payload over the limit',
      [JSON.stringify({ type: 'ping', payload: { x: 'x'.repeat(2_000) } })],
      4400,
    ],
    [
      '10,000 nested brackets in a ping',
      [`{"type":"ping","payload":{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}}`],
      4400,
    ],
    ['10,000 nested brackets that never close', ['['.repeat(10_000)], 4400],
    ['a subscribe without init', [subscribeMessage('1')], 4401],
    ['two inits', [init, init], 4429],
    ['a message over the size limit', ['x'.repeat(200_000)], 1009],
  ])('closes on %s', async (_, messages, code) => {
    const client = await fixture.open({ init: false });
    for (const message of messages) client.send(message);
    expect((await client.closed).code).toBe(code);
    const next = await fixture.open();
    expect((await next.request('{ hello }')).data.hello).toBe('hello you');
  });

  it('closes with 4408 who says nothing', async () => {
    await fixture.restart({ initTimeoutMs: 50 });
    expect((await (await fixture.open({ init: false })).closed).code).toBe(4408);
  });

  it.each([['graphql-ws'], [null]])('closes with 4406 on the subprotocol %s', async (protocol) => {
    expect((await (await fixture.open({ protocol, init: false })).closed).code).toBe(4406);
  });

  it('closes with 4409 on a duplicate id', async () => {
    const client = await fixture.open();
    client.subscribe(TICKS, {}, { id: 'same' });
    client.send(subscribeMessage('same'));
    expect((await client.closed).code).toBe(4409);
  });

  it('refuses an upgrade elsewhere than at /graphql', async () => {
    const socket = new WebSocket(`${fixture.server.url.replace('http', 'ws')}/chat`, 'graphql-transport-ws');
    const error = await new Promise<Error>((resolve) => socket.once('error', resolve));
    expect(error.message).toContain('404');
  });

  it('answers pings, before and after init, with their payload', async () => {
    const client = await fixture.open({ init: false });
    client.send({ type: 'ping', payload: { at: 1 } });
    expect(await client.messages.next()).toEqual({ type: 'pong', payload: { at: 1 } });
    client.send(init);
    client.send({ type: 'ping' });
    const both = [await client.messages.next(), await client.messages.next()];
    expect(both.map(({ type }) => type).sort()).toEqual(['connection_ack', 'pong']);
  });

  it('serves the client of graphql-ws', async () => {
    const client = createClient({
      url: `${fixture.server.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
    });
    const results = client.iterate({ query: TICKS });
    const stream = fixture.engine.nextStream();
    const first = results.next();
    (await stream).tick(1);
    expect((await first).value).toEqual({ data: { ticks: 1 } });
    await results.return?.();
    await expect.poll(() => fixture.engine.streams[0]?.isClosed).toBe(true);
    await client.dispose();
  });
});

describe('queries and mutations', () => {
  it('pass the gate, run as over HTTP, and carry the position', async () => {
    const client = await fixture.open({ connectionParams: { token: 'token-of-ann' } });
    expect(await client.request('{ viewerId }')).toEqual({
      data: { viewerId: 'ann' },
      extensions: { asOf: 'log_position' },
    });
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
    const client = await fixture.open();
    expect((await client.request(query)).errors).toMatchObject([{ extensions: { code } }]);
  });

  it('masks bugs with an id', async () => {
    const client = await fixture.open();
    const { errors } = await client.request('{ bug }');
    expect(errors[0].extensions).toEqual({ code: 'INTERNAL', id: expect.any(String) });
    expect(JSON.stringify(errors)).not.toContain('SELECT');
    expect(fixture.bugs.splice(0)).toHaveLength(1);
  });

  it('refuses more at once than one socket may have', async () => {
    await fixture.restart({ operationsPerSocket: 3 });
    const client = await fixture.open();
    const asked = [1, 2, 3, 4].map(() => client.subscribe('{ slow }'));
    expect(await asked[3]?.ended).toMatchObject({ kind: 'error', errors: [{ extensions: { code: 'RATE_LIMITED' } }] });
    fixture.engine.release();
    expect(await asked[0]?.ended).toEqual({ kind: 'complete' });
  });
});

describe('subscriptions', () => {
  it('deliver what the hub writes, in order, then complete', async () => {
    const client = await fixture.open();
    const opened = fixture.engine.nextStream();
    const ticks = client.subscribe(TICKS, {}, { id: 'an "id" with a \\ in it' });
    const stream = await opened;
    for (let value = 1; value <= 100; value += 1) stream.tick(value);
    stream.finish();
    expect(await ticks.ended).toEqual({ kind: 'complete' });
    expect(ticks.results.waiting.map(({ data }) => data.ticks)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
  });

  it('go out at the end of the turn, together', async () => {
    const client = await fixture.open();
    const opened = fixture.engine.nextStream();
    client.subscribe(TICKS);
    const { sink } = await opened;
    await new Promise((resolve) => setTimeout(resolve));
    expect(sink.unsentBytes).toBe(0);
    for (let n = 0; n < 10; n += 1) sink.write([{ payload: '{"data":{"ticks":"ä"}}', mark: null }]);
    const frame = '{"id":"1","type":"next","payload":{"data":{"ticks":"ä"}}}';
    expect(sink.unsentBytes).toBe(10 * (2 + Buffer.byteLength(frame)));
    await expect.poll(() => sink.unsentBytes).toBe(0);
  });

  it('know the coerced variables apart from those sent', async () => {
    const client = await fixture.open();
    const opened = fixture.engine.nextStream();
    client.subscribe('subscription ($from: Int = 5) { ticks(from: $from) }');
    const { operation } = await opened;
    expect([operation.variables, operation.coercedVariables]).toEqual([{}, { from: 5 }]);
  });

  it('get nothing before they are open: what is written early waits', async () => {
    let openUp = () => {};
    fixture.engine.opening = new Promise((resolve) => {
      openUp = resolve;
    });
    const client = await fixture.open();
    const opened = fixture.engine.nextStream();
    const ticks = client.subscribe(TICKS);
    openUp();
    const stream = await opened;
    stream.tick('early');
    expect(await ticks.next()).toEqual({ data: { ticks: 'early' } });
  });

  it('leave the hub when the client completes, and nothing is written after', async () => {
    const client = await fixture.open();
    const opened = fixture.engine.nextStream();
    const ticks = client.subscribe(TICKS);
    const stream = await opened;
    ticks.complete();
    await expect.poll(() => stream.isClosed).toBe(true);
    stream.sink.write([{ payload: '{"data":{"ticks":13}}', mark: null }]);
    await client.request('{ hello }');
    expect(ticks.results.waiting).toEqual([]);
  });

  it.each([
    ['the client completes', (client: WsClient) => client.send(completeMessage('1'))],
    ['the socket closes', (client: WsClient) => client.socket.terminate()],
  ])('leave the hub also when %s while they are being opened', async (_, stop) => {
    let openUp = () => {};
    fixture.engine.opening = new Promise((resolve) => {
      openUp = resolve;
    });
    const client = await fixture.open();
    client.subscribe(TICKS, {}, { id: '1' });
    await expect.poll(() => fixture.engine.asked).toBe(1);
    stop(client);
    if (client.socket.readyState === WebSocket.OPEN) await client.messages.until(pongAfterPing(client));
    else await expect.poll(() => fixture.server.socketCount).toBe(0);
    const opened = fixture.engine.nextStream();
    openUp();
    const stream = await opened;
    await expect.poll(() => stream.isClosed).toBe(true);
  });

  it('leave the hub when the socket is cut', async () => {
    const client = await fixture.open();
    const opened = fixture.engine.nextStream();
    client.subscribe(TICKS);
    const stream = await opened;
    client.tcp.destroy();
    await expect.poll(() => stream.isClosed).toBe(true);
  });

  it('may have the id of one just completed, in the same write', async () => {
    const client = await fixture.open();
    client.tcp.cork();
    client.send(subscribeMessage('1'));
    for (let round = 0; round < 5; round += 1) {
      client.send(completeMessage('1'));
      client.send(subscribeMessage('1'));
    }
    client.tcp.uncork();
    await expect.poll(() => fixture.engine.streams.filter(({ isClosed }) => !isClosed)).toHaveLength(1);
    fixture.engine.streams.at(-1)?.tick(42);
    const next = await client.messages.until(({ type }) => type === 'next');
    expect(next).toEqual([{ id: '1', type: 'next', payload: { data: { ticks: 42 } } }]);
    client.send(completeMessage('1'));
    await expect.poll(() => fixture.engine.streams.filter(({ isClosed }) => !isClosed)).toHaveLength(0);
  });

  it('are limited per socket, and there is room again after one completes', async () => {
    await fixture.restart({ subscriptionsPerSocket: 2 });
    const client = await fixture.open();
    const [first] = [client.subscribe(TICKS), client.subscribe(TICKS)];
    expect(await client.subscribe(TICKS).ended).toMatchObject({
      kind: 'error',
      errors: [{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS', subscriptionsPerSocket: 2 } }],
    });
    first?.complete();
    await expect.poll(() => fixture.engine.streams.filter(({ isClosed }) => isClosed)).toHaveLength(1);
    const opened = fixture.engine.nextStream();
    client.subscribe(TICKS);
    await opened;
  });
});

/** Sends a ping; fits its pong: what was sent before has been read by then. */
function pongAfterPing(client: WsClient) {
  client.send({ type: 'ping' });
  return ({ type }: { type: string }) => type === 'pong';
}
