import { type Client, createClient } from 'graphql-sse';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { idOf } from '../schema/ids.ts';
import type { StreamItem } from '../src/hub/contract.ts';
import { messagesQuery } from './support/log-stream.ts';
import { createRoom, enterGuest, joinRoom, type Person, send } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';
import { openEvents, type SseClient, type SseEvent } from './support/sse-client.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ checkpointIntervalMs: 500 });
});
afterAll(() => server[Symbol.asyncDispose]());

function follow(person: Person, options: Partial<Parameters<typeof openEvents>[1]> = {}) {
  const headers = { authorization: `Bearer ${person.token}`, ...options.headers };
  return openEvents(server.url, { query: messagesQuery, ...options, headers });
}

const itemOf = ({ data }: { data: SseEvent['data'] }) => data.data.messages;
const textsOf = (blocks: readonly SseEvent[]) =>
  blocks
    .filter(({ event }) => event === 'next')
    .map(itemOf)
    .flatMap(({ message }) => message?.text ?? []);
const untilText = (client: SseClient, text: string) =>
  client.blocks.until((block) => block.event === 'next' && itemOf(block).message?.text === text);
const lastIdOf = (blocks: readonly SseEvent[]) => blocks.findLast(({ id }) => id !== null)?.id ?? null;

test('[S2][R2] a stream cut at any place goes on by Last-Event-ID: each message once and in order, over a restart too', async () => {
  const writer = await enterGuest(server, 'writer');
  const roomId = await createRoom(writer, 'room');
  const { cursor } = await send(writer, roomId, 'before');
  const variables = { roomId, after: cursor, last: null };
  const texts = Array.from({ length: 120 }, (_, n) => `message ${n}`);
  const sending = (async () => {
    for (const [n, text] of texts.entries()) {
      if (n === 60) await restart();
      await send(writer, roomId, text, `key-${n}`);
    }
  })();
  let [isStopping, isBack] = [false, false];
  async function restart() {
    isStopping = true;
    await server.stop();
    await server.start();
    isBack = true;
  }

  const seen: SseEvent[] = [];
  let connections = 0;
  for (let lastId: string | null = null; textsOf(seen).at(-1) !== texts.at(-1); lastId = lastIdOf(seen)) {
    const headers: Record<string, string> = lastId === null ? {} : { 'last-event-id': lastId };
    const wasBack = isBack;
    const client = await follow(writer, { variables, headers }).catch(() => null);
    if (client === null) continue;
    connections += 1;
    // Cut after some items, in the middle of whatever comes; or ended by the stop of the node.
    for (let taken = 0; taken < 10 && textsOf(seen).at(-1) !== texts.at(-1); taken += 1) {
      const block = await client.blocks.next().catch(() => null);
      if (block === null) break;
      expect(block.event).not.toBe('complete');
      const [refusal] = block.data?.errors ?? [];
      if (refusal) {
        // Only where it was asked of the node that stops.
        expect([refusal.extensions.code, isStopping, wasBack]).toEqual(['UNAVAILABLE', true, false]);
        break;
      }
      seen.push(block);
    }
    client[Symbol.dispose]();
  }
  await sending;
  expect(textsOf(seen)).toEqual(texts);
  expect(connections).toBeGreaterThan(10);
  for (const block of seen.filter(({ event }) => event === 'next')) expect(block.id).toBe(itemOf(block).cursor);
});

test('[S2] whoever breaks off before the newest messages gets them when coming back', async () => {
  const writer = await enterGuest(server, 'writer');
  const roomId = await createRoom(writer, 'room');
  for (const text of ['a', 'b', 'c', 'd']) await send(writer, roomId, text);
  const variables = { roomId, last: 3 };
  const begun = await follow(writer, { variables });
  const [checkpoint, first] = [await begun.next(), await begun.next()];
  expect([checkpoint.id, itemOf(checkpoint).kind, itemOf(first).message.text]).toEqual([null, 'CHECKPOINT', 'b']);
  begun[Symbol.dispose]();
  const resumed = await follow(writer, { variables, headers: { 'last-event-id': first.id ?? '' } });
  expect(textsOf(await untilText(resumed, 'd'))).toEqual(['c', 'd']);
  const caughtUp = await resumed.next();
  expect([caughtUp.id, itemOf(caughtUp).isCaughtUp]).toEqual([itemOf(caughtUp).cursor, true]);
  resumed[Symbol.dispose]();
});

