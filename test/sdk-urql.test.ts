/** What the package gives to urql: the exchange, and what a normalising cache has to know. */
import { Client, fetchExchange, gql } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { keys, possibleTypes, schema } from '../client/sdk/src/generated/graphcache.ts';
import { createParley } from '../client/sdk/src/index.ts';
import { parleyExchange } from '../client/sdk/src/urql.ts';
import { createRoom, enterGuest, type Person, send } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';
import { startWireProxy } from './support/wire-proxy.ts';

let server: TestServer;
let person: Person;
let roomId: string;

beforeAll(async () => {
  server = await startServer();
  person = await enterGuest(server, 'Reader');
  roomId = await createRoom(person, 'Urql');
});

afterAll(() => server[Symbol.asyncDispose]());

const subscription = gql`
  subscription ($roomId: ID!, $after: Cursor) {
    messages(roomId: $roomId, after: $after) { kind cursor message { id text } }
  }
`;

test('[C1] a subscription of urql goes on from its newest cursor through 50 cuts', { timeout: 60_000 }, async () => {
  await using proxy = await startWireProxy(server);
  using parley = createParley({ url: proxy.url, token: person.token, webSocketImpl: WebSocket, random: () => 0 });
  const client = new Client({
    url: `${server.url}/graphql`,
    preferGetMethod: false,
    exchanges: [parleyExchange({ parley })],
  });
  const texts: string[] = [];
  let items = 0;
  const { unsubscribe } = client.subscription(subscription, { roomId, after: null }).subscribe(({ data, error }) => {
    expect(error).toBeUndefined();
    items += 1;
    if (data?.messages.message) texts.push(data.messages.message.text);
  });
  await vi.waitFor(() => expect(items).toBe(1));
  for (let cut = 0; cut < 50; cut += 1) {
    await send(person, roomId, `${cut}`);
    if (cut % 3 > 0) await vi.waitFor(() => expect(texts.at(-1)).toBe(`${cut}`), { interval: 5, timeout: 10_000 });
    proxy.cut('reset');
  }
  await send(person, roomId, 'end');
  await vi.waitFor(() => expect(texts.at(-1)).toBe('end'), { timeout: 10_000 });
  unsubscribe();
  expect(texts).toEqual([...Array.from({ length: 50 }, (_, at) => `${at}`), 'end']);
  expect(proxy.connections).toBeGreaterThan(30);
});

test('[C2] a subscription of urql that cannot go on says why in its error', async () => {
  using parley = createParley({ url: server.url, token: person.token, webSocketImpl: WebSocket });
  const client = new Client({ url: 'unused', preferGetMethod: false, exchanges: [parleyExchange({ parley })] });
  const variables = { roomId, after: 'nonsense' };
  const error = await new Promise((resolve) => {
    client.subscription(subscription, variables).subscribe((result) => resolve(result.error));
  });
  expect(error).toMatchObject({ graphQLErrors: [{ extensions: { code: 'CURSOR_INVALID', reason: 'DAMAGED' } }] });
});

test('a cache with the generated keys and schema keeps the events behind their interface, without a warning', async () => {
  const warn = vi.spyOn(console, 'warn');
  const events = gql`
    query {
      events(first: 50) {
        nodes { __typename cursor room { id name } ... on MessageSent { message { id text ... on Node { id } } } }
        endCursor
      }
      server { limits { messageTextCodePoints } }
    }
  `;
  await send(person, roomId, 'cached');
  const client = new Client({
    url: `${server.url}/graphql`,
    preferGetMethod: false,
    fetchOptions: { headers: { authorization: `Bearer ${person.token}` } },
    exchanges: [cacheExchange({ keys, schema }), fetchExchange],
  });
  const { data: fetched } = await client.query(events, {}).toPromise();
  const { data: cached } = await client.query(events, {}, { requestPolicy: 'cache-only' }).toPromise();
  expect(fetched.events.nodes.length).toBeGreaterThan(0);
  expect(cached).toEqual(fetched);
  expect(warn.mock.calls).toEqual([]);
  expect(possibleTypes.Event).toContain('MessageSent');
});
