import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { defaultTransportSettings } from '../src/transport/settings.ts';
import { send } from './support/person.ts';
import { startServer } from './support/server.ts';
import { expectNoLeak, startWorld, type World } from './support/world.ts';
import { type ConnectOptions, connect, type WsClient } from './support/ws-client.ts';

let world: World;
let before: Record<string, string>;
let clients: WsClient[];

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

beforeEach(async () => {
  clients = [];
  before = await world.content();
});

/** Whatever was done to a socket: no row has changed, and a new one is served. */
afterEach(async () => {
  expect(await world.content()).toEqual(before);
  await using next = await world.ann.connect();
  const stream = next.subscribe('subscription ($id: ID!) { messages(roomId: $id) { kind } }', { id: world.roomId });
  await stream.next();
  expect((await send(world.ann, world.roomId, 'still here')).errors).toEqual([]);
  await stream.until(({ data }) => data.messages.kind === 'SENT');
  for (const client of clients) client.socket.terminate();
  expect(world.bugs).toEqual([]);
});

async function open(options: ConnectOptions = {}): Promise<WsClient> {
  const client = await connect(world.server.url, options);
  clients.push(client);
  return client;
}

const signIn = () => open({ connectionParams: { token: world.ann.token } });

const init = '{"type":"connection_init"}';
const nested = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
const events = 'subscription { events { cursor } }';
const subscribeMessage = (id: string, query = events) => JSON.stringify({ id, type: 'subscribe', payload: { query } });
const sendMessage = () =>
  JSON.stringify({
    id: 'send',
    type: 'subscribe',
    payload: {
      query: 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { errors { code } } }',
      variables: { input: { roomId: world.roomId, text: 'never' } },
    },
  });

