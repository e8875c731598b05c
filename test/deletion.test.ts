import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newHandle, signIn, signInAs, signUp, signUpMutation } from './support/account.ts';
import { makeBot, makeProgram } from './support/api-token.ts';
import { doorNames, openDoor, refusal } from './support/doors.ts';
import { rowIdOf } from './support/history.ts';
import { LogStream } from './support/log-stream.ts';
import { createRoom, enterGuest, joinRoom, type Person, post, send } from './support/person.ts';
import { startServer } from './support/server.ts';
import { startWorld, type World } from './support/world.ts';

const deleteAccount = `mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) {
  sessionIds cursor errors { code path message }
} }`;
const membersQuery = `query ($id: ID!) { room(by: { id: $id }) { members { nodes { role user { id } } } } }`;
const messagesQuery = `query ($id: ID!) { room(by: { id: $id }) { messages {
  nodes { id text deletedAt clientKey author { id handle displayName isDeleted avatarUrl bio } } } } }`;

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  expect(world.bugs).toEqual([]);
  await world[Symbol.asyncDispose]();
});

/** Until what the account left is gone. */
async function erased({ server } = world): Promise<void> {
  await expect.poll(() => server.database.query('SELECT 1 FROM erasure'), { timeout: 20_000 }).toEqual([]);
}

const statusOf = async ({ token }: Person) =>
  (await post(world.server.url, '{ asOf }', {}, { authorization: `Bearer ${token}` })).status;

describe.each(doorNames)('over %s', (name) => {
  it('[L2] an account goes with its name, profile, ways to sign in and sessions; its handle is nobody else’s, its id stays', async () => {
    const { server, roomId, bob } = world;
    const member = await signUp(server);
    const elsewhere = await signInAs(server, member);
    await joinRoom(member, roomId);
    await member.ask('mutation { updateProfile(input: { bio: "Digs." }) { errors { code } } }');
    const query = `subscription { events { __typename cursor ... on UserUpdated { user { id displayName handle isDeleted } } } }`;
    await using stream = new LogStream(server, bob, { query });
    await stream.until(({ items }) => items.length > 0);
    {
      await using door = await openDoor(name, server.url, member.token);
      const answer = (await door.ask(deleteAccount, { input: { password: member.password, content: 'KEEP' } })).data;
      expect(answer.deleteAccount).toMatchObject({ cursor: expect.any(String), errors: [] });
      expect(answer.deleteAccount.sessionIds).toHaveLength(2);
    }
    expect(await Promise.all([member, elsewhere].map(statusOf))).toEqual([401, 401]);
    expect((await signIn(server, member.handle, member.password)).errors[0].code).toBe('SIGN_IN_FAILED');
    const taken = await post(server.url, signUpMutation, {
      input: { handle: member.handle, password: member.password },
    });
    expect(taken.data.signUp.errors[0].code).toBe('HANDLE_TAKEN');
    const gone = { id: member.id, displayName: 'Deleted user', handle: null, isDeleted: true };
    await stream.until(({ events }) => events.some(({ value }) => value.user?.isDeleted));
    expect(stream.events.find(({ value }) => value.user?.isDeleted)?.value.user).toEqual(gone);
    await erased();
    const shown = `query ($id: ID!, $handle: String!) { user(by: { id: $id }) { id displayName handle isDeleted bio }
      none: user(by: { handle: $handle }) { id } }`;
    const { data } = await bob.ask(shown, { id: member.id, handle: member.handle });
    expect(data).toEqual({ user: { ...gone, bio: null }, none: null });
    const { nodes } = (await bob.ask(membersQuery, { id: roomId })).data.room.members;
    expect(nodes.map(({ user }: { user: { id: string } }) => user.id)).not.toContain(member.id);
  });

  it('[L2] nobody goes without their password, nor with what the server does not offer, and nothing is written', async () => {
    const member = await signUp(world.server);
    await using door = await openDoor(name, world.server.url, member.token);
    const before = await world.content();
    for (const password of [null, 'some other words', '']) {
      const refused = await door.ask(deleteAccount, { input: { password } });
      refusal('deleteAccount', 'PASSWORD_WRONG', ['input', 'password'])(refused);
    }
    expect(await world.content()).toEqual(before);
    expect(await statusOf(member)).toBe(200);
  });

  it('[L3] texts of who goes are gone for every reader at once, and from the tables soon after', async () => {
    const { server, roomId, ann } = world;
    const member = await signUp(server);
    await joinRoom(member, roomId);
    const keys = Array.from({ length: 250 }, (_, n) => `secret-${name}-${n}`);
    for (const key of keys) await send(member, roomId, `a secret of ${member.handle}`, key);
    const query = `subscription ($id: ID!) { messages(roomId: $id) { kind cursor message { id text author { id } } } }`;
    await using stream = new LogStream(server, ann, { query, variables: { id: roomId } });
    await stream.until(({ items }) => items.length > 0);
    {
      await using door = await openDoor(name, server.url, member.token);
      const answer = await door.ask(deleteAccount, { input: { password: member.password, content: 'ERASE' } });
      expect(answer.data.deleteAccount.errors).toEqual([]);
    }
    const read = (await ann.ask(messagesQuery, { id: roomId })).data.room.messages.nodes;
    const own = read.filter(({ author }: { author: { id: string } }) => author.id === member.id);
    expect(own).toHaveLength(50);
    for (const message of own) expect(message).toMatchObject({ text: null, deletedAt: expect.any(String) });
    await using late = new LogStream(server, ann, {
      query: `subscription ($id: ID!) { messages(roomId: $id, last: 40) { kind cursor message { id text author { id } } } }`,
      variables: { id: roomId },
    });
    await late.until(({ items }) => items.length > 40);
    expect(JSON.stringify(late.items)).not.toContain('a secret of');
    await erased();
    const rows = await server.database.query(
      'SELECT 1 FROM message WHERE (text IS NOT NULL OR client_key IS NOT NULL) AND author_id::text = $1',
      [rowIdOf(member.id)],
    );
    expect(rows).toEqual([]);
    expect(
      await server.database.query('SELECT 1 FROM client_key WHERE user_id::text = $1', [rowIdOf(member.id)]),
    ).toEqual([]);
    await stream.until(({ events }) => events.filter(({ kind }) => kind === 'DELETED').length >= 250);
  });
});

