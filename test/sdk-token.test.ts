/** The package client/sdk with a token that is refused while it works, and a function that has another one. */
import { Client, gql } from '@urql/core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createParley, type Parley, ParleyError, type ParleyOptions } from '../client/sdk/src/index.ts';
import { parleyExchange } from '../client/sdk/src/urql.ts';
import { goodPassword, newHandle, signInAs, signUp } from './support/account.ts';
import { createRoom, enterGuest, type Person, send } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

const wrongToken = 'parley_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcdefg';

let server: TestServer;
let writer: Person;
let roomId: string;

beforeAll(async () => {
  server = await startServer();
  writer = await enterGuest(server, 'Writer');
  roomId = await createRoom(writer, 'Keys');
});

afterAll(() => server[Symbol.asyncDispose]());

function open(token: ParleyOptions['token']): Parley {
  return createParley({ url: server.url, token, webSocketImpl: WebSocket, random: () => 0 });
}

const numbers = (count: number) => Array.from({ length: count }, (_, at) => `${at}`);

async function textsUntil(stream: AsyncIterable<{ message?: { text: string | null } | null }>, last: string) {
  const texts: string[] = [];
  for await (const { message } of stream) {
    texts.push(message?.text ?? '');
    if (message?.text === last) break;
  }
  return texts;
}

/** Somebody whose program has one session after the other: `change` makes the next, then ends the one in use. */
async function changing() {
  const member = await signUp(server, { displayName: 'Renewer' });
  let session: Person = member;
  return {
    member,
    get token() {
      return session.token;
    },
    async change() {
      session = await signInAs(server, member);
      await session.ask('mutation { revokeOtherSessions { sessionIds } }');
    },
  };
}

test('[C2] a token that is revoked under load, again and again, costs nothing where the function has another: no item, no send', {
  timeout: 60_000,
}, async () => {
  const someone = await changing();
  using parley = open(() => someone.token);
  const room = await createRoom(someone.member, 'Load');
  const { asOf } = await parley.query('{ asOf }');
  const reading = Promise.all([
    textsUntil(parley.messages({ roomId: room, after: asOf }), 'end'),
    textsUntil(parley.events({ after: asOf, filter: { kinds: ['MESSAGE_SENT'] } }) as never, 'end'),
  ]);
  let isChanging = true;
  let changes = 0;
  const changer = (async () => {
    while (isChanging) {
      await someone.change();
      changes += 1;
    }
  })();
  const texts = numbers(60);
  for (const text of texts) await parley.send({ roomId: room, text });
  isChanging = false;
  await changer;
  await parley.send({ roomId: room, text: 'end' });
  const [messages, events] = await reading;
  expect(messages).toEqual([...texts, 'end']);
  expect(events).toEqual([...texts, 'end']);
  expect(changes).toBeGreaterThan(3);
});

test('[C2] a stream whose session is revoked asks the function once more, and ends with the typed error where it has the same token, none, or no function is there', async () => {
  for (const [name, next] of [
    ['the same', (token: string) => () => token],
    ['none', (token: string) => (count: number) => (count === 1 ? token : null)],
    ['no function', null],
  ] as const) {
    const guest = await enterGuest(server, 'Leaver');
    let asked = 0;
    const give = next?.(guest.token);
    using parley = open(
      give
        ? () => {
            asked += 1;
            return give(asked);
          }
        : guest.token,
    );
    const stream = parley.messages({ roomId, checkpoints: true });
    await stream.next();
    const ended = (async () => {
      for await (const _ of stream);
    })().catch((error: unknown) => error);
    await guest.ask('mutation { signOut { signedOut } }');
    const error = await ended;
    expect(error, name).toBeInstanceOf(ParleyError);
    expect(['SIGNED_OUT', 'UNAUTHENTICATED'], name).toContain((error as ParleyError).code);
    expect(asked, name).toBe(next ? 2 : 0);
  }
});

