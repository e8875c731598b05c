import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { doorNames, fault, openDoor } from './support/doors.ts';
import { createRoom, enterGuest, joinRoom, type Person } from './support/person.ts';
import { startServer } from './support/server.ts';
import { openEvents } from './support/sse-client.ts';
import type { Subscription, WsClient } from './support/ws-client.ts';

const query = 'subscription ($roomId: ID!) { presence(roomId: $roomId) { users { id } count end { code } } }';
const messages = 'subscription ($roomId: ID!) { messages(roomId: $roomId) { kind } }';
const members = `query ($roomId: ID!) {
  room(by: { id: $roomId }) { members { nodes { user { id } isOnline leftAt } } }
}`;

test('[P1][P2] who connects is online with the first socket or event stream, and offline 5 s after the last has closed', async () => {
  const { server, ann, bob, connect } = await setUp();
  const roomId = await createRoom(ann, 'room');
  await joinRoom(bob, roomId);
  const presence = (await connect(ann)).subscribe(query, { roomId });
  expect(await next(presence)).toEqual([ann.id]);

  const [one, two] = [await connect(bob), await connect(bob)];
  expect(await next(presence)).toEqual([ann.id, bob.id]);
  const headers = { authorization: `Bearer ${bob.token}` };
  const events = await openEvents(server.url, { query: messages, variables: { roomId }, headers });
  await events.next();
  await one.close();
  await two.close();
  const reader = await openEvents(server.url, { query, variables: { roomId }, headers });
  expect((await reader.next()).data.data.presence).toMatchObject({ count: 2 });
  reader[Symbol.dispose]();
  const closedAt = performance.now();
  events[Symbol.dispose]();
  expect(await next(presence)).toEqual([ann.id]);
  expect(performance.now() - closedAt).toBeGreaterThan(4_900);
  expect(performance.now() - closedAt).toBeLessThan(8_000);
  expect(presence.results.waiting).toEqual([]);
});

test('[P1] who reloads the page never shows as offline', async () => {
  const { server, ann, bob, connect } = await setUp();
  const roomId = await createRoom(ann, 'room');
  await joinRoom(bob, roomId);
  let page = await connect(bob);
  const presence = (await connect(ann)).subscribe(query, { roomId });
  expect(await next(presence)).toEqual([ann.id, bob.id]);
  for (let reload = 0; reload < 3; reload++) {
    page.socket.terminate();
    await page.closed;
    page = await connect(bob);
  }
  const carl = await enterGuest(server, 'carl');
  await joinRoom(carl, roomId);
  await connect(carl);
  // The first thing that anybody is shown since.
  expect(await next(presence)).toEqual([ann.id, bob.id, carl.id]);
  expect(await onlineMembers(ann, roomId)).toEqual([ann.id, bob.id, carl.id]);
});

test('[P2] who joins or leaves while online is shown, and who is online and no member is not', async () => {
  const { ann, bob, connect } = await setUp();
  const roomId = await createRoom(ann, 'room');
  await connect(bob);
  const presence = (await connect(ann)).subscribe(query, { roomId });
  expect(await next(presence)).toEqual([ann.id]);
  await joinRoom(bob, roomId);
  expect(await next(presence)).toEqual([ann.id, bob.id]);
  await bob.ask(`mutation ($roomId: ID!) { leaveRoom(input: { roomId: $roomId }) { errors { code } } }`, { roomId });
  expect(await next(presence)).toEqual([ann.id]);
});

test('[A4][P2] presence in a private room ends for who is removed, and shows the others that they are not in it', async () => {
  const { ann, bob, connect } = await setUp();
  const roomId = await createRoom(ann, 'room', 'PRIVATE');
  await change(ann, 'addMember', 'AddMemberInput', roomId, bob.id);
  const kept = (await connect(ann)).subscribe(query, { roomId });
  const socket = await connect(bob);
  const removed = socket.subscribe(query, { roomId });
  for (const presence of [kept, removed]) {
    await presence.until(({ data }) => data.presence.count === 2);
  }
  await change(ann, 'removeMember', 'RemoveMemberInput', roomId, bob.id);
  expect((await removed.next()).data.presence).toEqual({ users: [], count: 0, end: { code: 'NO_LONGER_READABLE' } });
  expect(await removed.ended).toEqual({ kind: 'complete' });
  expect(await next(kept)).toEqual([ann.id]);
  const again = socket.subscribe(query, { roomId });
  expect(await again.ended).toMatchObject({ kind: 'error', errors: [{ extensions: { code: 'NOT_FOUND' } }] });
});