describe('messages that are not of the protocol', () => {
  it.each<[string, () => (string | Buffer)[], number]>([
    ['malformed JSON', () => ['{"type"'], 4400],
    ['JSON that is no message', () => ['7'], 4400],
    ['null', () => ['null'], 4400],
    ['nothing', () => [''], 4400],
    ['an unknown type', () => ['{"type":"start"}'], 4400],
    ['a type that servers send', () => [init, '{"id":"1","type":"next","payload":{}}'], 4400],
    ['a batch of messages', () => [`[${init},${init}]`], 4400],
    ['a binary message', () => [Buffer.from(init)], 4400],
    ['a subscribe without an id', () => [init, '{"type":"subscribe","payload":{"query":"{ asOf }"}}'], 4400],
    [
      'a subscribe with a number for an id',
      () => [init, '{"id":1,"type":"subscribe","payload":{"query":"{ asOf }"}}'],
      4400,
    ],
    ['a subscribe without a query', () => [init, '{"id":"1","type":"subscribe","payload":{}}'], 4400],
    ['a batch of operations', () => [init, '{"id":"1","type":"subscribe","payload":[{"query":"{ asOf }"}]}'], 4400],
    [
      'variables that are a list',
      () => [init, '{"id":"1","type":"subscribe","payload":{"query":"{ asOf }","variables":[]}}'],
      4400,
    ],
    ['an over-long id', () => [init, subscribeMessage('x'.repeat(129))], 4400],
    ['10,000 nested brackets', () => [nested], 4400],
    ['10,000 brackets that never close', () => ['['.repeat(10_000)], 4400],
    ['10,000 nested brackets in a ping', () => [`{"type":"ping","payload":{"a":${nested}}}`], 4400],
    ['a mutation without init', () => [sendMessage()], 4401],
    ['a subscription without init', () => [subscribeMessage('1')], 4401],
    ['two inits', () => [init, init], 4429],
    ['a message over the limit', () => [init, subscribeMessage('1', `{ asOf } #${'x'.repeat(200_000)}`)], 1009],
  ])('[E2] [E3] closes on %s', async (_, messages, code) => {
    const client = await open({ init: false });
    for (const message of messages()) client.send(message);
    const closed = await client.closed;
    expect(closed.code).toBe(code);
    expectNoLeak(closed.reason);
  });

  it.each<[string, number[], number]>([
    ['bytes that are no UTF-8', [0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe], 1007],
    ['a frame that is not masked', [0x81, 0x02, 0x7b, 0x7d], 1002],
    ['an unknown opcode', [0x83, 0x80, 0, 0, 0, 0], 1002],
    ['a reserved bit', [0xc1, 0x80, 0, 0, 0, 0], 1002],
    ['a frame that says it is longer than memory', [0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 1009],
  ])('[E2] closes on a frame with %s', async (_, bytes, code) => {
    const client = await signIn();
    client.tcp.write(Buffer.from(bytes));
    expect((await client.closed).code).toBe(code);
  });

  it.each([['graphql-ws'], ['chat'], [null]])(
    '[E3] closes with 4406, or refuses, the subprotocol %s',
    async (protocol) => {
      const outcome = await connect(world.server.url, { protocol, init: false }).then(
        async (client) => (await client.closed).code,
        (error: Error) => error.message,
      );
      expect([4406, 'Server sent no subprotocol']).toContain(outcome);
    },
  );

  it('[E2] closes with 4408 who says nothing', async () => {
    await using hasty = await startServer({
      database: world.server.database,
      transport: { socket: { ...defaultTransportSettings.socket, initTimeoutMs: 50 } },
    });
    const client = await connect(hasty.url, { init: false });
    expect((await client.closed).code).toBe(4408);
  });

  it('[E2] closes with 4409 on a duplicate id, and ends the operations of that socket alone', async () => {
    const other = await signIn();
    const stream = other.subscribe(events);
    await stream.next();
    const client = await signIn();
    await client.subscribe(events, {}, { id: 'same' }).next();
    client.send(subscribeMessage('same'));
    expect((await client.closed).code).toBe(4409);
    expect((await other.request('{ asOf }')).data.asOf).toMatch(/^log_/);
  });

  it('[E2] does nothing with what comes behind a bad message', async () => {
    const client = await signIn();
    client.tcp.cork();
    client.send('{');
    client.send(sendMessage());
    client.tcp.uncork();
    expect((await client.closed).code).toBe(4400);
  });

  it('[E2] survives a socket that is cut in the middle of a frame', async () => {
    const client = await signIn();
    await new Promise<void>((resolve) => client.tcp.write(Buffer.from([0x81, 0xfe, 0x01]), () => resolve()));
    client.tcp.destroy();
    expect((await client.closed).code).toBe(1006);
  });

  it('[E3] refuses an upgrade elsewhere', async () => {
    const socket = new WebSocket(`${world.server.url.replace('http', 'ws')}/elsewhere`, 'graphql-transport-ws');
    const error = await new Promise<Error>((resolve) => socket.once('error', resolve));
    expect(error.message).toContain('404');
  });
});

describe('subscriptions that are refused', () => {
  it.each<[string, string, string]>([
    ['two root fields', 'subscription { events { cursor } other: events { cursor } }', 'GRAPHQL_VALIDATION_FAILED'],
    [
      'two different root fields',
      'subscription { events { cursor } typing(roomId: "x") { count } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['introspection beside its field', 'subscription { events { cursor } __typename }', 'GRAPHQL_VALIDATION_FAILED'],
    ['introspection alone', 'subscription { __typename }', 'GRAPHQL_VALIDATION_FAILED'],
    ['no field of ours', 'subscription { everything }', 'GRAPHQL_VALIDATION_FAILED'],
    ['no argument', 'subscription { typing { count } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a document that ends early', 'subscription { events {', 'GRAPHQL_PARSE_FAILED'],
    [
      'too deep a selection',
      `subscription { events { room ${'{ members { nodes { room '.repeat(5)} { id } ${'} } }'.repeat(5)} } }`,
      'OPERATION_TOO_LARGE',
    ],
  ])('[E1] [E2] with %s have an error, and the other operations of the socket go on', async (_, query, code) => {
    const client = await signIn();
    const good = client.subscribe(events);
    await good.next();
    const refused = client.subscribe(query);
    const outcome = await refused.ended;
    const codes = outcome.kind === 'error' ? outcome.errors.map(({ extensions }) => extensions?.code) : [];
    expect([...new Set(codes)]).toEqual([code]);
    expectNoLeak(JSON.stringify(outcome));
    expect((await client.request('{ asOf }')).data.asOf).toMatch(/^log_/);
    good.complete();
    expect(await client.request('{ viewer { user { displayName } } }')).toMatchObject({
      data: { viewer: { user: { displayName: 'Ann' } } },
    });
  });
});
