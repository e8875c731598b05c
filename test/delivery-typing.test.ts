import { expect, onTestFinished, test, vi } from 'vitest';
import { typingTtlMs } from '../src/presence/contract.ts';
import { createRoom, enterGuest, joinRoom, type Person } from './support/person.ts';
import { startServer } from './support/server.ts';
import type { Subscription, WsClient } from './support/ws-client.ts';

const query = 'subscription ($roomId: ID!) { typing(roomId: $roomId) { users { id } count end { code } } }';
const setTyping = `mutation ($roomId: ID!, $isTyping: Boolean!) {
  setTyping(input: { roomId: $roomId, isTyping: $isTyping }) { repeatAfterMs errors { code } }
}`;

test('typing shows the state of now first, then each change, and ends by itself', async () => {
  const { server, ann, bob, watch } = await setUp();
  const roomId = await createRoom(ann, 'room');
  await joinRoom(bob, roomId);
  const early = await watch(bob, roomId);
  expect(await next(early)).toEqual([]);
  await type(ann, roomId, true);
  const startedAt = performance.now();
  expect(await next(early)).toEqual([ann.id]);
  await type(bob, roomId, true);
  expect(await next(early)).toEqual([ann.id, bob.id]);

  const late = await watch(ann, roomId);
  expect(await next(late)).toEqual([ann.id, bob.id]);
  await type(bob, roomId, false);
  expect(await next(early)).toEqual([ann.id]);
  expect(await next(late)).toEqual([ann.id]);
  expect(await next(early)).toEqual([]);
  expect(await next(late)).toEqual([]);
  expect(performance.now() - startedAt).toBeGreaterThan(typingTtlMs - 500);

  for (const subscription of [early, late]) subscription.complete();
  const { engine } = server.node;
  await vi.waitFor(() => expect(engine.hub.size).toEqual({ readers: 0, groups: 0, entitlements: 0 }), 5_000);
  expect(engine.services.typing.size).toEqual({ leases: 0, watchers: 0 });
});

test('[A4] typing in a private room ends for who is removed, and goes on for the others', async () => {
  const { ann, bob, watch } = await setUp();
  const roomId = await createRoom(ann, 'room', 'PRIVATE');
  const elsewhere = await createRoom(ann, 'elsewhere', 'PRIVATE');
  for (const room of [roomId, elsewhere]) await change(ann, 'addMember', 'AddMemberInput', room, bob.id);
  const [removed, kept, other] = [await watch(bob, roomId), await watch(ann, roomId), await watch(bob, elsewhere)];
  for (const subscription of [removed, kept, other]) expect(await next(subscription)).toEqual([]);

  await change(ann, 'removeMember', 'RemoveMemberInput', roomId, bob.id);
  expect((await removed.next()).data.typing).toMatchObject({ count: 0, end: { code: 'NO_LONGER_READABLE' } });
  expect(await removed.ended).toEqual({ kind: 'complete' });
  expect(await type(bob, roomId, true)).toEqual(['NOT_FOUND']);
  for (const [room, subscription] of [
    [roomId, kept],
    [elsewhere, other],
  ] as const) {
    await type(ann, room, true);
    expect(await next(subscription)).toEqual([ann.id]);
  }
  const again = await watch(bob, roomId);
  expect(await again.ended).toMatchObject({ kind: 'error', errors: [{ extensions: { code: 'NOT_FOUND' } }] });
});

async function setUp() {
  const server = await startServer();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const [ann, bob] = [await enterGuest(server, 'ann'), await enterGuest(server, 'bob')];
  const clients: WsClient[] = [];
  onTestFinished(async () => {
    for (const client of clients) await client[Symbol.asyncDispose]();
  });
  const watch = async (person: Person, roomId: string): Promise<Subscription> => {
    const client = await person.connect();
    clients.push(client);
    return client.subscribe(query, { roomId });
  };
  return { server, ann, bob, watch };
}

/** Ids of those who type, by the next item. */
async function next(subscription: Subscription): Promise<string[]> {
  const { users, count, end } = (await subscription.next()).data.typing;
  expect({ count, end }).toEqual({ count: users.length, end: null });
  return users.map(({ id }: { id: string }) => id);
}

async function type(person: Person, roomId: string, isTyping: boolean): Promise<string[]> {
  const { data } = await person.ask(setTyping, { roomId, isTyping });
  return data.setTyping.errors.map(({ code }: { code: string }) => code);
}

async function change(person: Person, name: string, input: string, roomId: string, userId: string): Promise<void> {
  const mutation = `mutation ($input: ${input}!) { ${name}(input: $input) { errors { code } } }`;
  expect((await person.ask(mutation, { input: { roomId, userId } })).data[name].errors).toEqual([]);
}
