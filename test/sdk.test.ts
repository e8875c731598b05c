/** The package client/sdk against a real server, through a network that breaks. */
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type Clock, realClock } from '../client/sdk/src/clock.ts';
import { createParley, type Parley, ParleyError, type ParleyOptions } from '../client/sdk/src/index.ts';
import { defaultTransportSettings } from '../src/transport/settings.ts';
import { createRoom, enterGuest, joinRoom, type Person, send } from './support/person.ts';
import { ServerHome } from './support/process.ts';
import { newSeed, seededRandom } from './support/random.ts';
import { startServer, type TestServer } from './support/server.ts';
import { startWireProxy, type WireProxy } from './support/wire-proxy.ts';

let server: TestServer;
let proxy: WireProxy;
let person: Person;
let roomId: string;

beforeAll(async () => {
  server = await startServer();
  proxy = await startWireProxy(server);
  person = await enterGuest(server, 'Reader');
  roomId = await createRoom(person, 'Wire');
});

afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** Quick retries: tests wait for events, not for the patience that a network needs. */
function open(options: Partial<ParleyOptions> = {}): Parley {
  return createParley({
    url: proxy.url,
    token: person.token,
    webSocketImpl: WebSocket,
    random: () => Math.random() / 10,
    ...options,
  });
}

/** Waits a tenth of what is asked. */
const hasty: Clock = { now: realClock.now, later: (ms, callback) => realClock.later(ms / 10, callback) };

/** Texts of a stream of messages up to and with the one given. */
async function textsUntil(stream: AsyncIterable<{ message?: { text: string | null } | null }>, last: string) {
  const texts: string[] = [];
  for await (const { message } of stream) {
    texts.push(message?.text ?? '');
    if (message?.text === last) break;
  }
  return texts;
}

/** Reads to the end; the code of the error there. */
async function endOf(stream: AsyncIterable<unknown>): Promise<string | null> {
  try {
    for await (const _ of stream);
    return null;
  } catch (error) {
    return error instanceof ParleyError ? error.code : String(error);
  }
}

const numbers = (count: number, prefix = '') => Array.from({ length: count }, (_, at) => `${prefix}${at}`);

/** The place of now. */
async function here(parley: Parley): Promise<string> {
  const { asOf } = await parley.query('{ asOf }');
  if (asOf === null) throw new Error('no asOf');
  return asOf;
}

test('[C1] events and messages go on where they were through 200 random cuts, with nothing missed or repeated', {
  timeout: 180_000,
}, async () => {
  const seed = newSeed();
  console.log(`seed ${seed}`);
  const random = seededRandom(seed);
  using parley = open();
  const after = await here(parley);
  const reading = Promise.all([
    textsUntil(parley.messages({ roomId, after }), 'cut end'),
    textsUntil(parley.events({ after, filter: { kinds: ['MESSAGE_SENT'] } }) as never, 'cut end'),
  ]);
  const forgetful = createClient({
    url: `${proxy.url.replace('http', 'ws')}/graphql`,
    connectionParams: { token: person.token },
    webSocketImpl: WebSocket,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 5)),
  });
  const control: unknown[] = [];
  const query =
    'subscription ($roomId: ID!, $after: Cursor) { messages(roomId: $roomId, after: $after) { message { id } } }';
  const stopControl = forgetful.subscribe<{ messages: { message: { id: string } | null } }>(
    { query, variables: { roomId, after } },
    { next: ({ data }) => control.push(data?.messages.message?.id), error() {}, complete() {} },
  );
  const sent: string[] = [];
  for (let cut = 0; cut < 200; cut += 1) {
    const count = Math.floor(random() * 4);
    for (let at = 0; at < count; at += 1) {
      sent.push(`cut ${cut}.${at}`);
      await send(person, roomId, `cut ${cut}.${at}`);
    }
    await new Promise((resolve) => setTimeout(resolve, random() * 60));
    proxy.cut(random() < 0.5 ? 'reset' : 'end');
  }
  await send(person, roomId, 'cut end');
  const [messages, events] = await reading;
  expect(messages, `seed ${seed}`).toEqual([...sent, 'cut end']);
  expect(events, `seed ${seed}`).toEqual([...sent, 'cut end']);
  expect(proxy.connections).toBeGreaterThan(50);
  stopControl();
  expect(new Set(control).size, 'the control, graphql-ws by itself, gets items again').toBeLessThan(control.length / 2);
});