test('[P2] a crowd that comes little by little is shown in a frame a second, and watching leaves nothing behind', async () => {
  const { server, ann, connect } = await setUp();
  const roomId = await createRoom(ann, 'room');
  const crowd = await Promise.all(Array.from({ length: 30 }, (_, n) => enterGuest(server, `guest ${n}`)));
  for (const person of crowd) await joinRoom(person, roomId);
  const client = await connect(ann);
  const presence = client.subscribe(query, { roomId });
  expect(await next(presence)).toEqual([ann.id]);
  const begun = performance.now();
  for (const person of crowd) {
    await connect(person);
    await delay(60);
  }
  const frames = await presence.until(({ data }) => data.presence.count === 31);
  expect(frames.length).toBeLessThanOrEqual(1 + Math.ceil((performance.now() - begun) / 1_000));
  const { hub, services } = server.node.engine;
  expect(hub.presenceRooms).toBe(1);

  presence.complete();
  for (let cycle = 0; cycle < 20; cycle++) {
    const shown = client.subscribe(query, { roomId });
    if (cycle % 2 === 0) await shown.next();
    shown.complete();
  }
  await vi.waitFor(() => {
    expect(hub.size).toEqual({ readers: 0, groups: 0, entitlements: 0 });
    expect([hub.presenceRooms, services.presence.size.watchers]).toEqual([0, 0]);
  }, 5_000);
});

describe.each(doorNames)('over %s', (name) => {
  test('[P1] Member.isOnline says who is here, for whoever may see the members', async () => {
    const { server, ann, bob, connect } = await setUp();
    const roomId = await createRoom(ann, 'room');
    await joinRoom(bob, roomId);
    await connect(ann);
    const door = await openDoor(name, server.url, ann.token);
    onTestFinished(() => door[Symbol.asyncDispose]());
    const { data } = await door.ask(members, { roomId });
    const shown = data.room.members.nodes.map(({ user, isOnline }: MemberNode) => [user.id, isOnline]);
    expect(shown).toEqual([
      [ann.id, true],
      [bob.id, false],
    ]);
  });

  test('[A1][E3] presence of what is no room, or of a room that is not the viewer’s to see, is refused', async () => {
    const { server, ann, bob } = await setUp();
    const hidden = await createRoom(bob, 'hidden', 'PRIVATE');
    const door = await openDoor(name, server.url, ann.token);
    onTestFinished(() => door[Symbol.asyncDispose]());
    for (const roomId of [hidden, ann.id, 'rubbish', '']) {
      const reply = await door.ask(query, { roomId });
      fault(name === 'HTTP' ? 'SUBSCRIPTION_OVER_HTTP' : 'NOT_FOUND')(reply);
    }
    const stranger = await openDoor(name, server.url, null);
    onTestFinished(() => stranger[Symbol.asyncDispose]());
    fault(name === 'HTTP' ? 'SUBSCRIPTION_OVER_HTTP' : 'UNAUTHENTICATED')(
      await stranger.ask(query, { roomId: hidden }),
    );
  });
});

interface MemberNode {
  readonly user: { readonly id: string };
  readonly isOnline: boolean;
}

async function setUp() {
  const server = await startServer();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const [ann, bob] = [await enterGuest(server, 'ann'), await enterGuest(server, 'bob')];
  const clients: WsClient[] = [];
  onTestFinished(async () => {
    for (const client of clients) await client[Symbol.asyncDispose]();
  });
  const connect = async (person: Person): Promise<WsClient> => {
    const client = await person.connect();
    clients.push(client);
    return client;
  };
  return { server, ann, bob, connect };
}

/** Ids of those who are online, by the next item. */
async function next(subscription: Subscription): Promise<string[]> {
  const { users, count, end } = (await subscription.next()).data.presence;
  expect({ count, end }).toEqual({ count: users.length, end: null });
  return users.map(({ id }: { id: string }) => id);
}

async function onlineMembers(person: Person, roomId: string): Promise<string[]> {
  const { data } = await person.ask(members, { roomId });
  return data.room.members.nodes.filter(({ isOnline }: MemberNode) => isOnline).map(({ user }: MemberNode) => user.id);
}

async function change(person: Person, name: string, input: string, roomId: string, userId: string): Promise<void> {
  const mutation = `mutation ($input: ${input}!) { ${name}(input: $input) { errors { code } } }`;
  expect((await person.ask(mutation, { input: { roomId, userId } })).data[name].errors).toEqual([]);
}
