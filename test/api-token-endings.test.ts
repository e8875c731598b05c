import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { defaultTransportSettings } from '../src/transport/settings.ts';
import { signUp } from './support/account.ts';
import { makeProgram, type Program, revokeToken } from './support/api-token.ts';
import { readLog, rowIdOf } from './support/history.ts';
import { startNodes } from './support/nodes.ts';
import { createRoom, joinRoom, post, send } from './support/person.ts';
import { startRedis, type TestRedis } from './support/redis.ts';
import type { TestServer } from './support/server.ts';
import { openEvents } from './support/sse-client.ts';
import { connect, type WsClient } from './support/ws-client.ts';

const messages = 'subscription ($id: ID!) { messages(roomId: $id) { kind cursor message { text } end { code } } }';
const events = `subscription { events {
  __typename cursor ... on CredentialsEnded { sessionIds apiTokenIds endReason } ... on StreamEnded { end { code } }
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

async function socketOf({ url }: TestServer, { token }: { token: string }): Promise<WsClient> {
  const socket = await connect(url, { connectionParams: { token } });
  onTestFinished(() => socket[Symbol.asyncDispose]());
  return socket;
}

/** A socket and an event stream of the program on the node, both reading the room. */
async function openBoth(node: TestServer, program: Program, roomId: string) {
  const socket = await socketOf(node, program);
  const stream = socket.subscribe(messages, { id: roomId });
  const headers = { authorization: `Bearer ${program.token}` };
  const source = await openEvents(node.url, { query: messages, variables: { id: roomId }, headers });
  onTestFinished(() => source[Symbol.dispose]());
  await Promise.all([stream.next(), source.next()]);
  return { socket, stream, source };
}

type Both = Awaited<ReturnType<typeof openBoth>>;

async function expectEnded({ socket, stream, source }: Both): Promise<void> {
  expect((await socket.closed).code).toBe(4401);
  expect(await source.ended).toBe('clean');
  expect(stream.results.waiting.at(-1)?.data.messages).toMatchObject({ kind: 'ENDED', end: { code: 'SIGNED_OUT' } });
  const [last, complete] = source.blocks.waiting.slice(-2);
  expect(last?.data.data.messages).toMatchObject({ kind: 'ENDED', end: { code: 'SIGNED_OUT' } });
  expect(complete?.event).toBe('complete');
}

async function expectRefused(nodes: readonly TestServer[], { token }: Program): Promise<void> {
  for (const { url } of nodes) {
    const refused = await post(url, '{ asOf }', {}, { authorization: `Bearer ${token}` });
    expect([refused.status, refused.errors?.[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
  }
}

test('[T3] revoking a token closes its sockets and event streams on both nodes within a second, and nobody else', async () => {
  const nodes = await twoNodes();
  const [here, there] = nodes;
  const owner = await signUp(here);
  const roomId = await createRoom(owner, 'Kitchen');
  const [program, other] = [await makeProgram(here, owner), await makeProgram(here, owner)];
  const open = [await openBoth(here, program, roomId), await openBoth(there, program, roomId)];
  const otherSocket = await socketOf(there, other);
  const ownerSocket = await socketOf(there, owner);

  const startedAt = performance.now();
  await revokeToken(owner, program.tokenId);
  await expectRefused(nodes, program);
  for (const both of open) await expectEnded(both);
  expect(performance.now() - startedAt).toBeLessThan(1_000);

  for (const socket of [otherSocket, ownerSocket]) {
    expect((await socket.request('{ viewer { user { id } } }')).data.viewer.user.id).toBe(owner.id);
  }
});

test('[T3] a token ends at its position in the log: nothing that was sent behind it reaches its streams, on any node', async () => {
  const [here, there] = await twoNodes();
  const owner = await signUp(here);
  const sender = await signUp(there);
  const roomId = await createRoom(sender, 'Kitchen');
  await joinRoom(owner, roomId);
  const program = await makeProgram(here, owner);
  const streams = await Promise.all(
    [here, there, here, there].map(async (node, n) => {
      const stream = (await socketOf(node, program)).subscribe(n < 2 ? messages : events, { id: roomId });
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
  await revokeToken(owner, program.tokenId);
  await Promise.all(streams.map((stream) => stream.ended));
  isOver = true;
  await sending;

  const log = await readLog(here.database);
  const end = log.find(({ kind }) => kind === 'CREDENTIALS_ENDED');
  expect(end?.userId).toBe(rowIdOf(owner.id));
  const behind = log.filter(({ kind, position }) => kind === 'MESSAGE_SENT' && position > (end?.position ?? 0));
  expect(behind.length).toBeGreaterThan(0);
  for (const stream of streams) {
    const items = stream.results.waiting.map(({ data }) => data.messages ?? data.events);
    const positions = items.map(({ cursor }) => here.node.engine.services.cursors.decode(cursor).position);
    expect(Math.max(...positions)).toBeLessThanOrEqual(end?.position ?? 0);
    expect(items.at(-1).end).toEqual({ code: 'SIGNED_OUT' });
  }
});

test('[T3] the devices of the person learn which token ended', async () => {
  const [here, there] = await twoNodes();
  const owner = await signUp(here);
  const program = await makeProgram(here, owner);
  const stream = (await socketOf(there, owner)).subscribe(events);
  await stream.next();
  await revokeToken(owner, program.tokenId);
  const [ended] = (await stream.until(({ data }) => data.events.__typename === 'CredentialsEnded')).slice(-1);
  expect(ended.data.events).toMatchObject({ sessionIds: [], apiTokenIds: [program.tokenId], endReason: 'REVOKED' });
});

test('[T3] a token that expires closes its sockets and event streams within a second, on both nodes', async () => {
  const nodes = await twoNodes();
  const [here, there] = nodes;
  const owner = await signUp(here);
  const roomId = await createRoom(owner, 'Kitchen');
  const program = await makeProgram(here, owner, { expiresInDays: 1 });
  const expiresAt = Date.now() + 3_000;
  await here.database.query('UPDATE api_token SET expires_at = $1', [new Date(expiresAt)]);
  const open = [await openBoth(here, program, roomId), await openBoth(there, program, roomId)];
  expect((await program.ask('{ asOf }')).status).toBe(200);
  for (const both of open) await expectEnded(both);
  const endedAt = Date.now();
  expect(endedAt).toBeGreaterThanOrEqual(expiresAt);
  expect(endedAt - expiresAt).toBeLessThan(1_000);
  await expectRefused(nodes, program);
});

test('[T3] a token that is taken away in the database is noticed by the look into the table; sessions stay', async () => {
  const { nodes } = await startNodes([{ transport: { socket: quickLooks() } }]);
  const [server] = nodes as readonly [TestServer];
  const owner = await signUp(server);
  const program = await makeProgram(server, owner);
  const [socket, ownerSocket] = [await socketOf(server, program), await socketOf(server, owner)];
  await server.database.query('DELETE FROM api_token');
  expect((await socket.closed).code).toBe(4401);
  expect((await ownerSocket.request('{ viewer { user { id } } }')).data.viewer.user.id).toBe(owner.id);
});

function quickLooks() {
  return { ...defaultTransportSettings.socket, sessionCheckMs: 100 };
}
