/** A guest becomes a member: their session goes on under a new token, and whoever has the old one is out. */
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { createParley } from '../client/sdk/src/index.ts';
import { goodPassword, newHandle, signUpMutation } from './support/account.ts';
import { readLog, rowIdOf } from './support/history.ts';
import { startNodes } from './support/nodes.ts';
import { createRoom, enterGuest, joinRoom, type Person, personOf, post, send } from './support/person.ts';
import { startRedis, type TestRedis } from './support/redis.ts';
import type { TestServer } from './support/server.ts';
import { openEvents } from './support/sse-client.ts';
import { connect, type WsClient } from './support/ws-client.ts';

const messages = 'subscription ($id: ID!) { messages(roomId: $id) { kind cursor message { text } end { code } } }';
const whoAmI = '{ viewer { user { handle isGuest } sessions { nodes { id isCurrent } } } }';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

async function twoNodes(): Promise<readonly [TestServer, TestServer]> {
  const { nodes } = await startNodes([{ redisUrl: redis.url }, { redisUrl: redis.url }]);
  return nodes as readonly TestServer[] as readonly [TestServer, TestServer];
}

async function socketOf({ url }: TestServer, token: string): Promise<WsClient> {
  const socket = await connect(url, { connectionParams: { token } });
  onTestFinished(() => socket[Symbol.asyncDispose]());
  return socket;
}

/** Where a socket with this token ends; null: it is let in. */
async function closeCodeOf({ url }: TestServer, token: string): Promise<number | null> {
  try {
    await using _ = await connect(url, { connectionParams: { token } });
    return null;
  } catch (error) {
    return Number(/closed with (\d+)/.exec((error as Error).message)?.[1]);
  }
}

async function keepAccount(server: TestServer, guest: Person): Promise<Person> {
  const { data } = await guest.ask(signUpMutation, { input: { handle: newHandle(), password: goodPassword } });
  expect(data.signUp.errors).toEqual([]);
  return personOf(server, guest.id, data.signUp.token);
}

it('[U1] [A6] what was opened under the token of a guest ends within a second of signing up, on every node, and the old token is void', async () => {
  const [here, there] = await twoNodes();
  const guest = await enterGuest(here, 'Guest');
  const other = await enterGuest(there, 'Other');
  const roomId = await createRoom(other, 'Kitchen');
  await joinRoom(guest, roomId);
  const sockets = [await socketOf(here, guest.token), await socketOf(there, guest.token)];
  const otherSocket = await socketOf(there, other.token);
  const headers = { authorization: `Bearer ${guest.token}` };
  const streams = sockets.map((socket) => socket.subscribe(messages, { id: roomId }));
  using source = await openEvents(there.url, { query: messages, variables: { id: roomId }, headers });
  await Promise.all([...streams.map((stream) => stream.next()), source.next()]);

  const member = await keepAccount(here, guest);
  const signedUpAt = performance.now();
  expect(await Promise.all(sockets.map(async ({ closed }) => (await closed).code))).toEqual([4410, 4410]);
  // Without `complete`: clients take it for a lost connection, and come back.
  expect(await source.ended).toBe('clean');
  expect(performance.now() - signedUpAt).toBeLessThan(1_000);
  expect(source.blocks.waiting.filter(({ event }) => event === 'complete')).toEqual([]);
  await send(other, roomId, 'behind it');

  const log = await readLog(here.database);
  const ended = log.find(({ kind }) => kind === 'CREDENTIALS_ENDED');
  expect(ended).toMatchObject({ userId: rowIdOf(guest.id), body: { reason: 'SIGNED_UP' } });
  const last = [
    ...streams.map(({ results }) => results.waiting.at(-1)?.data.messages),
    source.blocks.waiting.at(-1)?.data.data.messages,
  ];
  for (const item of last) {
    expect(item).toMatchObject({ kind: 'ENDED', end: { code: 'TOKEN_REPLACED' } });
    const { position } = here.node.engine.services.cursors.decode(item.cursor);
    expect(position).toBeLessThanOrEqual(ended?.position ?? 0);
  }
  for (const node of [here, there]) {
    const refused = await post(node.url, '{ asOf }', {}, headers);
    expect(refused).toMatchObject({ status: 401, errors: [{ extensions: { code: 'TOKEN_REPLACED' } }] });
    expect(await closeCodeOf(node, guest.token)).toBe(4410);
    const known = await post(node.url, whoAmI, {}, { authorization: `Bearer ${member.token}` });
    expect(known.data.viewer.user.isGuest).toBe(false);
    expect(known.data.viewer.sessions.nodes).toMatchObject([{ isCurrent: true }]);
  }
  expect((await otherSocket.request('{ viewer { user { displayName } } }')).data.viewer.user.displayName).toBe('Other');
});

