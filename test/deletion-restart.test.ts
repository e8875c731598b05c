import { expect, onTestFinished, test } from 'vitest';
import { type Member, signUp } from './support/account.ts';
import { LogStream } from './support/log-stream.ts';
import { startNodes } from './support/nodes.ts';
import { createRoom, enterGuest, joinRoom, type Person, send } from './support/person.ts';
import { ServerHome } from './support/process.ts';
import { startRedis } from './support/redis.ts';
import type { TestServer } from './support/server.ts';
import { connect } from './support/ws-client.ts';

const deleteAccount = `mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { errors { code } } }`;
const page = `query ($id: ID!, $after: String) { room(by: { id: $id }) { messages(first: 100, after: $after) {
  nodes { text deletedAt version clientKey author { id } } pageInfo { hasNextPage endCursor } } } }`;
const updates = `subscription ($id: ID!) { messages(roomId: $id) { kind cursor message { id text version } } }`;

interface Shown {
  readonly text: string | null;
  readonly deletedAt: string | null;
  readonly version: number;
  readonly clientKey: string | null;
  readonly author: { readonly id: string };
}

async function messagesOf(reader: Person, roomId: string, authorId: string): Promise<Shown[]> {
  const found: Shown[] = [];
  for (let after: string | null = null; ; ) {
    const { data } = await reader.ask(page, { id: roomId, after });
    const { nodes, pageInfo } = data.room.messages;
    found.push(...nodes.filter(({ author }: Shown) => author.id === authorId));
    if (!pageInfo.hasNextPage) return found;
    after = pageInfo.endCursor;
  }
}

const COUNT = 1_200;

/** Somebody who has written much in two rooms, among others who did too. */
async function talk(server: { readonly url: string }): Promise<{ member: Member; reader: Person; roomIds: string[] }> {
  const member = await signUp(server);
  const reader = await enterGuest(server, 'Reader');
  const roomIds = [await createRoom(reader, 'One'), await createRoom(reader, 'Two')];
  for (const roomId of roomIds) {
    await joinRoom(member, roomId);
    for (let sent = 0; sent < COUNT / 2; sent += 50) {
      const each = Array.from({ length: 50 }, (_, n) =>
        send(n % 5 === 0 ? reader : member, roomId, `words ${sent + n}`),
      );
      await Promise.all(each);
    }
  }
  return { member, reader, roomIds };
}

const own = (COUNT / 5) * 4;

async function leave(member: Member): Promise<void> {
  const input = { password: member.password, content: 'ERASE' };
  const { data } = await member.ask(deleteAccount, { input });
  expect(data.deleteAccount.errors).toEqual([]);
}

/** What a reader sees of the member's messages: never a text; version 2 where the row itself has none any more. */
async function look(reader: Person, roomIds: readonly string[], member: Member) {
  const shown = (await Promise.all(roomIds.map((id) => messagesOf(reader, id, member.id)))).flat();
  expect(shown).toHaveLength(own);
  expect(shown.filter(({ text, deletedAt }) => text !== null || deletedAt === null)).toEqual([]);
  return shown.filter(({ version }) => version === 2).length;
}

test('[L3] a server that is killed while it erases goes on when it is started again, and shows nothing of it meanwhile', {
  timeout: 180_000,
}, async () => {
  await using home = new ServerHome();
  const server = await home.start();
  const { member, reader, roomIds } = await talk(home);
  await leave(member);
  await expect.poll(() => look(reader, roomIds, member), { timeout: 20_000, interval: 10 }).toBeGreaterThan(0);
  server.kill('SIGKILL');
  await server.exited;
  await home.start();
  const before = await look(reader, roomIds, member);
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThan(own);
  await expect.poll(() => look(reader, roomIds, member), { timeout: 60_000 }).toBe(own);
  const others = (await Promise.all(roomIds.map((id) => messagesOf(reader, id, reader.id)))).flat();
  expect(others.filter(({ text, version }) => text === null || version !== 1)).toEqual([]);
  expect(others).toHaveLength(COUNT / 5);
});

test('[L2] [L3] on two nodes: sockets of who goes close on both, readers of both see each message deleted once, also where the node that began stops meanwhile', {
  timeout: 120_000,
}, async () => {
  const redis = await startRedis();
  onTestFinished(() => redis[Symbol.asyncDispose]());
  const { nodes } = await startNodes([{ redisUrl: redis.url }, { redisUrl: redis.url }]);
  const [here, there] = nodes as readonly TestServer[] as readonly [TestServer, TestServer];
  const { member, roomIds } = await talk(here);
  const reader = await enterGuest(there, 'On the other');
  const [roomId] = roomIds as [string];
  const streams = await Promise.all(
    roomIds.map(async (id) => {
      const stream = new LogStream(there, reader, { query: updates, variables: { id } });
      onTestFinished(() => stream[Symbol.asyncDispose]());
      return stream.until(({ items }) => items.length > 0);
    }),
  );
  const sockets = await Promise.all(
    [here, there].map(async ({ url }) => connect(url, { connectionParams: { token: member.token } })),
  );
  const startedAt = performance.now();
  await leave(member);
  for (const socket of sockets) expect((await socket.closed).code).toBe(4401);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  expect(JSON.stringify(await messagesOf(reader, roomId, member.id))).not.toContain('words');
  await here.stop();
  await expect.poll(() => look(reader, roomIds, member), { timeout: 60_000 }).toBe(own);
  for (const stream of streams) {
    await stream.until(({ events }) => events.filter(({ kind }) => kind === 'DELETED').length >= own / 2);
    const deleted = stream.events.filter(({ kind }) => kind === 'DELETED').map(({ value }) => value.message.id);
    expect(new Set(deleted).size).toBe(deleted.length);
    expect(deleted).toHaveLength(own / 2);
  }
});