test('[C2] a program that starts with a refused token, over HTTP and over the socket, goes on with the next one', async () => {
  const answering = [wrongToken, writer.token];
  using asks = open(() => answering.shift() ?? writer.token);
  expect((await asks.query('{ viewer { user { id } } }')).data).toEqual({ viewer: { user: { id: writer.id } } });
  const connecting = [wrongToken, writer.token];
  using reads = open(() => connecting.shift() ?? writer.token);
  const stream = reads.messages({ roomId, checkpoints: true });
  expect((await stream.next()).value?.kind).toBe('CHECKPOINT');
});

test('[C2] a function that has one refused token after the other is not asked for ever', async () => {
  let asked = 0;
  using parley = open(() => {
    asked += 1;
    return wrongToken.slice(0, -3) + String(100 + asked);
  });
  await expect(parley.query('{ viewer { user { id } } }')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await expect(parley.messages({ roomId }).next()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(asked).toBeLessThan(20);
});

test('[C6] a send whose token could not be had is repeated under its key, and a query waits no longer than its signal', async () => {
  let failures = 2;
  using parley = open(() => {
    failures -= 1;
    if (failures >= 0) throw new TypeError('the vault is away');
    return writer.token;
  });
  const { message } = await parley.send({ roomId, text: 'with the third token' });
  expect(message?.text).toBe('with the third token');
  expect(failures).toBe(-1);
  using stuck = open(() => new Promise(() => {}));
  const controller = new AbortController();
  const asking = stuck.query('{ asOf }', {}, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(asking).rejects.toThrow('enough');
});

test('[C2] a guest who signs up goes on under the token of the account, with the streams where they were', async () => {
  const guest = await enterGuest(server, 'Newcomer');
  let token = guest.token;
  using parley = open(() => token);
  const { asOf } = await parley.query('{ asOf }');
  const stream = parley.messages({ roomId, after: asOf, checkpoints: true });
  await stream.next();
  await send(writer, roomId, 'before');
  const { data } = await parley.mutate<{ signUp: { token: string } }, object>(
    'mutation ($handle: String!, $password: String!) { signUp(input: { handle: $handle, password: $password, credential: TOKEN }) { token errors { code } } }',
    { handle: newHandle('newcomer'), password: goodPassword },
  );
  token = data.signUp.token;
  await send(writer, roomId, 'behind');
  const texts: unknown[] = [];
  for await (const { message } of stream) {
    if (message) texts.push(message.text);
    if (message?.text === 'behind') break;
  }
  expect(texts).toEqual(['before', 'behind']);
  expect((await parley.query('{ viewer { user { id } } }')).data).toEqual({ viewer: { user: { id: guest.id } } });
});

test('[C2] a subscription of urql goes on under the next token after its session was revoked', async () => {
  const someone = await changing();
  using parley = open(() => someone.token);
  const client = new Client({
    url: `${server.url}/graphql`,
    preferGetMethod: false,
    exchanges: [parleyExchange({ parley })],
  });
  const document = gql`
    subscription ($roomId: ID!, $after: Cursor) {
      messages(roomId: $roomId, after: $after) { kind cursor message { id text } end { code } }
    }
  `;
  const texts: string[] = [];
  const errors: unknown[] = [];
  let items = 0;
  const { unsubscribe } = client.subscription(document, { roomId, after: null }).subscribe(({ data, error }) => {
    items += 1;
    if (error) errors.push(error);
    if (data?.messages.message) texts.push(data.messages.message.text);
  });
  await vi.waitFor(() => expect(items).toBeGreaterThan(0));
  for (const text of numbers(5)) {
    await send(writer, roomId, text);
    await someone.change();
  }
  await send(writer, roomId, 'end');
  await vi.waitFor(() => expect(texts.at(-1)).toBe('end'), { timeout: 10_000 });
  unsubscribe();
  expect(texts).toEqual([...numbers(5), 'end']);
  expect(errors).toEqual([]);
});

test('a token out of a file that ends with the end of a line is the token, on sockets as over HTTP', async () => {
  for (const token of [`${writer.token}\n`, async () => `${writer.token}\r\n`]) {
    using parley = open(token);
    const { asOf } = await parley.query('{ asOf }');
    const reading = textsUntil(parley.messages({ roomId, after: asOf }), 'by a file');
    await parley.send({ roomId, text: 'by a file' });
    expect(await reading).toEqual(['by a file']);
  }
});