it('[U1] the socket that signs up gets its answer, and then is closed', async () => {
  const [here] = await twoNodes();
  const guest = await enterGuest(here, 'Guest');
  const socket = await socketOf(here, guest.token);
  const input = { handle: newHandle(), password: goodPassword };
  const { data } = await socket.request(signUpMutation, { input });
  expect(data.signUp).toMatchObject({ errors: [], token: expect.stringMatching(/^parley_/) });
  expect((await socket.closed).code).toBe(4410);
  expect(await closeCodeOf(here, data.signUp.token)).toBeNull();
});

it('[U1] [C1] a client that has the new token comes back by itself, also where it hears of it late, and misses nothing', async () => {
  const [here, there] = await twoNodes();
  const guest = await enterGuest(here, 'Guest');
  const sender = await enterGuest(here, 'Sender');
  const roomId = await createRoom(sender, 'Kitchen');
  let token = guest.token;
  const asked: string[] = [];
  const options = { webSocketImpl: WebSocket, url: there.url };
  using parley = createParley({
    ...options,
    token: () => {
      asked.push(token);
      return token;
    },
  });
  using thief = createParley({ ...options, token: guest.token });
  const { data } = await post(here.url, '{ asOf }', {}, { authorization: `Bearer ${guest.token}` });
  const [own, stolen] = [parley, thief].map((one) => one.messages({ roomId, after: data.asOf }));
  await send(sender, roomId, '0');
  const texts: (string | null | undefined)[] = [];
  const first = [await own?.next(), await stolen?.next()];
  expect(first.map((one) => one?.value?.message?.text)).toEqual(['0', '0']);

  const refusedToThief = stolen?.next().then(
    ({ value }) => value,
    (error: { code: string }) => error.code,
  );
  const member = await keepAccount(here, guest);
  await send(sender, roomId, '1');
  // It has tried with the old one before it learns of the new one.
  await expect.poll(() => asked.length, { timeout: 10_000 }).toBeGreaterThan(1);
  token = member.token;
  await send(sender, roomId, '2');
  for (const _ of [1, 2]) texts.push((await own?.next())?.value?.message?.text);
  expect(texts).toEqual(['1', '2']);
  expect(await refusedToThief).toBe('TOKEN_REPLACED');
}, 30_000);

it('[U1] for a minute the cookie of a guest who signed up is refused as one that was replaced, on every transport, and stays where it is; then it is void', async () => {
  const [here, there] = await twoNodes();
  const guest = await enterGuest(here, 'Guest');
  const roomId = await createRoom(guest, 'Kitchen');
  const headers = { cookie: `parley_session=${guest.token}` };
  const replaced = [{ extensions: { code: 'TOKEN_REPLACED' } }];
  await keepAccount(here, guest);

  for (const node of [here, there]) {
    const byPost = await post(node.url, whoAmI, {}, headers);
    const byGet = await fetch(`${node.url}/graphql?query=${encodeURIComponent(whoAmI)}`, { headers });
    for (const answer of [byPost, byGet]) {
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    expect(byPost.errors).toMatchObject(replaced);
    expect(await byGet.json()).toMatchObject({ errors: replaced });
    using source = await openEvents(node.url, { query: messages, variables: { id: roomId }, headers });
    expect(await source.ended).toBe('clean');
    expect(source.headers['set-cookie']).toBeUndefined();
    expect(source.blocks.waiting).toMatchObject([{ event: 'next', data: { errors: replaced } }]);
    await expect(connect(node.url, { headers })).rejects.toThrow('closed with 4410');
    const avatar = await fetch(`${node.url}/avatar`, { method: 'DELETE', headers });
    expect(avatar.status).toBe(401);
    expect(await avatar.json()).toMatchObject({ errors: replaced });
  }

  await here.database.query(`UPDATE session SET ended_at = ended_at - interval '1 minute' WHERE ended_at IS NOT NULL`);
  const later = await post(there.url, whoAmI, {}, headers);
  expect(later).toMatchObject({ status: 401, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  expect(later.headers.getSetCookie()).toEqual([expect.stringContaining('Max-Age=0')]);
  await expect(connect(there.url, { headers })).rejects.toThrow('closed with 4403');
});
