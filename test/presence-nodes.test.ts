import { expect, onTestFinished, test } from 'vitest';
import { createTestDatabase } from './support/database.ts';
import { startNodes } from './support/nodes.ts';
import { createRoom, enterGuest, joinRoom, type Person } from './support/person.ts';
import { ServerHome, until, within } from './support/process.ts';
import { startRedis, type TestRedis } from './support/redis.ts';
import { startServer, type TestServer } from './support/server.ts';
import { connect as connectWithToken, type WsClient } from './support/ws-client.ts';

const query = 'subscription ($roomId: ID!) { presence(roomId: $roomId) { users { id } count end { code } } }';

test('[P1][P3] people of two nodes see each other, on both nodes, however many sockets each has', async () => {
  const { here, there } = await twoNodes();
  const { ann, bob, roomId } = await meet(here, there);
  const sockets = [await connect(bob), await connect(bob)];
  const onThere = await watch(bob, roomId);
  const onHere = await watch(ann, roomId);
  await onHere.until([ann, bob]);
  await onThere.until([ann, bob]);
  for (const socket of sockets) await socket.close();
  await onThere.leave();
  const leftAt = performance.now();
  await onHere.until([ann]);
  expect(performance.now() - leftAt).toBeGreaterThan(4_500);
  expect(onHere.shown.slice(onHere.shown.findIndex((ids) => ids.length === 2))).toHaveLength(2);
});

test('[P3] the people of a node that is killed go offline when its lease ends', async () => {
  const redis = await redisFor();
  const database = await createTestDatabase();
  onTestFinished(() => database[Symbol.asyncDispose]());
  const here = await startServer({ database, redisUrl: redis.url });
  onTestFinished(() => here[Symbol.asyncDispose]());
  const home = new ServerHome();
  onTestFinished(() => home[Symbol.asyncDispose]());
  const process = home.launch({ DATABASE_URL: database.url, REDIS_URL: redis.url, PARLEY_DATABASE_POOL_SIZE: '4' });
  const url = await within(60_000, process.ready, () => process.output);
  const { ann, bob, roomId } = await meet(here, { url });
  const onHere = await watch(ann, roomId);
  await connect(bob);
  await onHere.until([ann, bob]);

  const killedAt = performance.now();
  process.kill('SIGKILL');
  await process.exited;
  await onHere.until([ann], 20_000);
  const elapsedMs = performance.now() - killedAt;
  expect(elapsedMs).toBeGreaterThan(9_000);
  expect(elapsedMs).toBeLessThan(19_000);
}, 120_000);

test('[P1][D2] who moves from a node that stops to another one never shows as offline, and who does not come back soon does', async () => {
  const { here, there } = await twoNodes();
  const { ann, bob, roomId } = await meet(here, there);
  const carl = await enterGuest(here, 'carl');
  await joinRoom(carl, roomId);
  const onHere = await watch(ann, roomId);
  const moving = await connect(bob);
  const gone = await connectTo(there, carl);
  await onHere.until([ann, bob, carl]);
  const stopped = there.stop();
  expect((await moving.closed).code).toBe(1012);
  await connectTo(here, bob);
  await gone.closed;
  await stopped;
  const stoppedAt = performance.now();
  await onHere.until([ann, bob]);
  expect(performance.now() - stoppedAt).toBeLessThan(8_000);
  const since = onHere.shown.slice(onHere.shown.findIndex((ids) => ids.includes(bob.id)));
  expect(since.filter((ids) => !ids.includes(bob.id))).toEqual([]);
});

test('[P3] with Redis killed each node goes on with its own people, and with its return all are shown again', async () => {
  const { here, there, redis } = await twoNodes();
  const { ann, bob, roomId } = await meet(here, there);
  const onHere = await watch(ann, roomId);
  const onThere = await watch(bob, roomId);
  await onHere.until([ann, bob]);
  await onThere.until([ann, bob]);
  await redis.kill();
  await onHere.until([ann], 20_000);
  await onThere.until([bob], 20_000);
  const carl = await enterGuest(here, 'carl');
  await joinRoom(carl, roomId);
  await connect(carl);
  await onHere.until([ann, carl]);
  await redis.start();
  await onHere.until([ann, bob, carl]);
  await onThere.until([ann, bob, carl]);
}, 60_000);

async function redisFor(): Promise<TestRedis> {
  const redis = await startRedis();
  onTestFinished(() => redis[Symbol.asyncDispose]());
  return redis;
}

async function twoNodes() {
  const redis = await redisFor();
  const { nodes } = await startNodes([{ redisUrl: redis.url }, { redisUrl: redis.url }]);
  const [here, there] = nodes as [TestServer, TestServer];
  return { here, there, redis };
}

/** Ann on the one node and Bob on the other, in a room. */
async function meet(here: { readonly url: string }, there: { readonly url: string }) {
  const [ann, bob] = [await enterGuest(here, 'ann'), await enterGuest(there, 'bob')];
  const roomId = await createRoom(ann, 'room');
  await joinRoom(bob, roomId);
  return { ann, bob, roomId };
}

async function connect(person: Person): Promise<WsClient> {
  const client = await person.connect();
  onTestFinished(() => client[Symbol.asyncDispose]());
  return client;
}

/** On another node than the one where they entered. */
function connectTo(node: { readonly url: string }, person: Person): Promise<WsClient> {
  return connect({
    ...person,
    connect: () => connectWithToken(node.url, { connectionParams: { token: person.token } }),
  });
}

/** All that a socket of the person's own is shown of the room. */
async function watch(person: Person, roomId: string) {
  const client = await connect(person);
  const presence = client.subscribe(query, { roomId });
  const shown: string[][] = [];
  const reading = (async () => {
    for (;;) {
      const { data } = await presence.next();
      shown.push(data.presence.users.map(({ id }: { id: string }) => id).sort());
    }
  })();
  reading.catch(() => undefined);
  return {
    shown,
    until(people: readonly Person[], boundMs = 12_000): Promise<void> {
      const wanted = people
        .map(({ id }) => id)
        .sort()
        .join();
      return until(() => shown.at(-1)?.join() === wanted, boundMs);
    },
    leave: () => client.close(),
  };
}
