/** Sends that are decided by what a node knows: whatever changes elsewhere, and whatever changes here, they know it in time. */
import { expect, onTestFinished, test } from 'vitest';
import { createTestDatabase } from './support/database.ts';
import { createRoom, enterGuest, joinRoom, type Person, personOf, send } from './support/person.ts';
import { startServer } from './support/server.ts';

const author = `query ($roomId: ID!) {
  room(by: { id: $roomId }) { messages(last: 1) { nodes { text author { displayName } } } }
}`;
const removing = `mutation ($input: RemoveMemberInput!) { removeMember(input: $input) { errors { code } } }`;
const renaming = `mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { errors { code } } }`;

async function setUp() {
  const database = await createTestDatabase();
  onTestFinished(() => database[Symbol.asyncDispose]());
  const start = async () => {
    const server = await startServer({ database });
    onTestFinished(() => server[Symbol.asyncDispose]());
    return server;
  };
  const [here, there] = [await start(), await start()];
  const owner = await enterGuest(here, 'Owner');
  const guest = await enterGuest(here, 'Guest');
  const roomId = await createRoom(owner, 'Kitchen');
  await joinRoom(guest, roomId);
  const ofOther = ({ id, token }: Person) => personOf(there, id, token);
  /** Until the log was found as it was left: from then on what is known of these two is used. */
  const settle = async () => {
    for (const n of [1, 2, 3]) for (const person of [owner, guest]) await send(person, roomId, `settled ${n}`);
  };
  await settle();
  return { database, owner, guest, roomId, ofOther, settle };
}

const codesOf = (sent: { readonly errors: readonly { readonly code: string }[] }) =>
  sent.errors.map(({ code }) => code);

test('[W4] who was removed on another node, or on this one, sends nothing more, and goes on when they are back', async () => {
  const { owner, guest, roomId, ofOther, settle } = await setUp();
  for (const remover of [ofOther(owner), owner]) {
    const { data } = await remover.ask(removing, { input: { roomId, userId: guest.id } });
    expect(data.removeMember.errors).toEqual([]);
    const [refused, done] = await Promise.all([send(guest, roomId, 'too late'), send(owner, roomId, 'still there')]);
    expect([codesOf(refused), codesOf(done)]).toEqual([['NOT_A_MEMBER'], []]);
    await joinRoom(guest, roomId);
    expect(codesOf(await send(guest, roomId, 'back'))).toEqual([]);
    await settle();
  }
});

test('[W5] a key that was used here or elsewhere, just now or before, gives its one outcome', async () => {
  const { guest, roomId, ofOther, settle } = await setUp();
  const once = await send(guest, roomId, 'once', 'a-key');
  expect(await send(guest, roomId, 'once', 'a-key')).toEqual({ ...once, replayed: true });
  expect(codesOf(await send(guest, roomId, 'twice', 'a-key'))).toEqual(['KEY_CONFLICT']);
  await settle();
  const elsewhere = await send(ofOther(guest), roomId, 'once more', 'another-key');
  expect(await send(guest, roomId, 'once more', 'another-key')).toEqual({ ...elsewhere, replayed: true });
  await settle();
  const asked = Array.from({ length: 60 }, () => send(guest, roomId, 'at once', 'third-key'));
  const outcomes = await Promise.all(asked);
  expect(new Set(outcomes.map(({ message }) => message.id)).size).toBe(1);
  expect(outcomes.filter(({ replayed }) => !replayed)).toHaveLength(1);
});

test('[R3] a message shows its author as they are called now, wherever they were renamed', async () => {
  const { guest, roomId, ofOther, settle } = await setUp();
  await using socket = await guest.connect();
  const { results } = socket.subscribe(
    'subscription ($roomId: ID!) { messages(roomId: $roomId) { message { text author { displayName } } } }',
    { roomId },
  );
  await results.next();
  for (const [name, renamer] of [
    ['Renamed elsewhere', ofOther(guest)],
    ['Renamed here', guest],
  ] as const) {
    await renamer.ask(renaming, { input: { displayName: name } });
    await send(guest, roomId, name);
    const shown = { text: name, author: { displayName: name } };
    expect((await guest.ask(author, { roomId })).data.room.messages.nodes).toEqual([shown]);
    const told = await results.until(({ data }) => data.messages.message?.text === name);
    expect(told.at(-1).data.messages.message).toEqual(shown);
    await settle();
  }
});
