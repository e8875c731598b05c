/** The package client/sdk where a program closes it, or goes on to use what it had given. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, gql } from '@urql/core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createParley, type Parley, type ParleyOptions } from '../client/sdk/src/index.ts';
import { parleyExchange } from '../client/sdk/src/urql.ts';
import { createRoom, enterGuest, type Person, send } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';
import { startWireProxy, type WireProxy } from './support/wire-proxy.ts';

let server: TestServer;
let proxy: WireProxy;
let person: Person;

beforeAll(async () => {
  server = await startServer();
  proxy = await startWireProxy(server);
  person = await enterGuest(server, 'Closer');
});

afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function open(options: Partial<ParleyOptions> = {}): Parley {
  return createParley({ url: proxy.url, token: person.token, webSocketImpl: WebSocket, random: () => 0, ...options });
}

test('[C7] close ends a subscription of urql too, and it opens no connection any more', async () => {
  const waits: (() => void)[] = [];
  const clock = {
    now: () => performance.now(),
    later(_: number, callback: () => void) {
      waits.push(callback);
      return () => {
        waits.splice(waits.indexOf(callback), 1);
      };
    },
  };
  const parley = open({ clock });
  const client = new Client({ url: 'unused', preferGetMethod: false, exchanges: [parleyExchange({ parley })] });
  const roomId = await createRoom(person, 'Closed');
  const document = gql`
    subscription ($roomId: ID!, $after: Cursor) {
      messages(roomId: $roomId, after: $after) { kind cursor }
    }
  `;
  const results: unknown[] = [];
  client.subscription(document, { roomId, after: null }).subscribe((result) => results.push(result.error ?? 'item'));
  await vi.waitFor(() => expect(results.length).toBeGreaterThan(0));
  parley.close();
  await vi.waitFor(() => expect(proxy.open).toBe(0));
  const { connections } = proxy;
  // What waits to try again would do it now.
  for (const callback of [...waits]) callback();
  await person.ask('{ asOf }');
  expect(waits).toEqual([]);
  expect(proxy.connections).toBe(connections);
  expect(results.filter((result) => result !== 'item')).toEqual([]);
});

test('[C7] close ends what waits to be repeated, with CLOSED, and leaves no timer', async () => {
  let asked = 0;
  const away = createServer((_, response) => {
    asked += 1;
    response.writeHead(503).end();
  });
  await new Promise<void>((resolve) => away.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(away.address() as AddressInfo).port}`;
  let timers = 0;
  const clock = {
    now: () => 0,
    later: () => {
      timers += 1;
      return () => {
        timers -= 1;
      };
    },
  };
  const parley = open({ url, clock });
  const ends = Promise.allSettled([parley.send({ roomId: 'room_1', text: 'hi' }), parley.query('{ asOf }')]);
  await vi.waitFor(() => expect([asked, timers]).toEqual([2, 2]));
  parley.close();
  expect(await ends).toMatchObject([{ reason: { code: 'CLOSED' } }, { reason: { code: 'CLOSED' } }]);
  expect(timers).toBe(0);
  away.closeAllConnections();
  await new Promise((resolve) => away.close(resolve));
});

test('[C1] a filter that the program changes later is that of the beginning for the whole stream, also after a cut', async () => {
  const heard = await createRoom(person, 'Heard');
  const unheard = await createRoom(person, 'Unheard');
  using parley = open();
  const filter = { kinds: ['MESSAGE_SENT' as const], roomIds: [heard] };
  const { asOf } = await parley.query('{ asOf }');
  const stream = parley.events({ after: asOf, filter });
  filter.roomIds[0] = unheard;
  await send(person, heard, 'first');
  const text = async () => {
    const { value } = await stream.next();
    return value?.__typename === 'MessageSent' ? value.message.text : null;
  };
  expect(await text()).toBe('first');
  proxy.cut('reset');
  await send(person, unheard, 'beside');
  await send(person, heard, 'second');
  expect(await text()).toBe('second');
});

test('[W9] a send that says whose it is, is not written under the token of somebody else', async () => {
  const other = await enterGuest(server, 'Other');
  const roomId = await createRoom(person, 'Whose');
  using parley = open({ token: other.token });
  await expect(parley.send({ roomId, text: 'mine', asUserId: person.id })).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  });
  using own = open();
  expect((await own.send({ roomId, text: 'mine', asUserId: person.id })).message?.author?.id).toBe(person.id);
});

test('[C7] what was refused for its token is not sent again behind close, although there is another token by then', async () => {
  let asked = 0;
  const refusing = createServer((_, response) => {
    asked += 1;
    response.writeHead(401, { 'content-type': 'application/graphql-response+json' });
    response.end(JSON.stringify({ errors: [{ message: 'no', extensions: { code: 'UNAUTHENTICATED' } }] }));
  });
  await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`;
  let given = 0;
  const parley = open({
    url,
    token: async () => {
      given += 1;
      // The second one is asked for after the refusal, and comes when the program is gone.
      if (given === 2) parley.close();
      return `token ${given}`;
    },
  });
  await expect(parley.send({ roomId: 'room_1', text: 'hi' })).rejects.toMatchObject({ code: 'CLOSED' });
  expect([asked, given]).toEqual([1, 2]);
  refusing.closeAllConnections();
  await new Promise((resolve) => refusing.close(resolve));
});