test('[S2] Last-Event-ID takes the place of a cursor that means nothing any more; a bad one is refused', async () => {
  const writer = await enterGuest(server, 'writer');
  const roomId = await createRoom(writer, 'room');
  const { cursor } = await send(writer, roomId, 'a');
  await send(writer, roomId, 'b');
  const { cursors } = server.node.engine.services;
  const future = cursors.encode({ position: 1_000_000, tag: 7 });
  const resumed = await follow(writer, {
    variables: { roomId, after: future },
    search: { lastEventId: cursor },
  });
  expect(textsOf(await untilText(resumed, 'b'))).toEqual(['b']);
  resumed[Symbol.dispose]();
  for (const [lastEventId, code] of [
    [future, 'CURSOR_EXPIRED'],
    ['log_damaged', 'CURSOR_INVALID'],
  ] as const) {
    const refused = await follow(writer, { variables: { roomId, after: cursor }, search: { lastEventId } });
    expect((await refused.next()).data.errors[0].extensions.code).toBe(code);
    expect((await refused.rest()).map(({ event }) => event)).toEqual(['complete']);
  }
});

test('[S1] streams over SSE and WebSocket share one group, and get the same items', async () => {
  const writer = await enterGuest(server, 'writer');
  const reader = await enterGuest(server, 'reader');
  const roomId = await createRoom(writer, 'room');
  await expect.poll(() => server.node.engine.hub.size.readers).toBe(0);
  const bySse = await follow(reader, { variables: { roomId } });
  await using socket = await writer.connect();
  const byWebSocket = socket.subscribe(messagesQuery, { roomId });
  await byWebSocket.next();
  await bySse.next();
  expect(server.node.engine.hub.size).toMatchObject({ readers: 2, groups: 1 });
  await send(writer, roomId, 'hello');
  // Each may have a checkpoint more before it, where it began behind the newest event.
  const shown = (await byWebSocket.until(({ data }) => data.messages.kind === 'SENT')).at(-1);
  expect((await untilText(bySse, 'hello')).at(-1)?.data).toEqual(shown);
  bySse[Symbol.dispose]();
});

test('[S1][A4] who is removed from a private room hears it as the last item, then complete', async () => {
  const owner = await enterGuest(server, 'owner');
  const guest = await enterGuest(server, 'guest');
  const roomId = await createRoom(owner, 'room', 'PRIVATE');
  const added = await owner.ask(`mutation ($input: AddMemberInput!) { addMember(input: $input) { errors { code } } }`, {
    input: { roomId, userId: guest.id },
  });
  expect(added.data?.addMember.errors).toEqual([]);
  const stream = await follow(guest, { variables: { roomId } });
  await stream.next();
  await guest.ask(`mutation ($input: LeaveRoomInput!) { leaveRoom(input: $input) { errors { code } } }`, {
    input: { roomId },
  });
  const blocks = await stream.rest();
  expect(blocks.at(-1)?.event).toBe('complete');
  expect(itemOf(blocks.at(-2) as SseEvent)).toMatchObject({ kind: 'ENDED', end: { code: 'NO_LONGER_READABLE' } });
});

test('[S1] typing comes over SSE too, without ids', async () => {
  const ada = await enterGuest(server, 'Ada');
  const roomId = await createRoom(ada, 'room');
  const query = 'subscription ($roomId: ID!) { typing(roomId: $roomId) { count } }';
  const typing = await follow(ada, { query, variables: { roomId }, headers: { 'last-event-id': 'log_x' } });
  expect(await typing.next()).toMatchObject({ id: null, data: { data: { typing: { count: 0 } } } });
  await ada.ask(`mutation ($input: SetTypingInput!) { setTyping(input: $input) { errors { code } } }`, {
    input: { roomId, isTyping: true },
  });
  expect(await typing.next()).toMatchObject({ id: null, data: { data: { typing: { count: 1 } } } });
  typing[Symbol.dispose]();
});

