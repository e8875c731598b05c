import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { readLog, rowIdOf } from './support/history.ts';
import { startNodes } from './support/nodes.ts';
import { createRoom, enterGuest, joinRoom, type Person, post, send } from './support/person.ts';
import { startRedis, type TestRedis } from './support/redis.ts';
import type { TestServer } from './support/server.ts';
import { signInAgain } from './support/session.ts';
import { openEvents } from './support/sse-client.ts';
import { connect, type WsClient } from './support/ws-client.ts';

const signOut = 'mutation { signOut { signedOut errors { code } } }';
const messages = 'subscription ($id: ID!) { messages(roomId: $id) { kind cursor message { text } end { code } } }';
const events = `subscription { events {
  __typename cursor ... on CredentialsEnded { sessionIds endReason } ... on StreamEnded { end { code } }
} }`;

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

async function twoNodes(): Promise<readonly [TestServer, TestServer]> {
  const { nodes } = await startNodes([{ redisUrl: redis.url }, { redisUrl: redis.url }]);
  return nodes as readonly TestServer[] as readonly [TestServer, TestServer];
}

async function socketOf({ url }: TestServer, { token }: Person): Promise<WsClient> {
  const socket = await connect(url, { connectionParams: { token } });
  onTestFinished(() => socket[Symbol.asyncDispose]());
  return socket;
}

it('[A6] signing out on one node closes sockets and event streams on the other within a second, with their last word', async () => {
  const [here, there] = await twoNodes();
  const person = await enterGuest(here, 'Guest');
  const other = await enterGuest(here, 'Other');
  const roomId = await createRoom(other, 'Kitchen');
  const socket = await socketOf(there, person);
  const otherSocket = await socketOf(there, other);
  const stream = socket.subscribe(messages, { id: roomId });
  const headers = { authorization: `Bearer ${person.token}` };
  using source = await openEvents(there.url, { query: messages, variables: { id: roomId }, headers });
  await Promise.all([stream.next(), source.next()]);

  const startedAt = performance.now();
  const { data } = await person.ask(signOut);
  expect(data.signOut).toEqual({ signedOut: true, errors: [] });
  // On every node, at once.
  for (const { url } of [here, there]) {
    const refused = await post(url, '{ asOf }', {}, headers);
    expect([refused.status, refused.errors?.[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
  }
  expect((await socket.closed).code).toBe(4401);
  expect(await source.ended).toBe('clean');
  expect(performance.now() - startedAt).toBeLessThan(1_000);

  expect(stream.results.waiting.at(-1)?.data.messages).toMatchObject({ kind: 'ENDED', end: { code: 'SIGNED_OUT' } });
  const [last, complete] = source.blocks.waiting.slice(-2);
  expect(last?.data.data.messages).toMatchObject({ kind: 'ENDED', end: { code: 'SIGNED_OUT' } });
  expect(complete?.event).toBe('complete');
  expect((await otherSocket.request('{ viewer { user { displayName } } }')).data.viewer.user.displayName).toBe('Other');
});

it('[A6] [A4] a session ends at its position in the log: nothing that was sent behind it reaches its streams, on any node', async () => {
  const [here, there] = await twoNodes();
  const person = await enterGuest(here, 'Guest');
  const sender = await enterGuest(there, 'Sender');
  const roomId = await createRoom(sender, 'Kitchen');
  await joinRoom(person, roomId);
  const streams = await Promise.all(
    [here, there, here, there].map(async (node, n) => {
      const query = n < 2 ? messages : events;
      const stream = (await socketOf(node, person)).subscribe(query, { id: roomId });
      await stream.next();
      return stream;
    }),
  );
  let isOver = false;
  const sending = Promise.all(
    [0, 1, 2, 3].map(async (n) => {
      for (let count = 0; !isOver; count++) await send(sender, roomId, `${n}-${count}`);
    }),
  );
  await streams[0]?.until(({ data }) => data.messages.message?.text === '1-10');
  await person.ask(signOut);
  await Promise.all(streams.map((stream) => stream.ended));
  isOver = true;
  await sending;

  const log = await readLog(here.database);
  const end = log.find(({ kind }) => kind === 'CREDENTIALS_ENDED');
  expect(end?.userId).toBe(rowIdOf(person.id));
  const behind = log.filter(({ kind, position }) => kind === 'MESSAGE_SENT' && position > (end?.position ?? 0));
  expect(behind.length).toBeGreaterThan(0);
  for (const stream of streams) {
    const items = stream.results.waiting.map(({ data }) => data.messages ?? data.events);
    const positions = items.map(({ cursor }) => here.node.engine.services.cursors.decode(cursor).position);
    expect(Math.max(...positions)).toBeLessThanOrEqual(end?.position ?? 0);
    expect(items.at(-1).end).toEqual({ code: 'SIGNED_OUT' });
  }
});

it('[A6] the other devices of the person learn which session ended and stay signed in; nobody else learns of it', async () => {
  const [here, there] = await twoNodes();
  const person = await enterGuest(here, 'Guest');
  const device = await signInAgain(here, person);
  const stranger = await enterGuest(here, 'Stranger');
  const [own, foreign] = await Promise.all(
    [device, stranger].map(async (one) => {
      const stream = (await socketOf(there, one)).subscribe(events);
      await stream.next();
      return stream;
    }),
  );
  await person.ask(signOut);
  const [ended] = (await own?.until(({ data }) => data.events.__typename === 'CredentialsEnded'))?.slice(-1) ?? [];
  const [{ id }] = (await here.database.query<{ id: string }>('SELECT id FROM session WHERE ended_at IS NOT NULL')) as [
    { id: string },
  ];
  expect(ended.data.events).toMatchObject({
    sessionIds: [`session_${id.replaceAll('-', '')}`],
    endReason: 'SIGNED_OUT',
  });
  expect((await device.ask('{ viewer { user { displayName } } }')).data.viewer.user.displayName).toBe('Guest');

  const later = await createRoom(stranger, 'Later');
  await foreign?.until(({ data }) => data.events.__typename === 'RoomCreated');
  expect(later).toMatch(/^room_/);
  const page = await stranger.ask('{ events { nodes { __typename } } }');
  expect(page.data.events.nodes.map(({ __typename }: { __typename: string }) => __typename)).not.toContain(
    'CredentialsEnded',
  );
  const ownPage = await device.ask('{ events { nodes { __typename } } }');
  expect(ownPage.data.events.nodes).toEqual([{ __typename: 'CredentialsEnded' }]);
});