test('[C1] a stream that began with `last` messages and is cut at any place gives each of them, in order', async () => {
  const room = await createRoom(person, 'Last');
  for (const text of numbers(20)) await send(person, room, text);
  for (let round = 0; round < 20; round += 1) {
    using parley = open();
    const stream = parley.messages({ roomId: room, last: 20 });
    const reading = textsUntil(stream, '19');
    const connections = proxy.connections;
    await vi.waitFor(() => expect(proxy.connections).toBeGreaterThan(connections), { interval: 1 });
    await new Promise((resolve) => setTimeout(resolve, round));
    proxy.cut('reset');
    expect(await reading, `cut after ${round} ms`).toEqual(numbers(20));
  }
});

test('[C1] a server that is killed and started again while messages flow costs nothing', {
  timeout: 120_000,
}, async () => {
  await using home = new ServerHome({ settings: { PORT: '0' } });
  let running = await home.start();
  const port = new URL(home.url).port;
  const reader = await enterGuest(home, 'Reader');
  const room = await createRoom(reader, 'Killed');
  using parley = createParley({ url: home.url, token: reader.token, webSocketImpl: WebSocket });
  const reading = textsUntil(parley.messages({ roomId: room, after: await here(parley) }), 'end');
  const sending = (async () => {
    for (const text of numbers(150)) {
      await parley.send({ roomId: room, text });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await parley.send({ roomId: room, text: 'end' });
  })();
  for (let round = 0; round < 2; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 700));
    running.kill(round === 0 ? 'SIGKILL' : 'SIGTERM');
    await running.exited;
    running = await home.start({ PORT: port });
  }
  await sending;
  expect(await reading).toEqual([...numbers(150), 'end']);
});

test('[C3] a connection that is silently dead is left for a new one, and one that never answers too', {
  timeout: 60_000,
}, async () => {
  await using silent = await startWireProxy(server);
  const states: string[] = [];
  using parley = open({
    url: silent.url,
    timing: { pingAfterMs: 300, pongTimeoutMs: 300, connectTimeoutMs: 500 },
    onState: (state) => states.push(state),
  });
  const reading = textsUntil(parley.messages({ roomId, after: await here(parley) }), 'heard');
  await vi.waitFor(() => expect(states).toContain('open'));
  silent.isSilent = true;
  await send(person, roomId, 'unheard');
  // Left once for its silence, and at least once more as the new one was not answered.
  await vi.waitFor(() => expect(silent.connections).toBeGreaterThanOrEqual(4), { timeout: 20_000 });
  silent.isSilent = false;
  await send(person, roomId, 'heard');
  expect(await reading).toEqual(['unheard', 'heard']);
});

test('[C3] a quiet connection that answers pings is kept', async () => {
  await using quiet = await startWireProxy(server);
  using parley = open({ url: quiet.url, timing: { pingAfterMs: 20, pongTimeoutMs: 1_500 } });
  const stream = parley.messages({ roomId, checkpoints: true });
  await stream.next();
  const { connections, bytesDown } = quiet;
  // Whether one has come is looked at when its time is over, and then the next ping goes out.
  const threePongs = 3 * '{"type":"pong"}'.length;
  await vi.waitFor(() => expect(quiet.bytesDown - bytesDown).toBeGreaterThan(threePongs), { timeout: 20_000 });
  await send(person, roomId, 'still here');
  for (;;) {
    const { value } = await stream.next();
    if (value?.message) {
      expect(value.message.text).toBe('still here');
      break;
    }
  }
  expect(quiet.connections).toBe(connections);
});