test('[S1][S2] the client of graphql-sse subscribes, asks, is refused with reasons, and comes back after a restart', async () => {
  const ada = await enterGuest(server, 'Ada');
  const roomId = await createRoom(ada, 'room');
  let cursor: string | null = null;
  const client: Client = createClient({
    url: () => `${server.url}/graphql`,
    headers: () => ({
      authorization: `Bearer ${ada.token}`,
      ...(cursor === null ? {} : { 'last-event-id': cursor }),
    }),
    retry: () => new Promise((resolve) => setTimeout(resolve, 50)),
    retryAttempts: 100,
  });
  onTestFinished(() => client.dispose());
  for await (const { data } of client.iterate({ query: '{ viewer { user { displayName } } }' })) {
    expect(data).toEqual({ viewer: { user: { displayName: 'Ada' } } });
  }
  for await (const { errors } of client.iterate({ query: '{ nope }' })) {
    expect(errors?.[0]?.extensions).toEqual({ code: 'GRAPHQL_VALIDATION_FAILED' });
  }
  const texts: string[] = [];
  // biome-ignore lint/suspicious/noExplicitAny: results of any shape.
  for await (const { data } of client.iterate<any>({ query: messagesQuery, variables: { roomId } })) {
    const item = data.messages;
    const isFirst = cursor === null;
    cursor = item.cursor;
    if (isFirst) await send(ada, roomId, 'before');
    if (item.message) texts.push(item.message.text);
    if (item.message?.text === 'before')
      void server
        .stop()
        .then(() => server.start())
        .then(() => send(ada, roomId, 'after'));
    if (item.message?.text === 'after') break;
  }
  expect(texts).toEqual(['before', 'after']);
});

test('[R2][D2] the last word of a slow reader names the place that it has read, and not that of the log', async () => {
  const writer = await enterGuest(server, 'writer');
  const reader = await enterGuest(server, 'reader');
  const roomId = await createRoom(writer, 'room');
  await joinRoom(reader, roomId);
  const { hub } = server.node.engine;
  const items: { item: StreamItem; position: number | undefined }[] = [];
  let unsentBytes = 0;
  let drain = () => {};
  let told: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    told = resolve;
  });
  const stream = hub.open({
    source: {
      kind: 'viewer',
      viewerId: idOf('user', reader.id) ?? '',
      filter: { roomIds: null, publicRoomIds: [], actorIds: null, kinds: ['MESSAGE_SENT'] },
    },
    start: { kind: 'now' },
    group: { key: 'of the test', execute: async (item) => JSON.stringify(item) },
    executeAlone: async (item) => JSON.stringify(item),
    sink: {
      write(run) {
        for (const { payload, mark } of run) {
          const item = JSON.parse(payload) as StreamItem;
          items.push({ item, position: mark?.position });
          if (item.kind === 'event') unsentBytes = 1_000_000;
        }
      },
      get unsentBytes() {
        return unsentBytes;
      },
      onceDrained: (callback) => {
        drain = callback;
      },
      closed: told,
    },
  });
  await expect.poll(() => items.length).toBeGreaterThan(0);
  await send(writer, roomId, 'read');
  await send(writer, roomId, 'not read');
  await expect.poll(() => items.at(-1)?.item.kind).toBe('event');
  stream.end({ code: 'SERVER_STOPPING', message: 'the test ends it' });
  unsentBytes = 0;
  drain();
  await ended;
  const [read, end] = items.slice(-2);
  expect([read?.item.kind, end?.item.kind]).toEqual(['event', 'end']);
  expect(end?.position).toBe(read?.position);
  expect(hub.mark.position).toBeGreaterThan(end?.position ?? Number.NaN);
});