it('[L2] who kept it without a password must have signed in lately, and a guest has nothing but their session', async () => {
  const { server } = world;
  const guest = await enterGuest(server, 'Guest');
  expect((await guest.ask(deleteAccount, { input: {} })).data.deleteAccount.errors).toEqual([]);
  expect(await statusOf(guest)).toBe(401);
  const member = await signUp(server);
  await server.database.query('DELETE FROM user_password WHERE user_id::text = $1', [rowIdOf(member.id)]);
  await server.database.query(
    `UPDATE session SET created_at = now() - interval '11 minutes' WHERE user_id::text = $1`,
    [rowIdOf(member.id)],
  );
  await using door = await openDoor('HTTP', server.url, member.token);
  refusal('deleteAccount', 'SIGN_IN_AGAIN', null)(await door.ask(deleteAccount, { input: {} }));
  await server.database.query('UPDATE session SET created_at = now() WHERE user_id::text = $1', [rowIdOf(member.id)]);
  expect((await member.ask(deleteAccount, { input: {} })).data.deleteAccount.errors).toEqual([]);
  await erased();
});

it('[L4] a room whose last owner goes belongs to whoever has been in it for longest; one that they had alone is deserted', async () => {
  const { server } = world;
  const owner = await signUp(server);
  const [shared, alone, twice] = await Promise.all(['Shared', 'Alone', 'Twice'].map((one) => createRoom(owner, one)));
  const [first, second] = [await enterGuest(server, 'First'), await enterGuest(server, 'Second')];
  for (const person of [first, second]) for (const id of [shared, twice]) await joinRoom(person, id as string);
  await owner.ask(`mutation ($input: SetMemberRoleInput!) { setMemberRole(input: $input) { errors { code } } }`, {
    input: { roomId: twice, userId: second.id, role: 'OWNER' },
  });
  await owner.ask(deleteAccount, { input: { password: owner.password, content: 'KEEP' } });
  await erased();
  const rolesIn = async (id: string | undefined) =>
    (await first.ask(membersQuery, { id })).data.room.members.nodes.map(
      ({ role, user }: { role: string; user: { id: string } }) => [user.id, role],
    );
  expect(await rolesIn(shared)).toEqual([
    [first.id, 'OWNER'],
    [second.id, 'MEMBER'],
  ]);
  expect(await rolesIn(twice)).toEqual([
    [first.id, 'MEMBER'],
    [second.id, 'OWNER'],
  ]);
  expect(await rolesIn(alone)).toEqual([]);
});