test('[C2] a stream ends with a typed error that says what to do, where coming back is pointless', async () => {
  const stranger = await enterGuest(server, 'Stranger');
  const secret = await createRoom(stranger, 'Secret', 'PRIVATE');
  using parley = open();
  using signedOut = open({ token: 'not a token' });
  const nowhere = 'subscription ($after: Cursor) { nowhere(after: $after) { cursor } }';
  const withoutCursor =
    'subscription ($after: Cursor, $roomId: ID!) { messages(roomId: $roomId, after: $after) { kind } }';
  const refused: [string, AsyncIterator<unknown>][] = [
    ['NOT_FOUND', parley.messages({ roomId: secret })],
    ['CURSOR_INVALID', parley.events({ after: 'nonsense' })],
    ['GRAPHQL_VALIDATION_FAILED', parley.events({ query: nowhere })],
    ['CURSOR_MISSING', parley.messages({ roomId, query: withoutCursor })],
    ['UNAUTHENTICATED', signedOut.events()],
  ];
  for (const [code, stream] of refused) {
    const error = await stream.next().then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error, code).toBeInstanceOf(ParleyError);
    expect(error).toMatchObject({ code, advice: expect.stringMatching(/\w+/) });
    expect(await stream.next(), code).toEqual({ done: true, value: undefined });
  }
  expect(() => parley.events({ query: 'subscription { events { cursor } }' })).toThrow(/CURSOR_MISSING/);
});

test('[C2] signing out ends a stream with SIGNED_OUT or UNAUTHENTICATED, and being removed with NO_LONGER_READABLE', async () => {
  const leaver = await enterGuest(server, 'Leaver');
  const owner = await enterGuest(server, 'Owner');
  const secret = await createRoom(owner, 'Inner', 'PRIVATE');
  const change = (mutation: string, input: object) =>
    owner.ask(
      `mutation ($input: ${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input!) { ${mutation}(input: $input) { errors { code } } }`,
      { input },
    );
  await change('addMember', { roomId: secret, userId: leaver.id });
  using parley = open({ token: leaver.token });
  const removed = parley.messages({ roomId: secret, checkpoints: true });
  await removed.next();
  const events = parley.events({ checkpoints: true });
  await events.next();
  await change('removeMember', { roomId: secret, userId: leaver.id });
  expect(await endOf(removed)).toBe('NO_LONGER_READABLE');
  await leaver.ask('mutation { signOut { signedOut } }');
  expect(['SIGNED_OUT', 'UNAUTHENTICATED']).toContain(await endOf(events));
});

test('[C4] a slow loop holds no more than its limit, misses nothing, and does not hold up the stream beside it', {
  timeout: 60_000,
}, async () => {
  using parley = open();
  const room = await createRoom(person, 'Slow');
  const after = await here(parley);
  for (const text of numbers(600)) await send(person, room, text);
  const slow = parley.messages({ roomId: room, after, queueLimit: 16 });
  const first = await slow.next();
  expect(first.value?.message?.text).toBe('0');
  expect(await textsUntil(parley.messages({ roomId: room, after }), '599')).toEqual(numbers(600));
  expect(slow.waiting).toBeLessThanOrEqual(16);
  expect(await textsUntil(slow, '599')).toEqual(numbers(600).slice(1));
});

test('[C5] a cursor is saved when its item is done with, so a program that dies gets the item in hand again and no other', async () => {
  let kept: string | null = null;
  const store = {
    load: async () => kept,
    save: async (cursor: string) => {
      kept = cursor;
    },
  };
  const room = await createRoom(person, 'Kept');
  const begins = open();
  const fresh = begins.messages({ roomId: room, store });
  const pending = fresh.next();
  await vi.waitFor(() => expect(kept).not.toBeNull());
  for (const text of numbers(31)) await send(person, room, text);
  expect((await pending).value?.message?.text).toBe('0');
  begins.close();

  const inHand: string[] = [];
  for (let life = 0; life < 10; life += 1) {
    using parley = open();
    const stream = parley.messages({ roomId: room, store });
    for (let taken = 0; taken < 4; taken += 1) inHand.push((await stream.next()).value?.message?.text ?? '');
  }
  const expected = numbers(10).flatMap((_, life) => [0, 1, 2, 3].map((at) => String(life * 3 + at)));
  expect(inHand).toEqual(expected);
});