it('[L2] [W4] nothing is written by who is gone, whatever they asked for at the same time', async () => {
  const { server, bob } = world;
  for (let round = 0; round < 5; round++) {
    const member = await signUp(server);
    const roomId = await createRoom(member, `Round ${round}`);
    const publicId = await createRoom(bob, `Public ${round}`);
    const sends = Array.from({ length: 10 }, (_, n) => () => send(member, roomId, `message ${n}`).catch(() => null));
    const joins = Array.from({ length: 3 }, () => () => joinRoom(member, publicId).catch(() => null));
    const renames = [
      () => member.ask('mutation { updateProfile(input: { displayName: "Back" }) { errors { code } } }'),
    ];
    const going = () => member.ask(deleteAccount, { input: { password: member.password, content: 'ERASE' } });
    await Promise.all([...sends, ...joins, going, ...renames, ...joins, ...sends].map((ask) => ask()));
    await erased();
    const [left] = await server.database.query<Record<string, number | string>>(
      `SELECT display_name AS name, (SELECT count(*)::int FROM message WHERE author_id = one.id AND text IS NOT NULL) AS texts,
        (SELECT count(*)::int FROM member WHERE user_id = one.id AND left_position IS NULL) AS memberships,
        (SELECT count(*)::int FROM session WHERE user_id = one.id AND ended_at IS NULL) AS sessions
       FROM user_account AS one WHERE id::text = $1`,
      [rowIdOf(member.id)],
    );
    expect(left).toEqual({ name: 'Deleted user', texts: 0, memberships: 0, sessions: 0 });
  }
});

it('[L2] who signs in while the account is deleted is not let in, or ended', async () => {
  const { server } = world;
  for (let round = 0; round < 4; round++) {
    const member = await signUp(server, { handle: newHandle() });
    const signingIn = Promise.all(Array.from({ length: 8 }, () => signIn(server, member.handle, member.password)));
    await member.ask(deleteAccount, { input: { password: member.password } });
    const tokens = (await signingIn).flatMap(({ token }) => (token === null ? [] : [token]));
    const statuses = tokens.map(async (token) => statusOf({ ...member, token }));
    expect(await Promise.all(statuses)).toEqual(tokens.map(() => 401));
  }
  await erased();
});

it('[L3] an operator decides what is offered, and the server says it', async () => {
  await using server = await startServer({ deletedContent: ['KEEP'] });
  const offered = await post(server.url, '{ server { deletedContent } }');
  expect(offered.data.server.deletedContent).toEqual(['KEEP']);
  const member = await signUp(server);
  const roomId = await createRoom(member, 'Kitchen');
  await send(member, roomId, 'stays');
  const reader = await enterGuest(server, 'Reader');
  const refused = await member.ask(deleteAccount, { input: { password: member.password, content: 'ERASE' } });
  expect(refused.data.deleteAccount.errors[0]).toMatchObject({
    code: 'CONTENT_NOT_OFFERED',
    path: ['input', 'content'],
  });
  expect((await member.ask(deleteAccount, { input: { password: member.password } })).data.deleteAccount.errors).toEqual(
    [],
  );
  const { nodes } = (await reader.ask(messagesQuery, { id: roomId })).data.room.messages;
  const author = {
    id: member.id,
    handle: null,
    displayName: 'Deleted user',
    isDeleted: true,
    avatarUrl: null,
    bio: null,
  };
  expect(nodes).toMatchObject([{ text: 'stays', deletedAt: null, author }]);
});

it('[L2] API tokens and bots of who is gone are gone with them', async () => {
  const { server } = world;
  const member = await signUp(server);
  const own = await makeProgram(server, member);
  const botId = await makeBot(member, newHandle('owl'));
  const bot = await makeProgram(server, member, { botId });
  expect(await Promise.all([own, bot].map(statusOf))).toEqual([200, 200]);
  await member.ask(deleteAccount, { input: { password: member.password } });
  expect(await Promise.all([own, bot].map(statusOf))).toEqual([401, 401]);
  const shown = await world.bob.ask('query ($id: ID!) { user(by: { id: $id }) { handle isBot } }', { id: botId });
  expect(shown.data.user).toEqual({ handle: null, isBot: true });
  await erased();
});