test('[C6] a send is written once, whatever is cut before its answer', { timeout: 60_000 }, async () => {
  const seed = newSeed();
  console.log(`seed ${seed}`);
  const random = seededRandom(seed);
  const room = await createRoom(person, 'Once');
  // What is done and not told, what is cut while it is asked or as it begins: whatever the pace of the machine.
  const cuts = { told: 0, begun: 0, meanwhile: 0 };
  const cut = (when: keyof typeof cuts) => {
    cuts[when] += 1;
    cutting.cut('reset');
  };
  await using cutting: WireProxy = await startWireProxy(server, {
    alterDown() {
      const fate = random();
      if (fate < 0.2) setImmediate(() => cut('begun'));
      else if (fate < 0.4) setTimeout(() => cut('meanwhile'), random() * 30);
      return (bytes) => {
        if (random() < 0.4) cut('told');
        return bytes;
      };
    },
  });
  using parley = open({ url: cutting.url, clock: hasty });
  for (const text of numbers(100)) await parley.send({ roomId: room, text });
  for (const count of Object.values(cuts)) expect(count).toBeGreaterThan(10);
  const { data } = await person.ask(
    'query ($id: ID!) { room(by: { id: $id }) { messages(last: 100) { nodes { text } pageInfo { hasPreviousPage } } } }',
    { id: room },
  );
  expect(
    data.room.messages.nodes.map(({ text }: { text: string }) => text),
    `seed ${seed}`,
  ).toEqual(numbers(100));
  expect(data.room.messages.pageInfo.hasPreviousPage).toBe(false);
});

test('[C6] a refused send throws why, one over the rate waits as long as the server asks', async () => {
  using parley = open();
  await expect(parley.send({ roomId, text: ' ' })).rejects.toMatchObject({ code: 'TEXT_EMPTY', isFinal: true });
  await using limited = await startServer({
    transport: { rates: { ...defaultTransportSettings.rates, sends: { count: 2, windowMs: 1_000 } } },
  });
  const hasty = await enterGuest(limited, 'Hasty');
  const room = await createRoom(hasty, 'Rate');
  using quick = createParley({ url: limited.url, token: hasty.token, webSocketImpl: WebSocket });
  for (const text of numbers(6)) await quick.send({ roomId: room, text });
  const { data } = await hasty.ask(
    'query ($id: ID!) { room(by: { id: $id }) { messages(last: 10) { nodes { text } } } }',
    { id: room },
  );
  expect(data.room.messages.nodes.map(({ text }: { text: string }) => text)).toEqual(numbers(6));
});

test('[C7] break, return, an aborted signal and close end a stream without an error, and the server is left with none', async () => {
  const reader = await enterGuest(server, 'Ender');
  await joinRoom(reader, roomId);
  await using watched = await startWireProxy(server);
  const parley = open({ url: watched.url, token: reader.token });
  const controller = new AbortController();
  const waiting = {
    return: parley.events(),
    abort: parley.events({ signal: controller.signal }),
    close: parley.messages({ roomId }),
  };
  const ends = Object.values(waiting).map((stream) => stream.next());
  await vi.waitFor(() => expect(watched.open).toBe(1));
  const done = { done: true, value: undefined };
  expect(await waiting.return.return()).toEqual(done);
  expect(await ends[0]).toEqual(done);
  controller.abort();
  expect(await ends[1]).toEqual(done);
  expect(await parley.events({ signal: controller.signal }).next()).toEqual(done);
  parley.close();
  expect(await ends[2]).toEqual(done);
  await vi.waitFor(() => expect(watched.open).toBe(0));
  expect(watched.connections).toBe(1);
  expect(() => parley.events()).toThrow(/CLOSED/);
});
