import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goodPassword, newHandle, signIn, signInMutation, signUp, signUpMutation } from './support/account.ts';
import { doorNames, openDoor, refusal } from './support/doors.ts';
import { readLog } from './support/history.ts';
import { createRoom, enterGuest, joinRoom, post, send } from './support/person.ts';
import { startWorld, type World } from './support/world.ts';
import { connect } from './support/ws-client.ts';

const whoAmI = '{ viewer { user { id handle displayName isGuest } } }';

let world: World;
let url: string;
beforeAll(async () => {
  world = await startWorld();
  url = world.server.url;
});
afterAll(() => world[Symbol.asyncDispose]());

describe.each(doorNames)('over %s', (name) => {
  it('[U1] [U2] somebody signs up, and signs in again with the handle in capitals', async () => {
    await using door = await openDoor(name, url, null);
    const handle = newHandle();
    const made = await door.ask(signUpMutation, { input: { handle, password: goodPassword, displayName: ' Otter ' } });
    const user = { id: expect.stringMatching(/^user_/), handle, displayName: 'Otter', isGuest: false };
    expect(made.data.signUp).toMatchObject({ viewer: { user }, errors: [] });
    const again = await door.ask(signInMutation, { input: { handle: handle.toUpperCase(), password: goodPassword } });
    expect(again.data.signIn).toMatchObject({ viewer: made.data.signUp.viewer, errors: [] });
    for (const { token, expiresAt } of [made.data.signUp, again.data.signIn]) {
      expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(89 * 86_400_000);
      await using own = await openDoor(name, url, token);
      expect((await own.ask(whoAmI)).data.viewer.user).toMatchObject(user);
    }
    expect(made.data.signUp.token).not.toBe(again.data.signIn.token);
  });

  it.each([
    ['HANDLE_INVALID', 'handle', { handle: 'a' }],
    ['HANDLE_INVALID', 'handle', { handle: 'a'.repeat(31) }],
    ['HANDLE_INVALID', 'handle', { handle: '1otter' }],
    ['HANDLE_INVALID', 'handle', { handle: 'otter-one' }],
    ['HANDLE_INVALID', 'handle', { handle: 'otter.' }],
    ['HANDLE_INVALID', 'handle', { handle: 'оtter' }],
    ['HANDLE_INVALID', 'handle', { handle: 'ot\0ter' }],
    ['HANDLE_TAKEN', 'handle', { handle: 'Admin' }],
    ['HANDLE_TAKEN', 'handle', { handle: 'parrot' }],
    ['PASSWORD_INVALID', 'password', { password: 'seven77' }],
    ['PASSWORD_INVALID', 'password', { password: 'x'.repeat(201) }],
    ['PASSWORD_INVALID', 'password', { password: '\ud800 lone surrogate' }],
    ['PASSWORD_INVALID', 'password', { password: 'nothing\0behind' }],
    ['PASSWORD_COMMON', 'password', { password: 'Password123' }],
    ['DISPLAY_NAME_INVALID', 'displayName', { displayName: ' ' }],
  ])('[U2] [U3] %s refuses a bad %s, and makes nobody: %j', async (code, field, bad) => {
    await using door = await openDoor(name, url, null);
    const before = await world.content();
    const input = { handle: newHandle(), password: goodPassword, ...bad };
    refusal('signUp', code, ['input', field])(await door.ask(signUpMutation, { input }));
    expect(await world.content()).toEqual(before);
  });

  it('[U4] a handle that nobody has, a wrong password and one without a password get the same answer', async () => {
    await using door = await openDoor(name, url, null);
    const { handle } = await signUp(world.server);
    const tries = [
      { handle: newHandle(), password: goodPassword },
      { handle, password: 'seven small badgers' },
      { handle, password: '' },
      { handle: '\ud800', password: goodPassword },
      { handle: 'no handle at all\0', password: '\0' },
    ];
    const before = await world.content();
    for (const input of tries) refusal('signIn', 'SIGN_IN_FAILED', null)(await door.ask(signInMutation, { input }));
    expect(await world.content()).toEqual(before);
  });

  it('refuses a second account to who has one, and keeps the first', async () => {
    const member = await signUp(world.server);
    await using door = await openDoor(name, url, member.token);
    const input = { handle: newHandle(), password: 'another good one' };
    refusal('signUp', 'ALREADY_SIGNED_UP', null)(await door.ask(signUpMutation, { input }));
    expect((await signIn(world.server, member.handle, member.password)).errors).toEqual([]);
    expect((await signIn(world.server, member.handle, input.password)).errors).toHaveLength(1);
  });

  it('[U1] a guest who signs up keeps id, rooms and messages, and the place in streams; only the new token is good', async () => {
    const guest = await enterGuest(world.server, 'Guest');
    const roomId = await createRoom(guest, 'Mine');
    await send(guest, roomId, 'as a guest');
    await using socket = await guest.connect();
    const follow = `subscription ($id: ID!, $after: Cursor) { messages(roomId: $id, after: $after) {
      cursor message { text author { handle } } end { code } } }`;
    const stream = socket.subscribe(follow, { id: roomId });
    await stream.next();
    await using door = await openDoor(name, url, guest.token);
    const handle = newHandle();
    const { data } = await door.ask(signUpMutation, { input: { handle, password: goodPassword } });
    expect(data.signUp).toMatchObject({
      viewer: { user: { id: guest.id, handle, displayName: 'Guest', isGuest: false } },
      errors: [],
    });
    expect((await guest.ask(whoAmI)).status).toBe(401);
    const headers = { authorization: `Bearer ${data.signUp.token}` };
    const rooms = await post(
      url,
      '{ viewer { rooms(first: 5) { nodes { id messages(first: 5) { nodes { text author { handle } } } } } } }',
      {},
      headers,
    );
    expect(rooms.data.viewer.rooms.nodes).toEqual([
      { id: roomId, messages: { nodes: [{ text: 'as a guest', author: { handle } }] } },
    ]);
    // The socket was opened by the guest, and gets nothing of the member.
    expect((await socket.closed).code).toBe(4410);
    const last = stream.results.waiting.at(-1)?.data.messages;
    expect(last.end).toEqual({ code: 'TOKEN_REPLACED' });
    const words = `mutation { sendMessage(input: { roomId: "${roomId}", text: "as a member" }) { errors { code } } }`;
    await post(url, words, {}, headers);
    await using renewed = await connect(url, { connectionParams: { token: data.signUp.token } });
    const resumed = renewed.subscribe(follow, { id: roomId, after: last.cursor });
    const [item] = (await resumed.until(({ data: { messages } }) => messages.message)).slice(-1);
    expect(item.data.messages.message).toEqual({ text: 'as a member', author: { handle } });
  });
});

describe('a cookie', () => {
  const cookieOf = (headers: Headers) =>
    /^parley_session=([^;]+); Path=\/; HttpOnly; SameSite=Lax/.exec(headers.get('set-cookie') ?? '')?.[1];

  it('[U1] is set by signing up and in over HTTP instead of showing the token, and refused over a socket', async () => {
    const handle = newHandle();
    const input = { handle, password: goodPassword, credential: 'COOKIE' };
    const made = await post(url, signUpMutation, { input });
    const again = await post(url, signInMutation, { input });
    expect([made.data.signUp.token, again.data.signIn.token]).toEqual([null, null]);
    for (const { headers } of [made, again]) {
      const answer = await post(url, whoAmI, {}, { cookie: `parley_session=${cookieOf(headers)}` });
      expect(answer.data.viewer.user.handle).toBe(handle);
    }
    await using door = await openDoor('WebSocket', url, null);
    const refused = await door.ask(signInMutation, { input });
    refusal('signIn', 'COOKIE_UNAVAILABLE', ['input', 'credential'])(refused);
  });

  it('of a guest goes on when they sign up, also where they ask for a token', async () => {
    const enter = 'mutation { enterAsGuest(input: { displayName: "Guest", credential: COOKIE }) { errors { code } } }';
    const entered = await post(url, enter);
    const input = { handle: newHandle(), password: goodPassword, credential: 'TOKEN' };
    const made = await post(url, signUpMutation, { input }, { cookie: `parley_session=${cookieOf(entered.headers)}` });
    expect(made.data.signUp).toMatchObject({ token: cookieOf(made.headers), errors: [] });
    const renewed = { cookie: `parley_session=${cookieOf(made.headers)}` };
    expect((await post(url, whoAmI, {}, renewed)).data.viewer.user).toMatchObject({ isGuest: false });
  });

  it('of a guest is replaced when they sign up', async () => {
    const enter =
      'mutation { enterAsGuest(input: { displayName: "Guest", credential: COOKIE }) { viewer { user { id } } } }';
    const entered = await post(url, enter);
    const cookie = `parley_session=${cookieOf(entered.headers)}`;
    const input = { handle: newHandle(), password: goodPassword, credential: 'COOKIE' };
    const made = await post(url, signUpMutation, { input }, { cookie });
    expect(made.data.signUp.viewer.user.id).toBe(entered.data.enterAsGuest.viewer.user.id);
    expect((await post(url, whoAmI, {}, { cookie })).status).toBe(401);
    const renewed = { cookie: `parley_session=${cookieOf(made.headers)}` };
    expect((await post(url, whoAmI, {}, renewed)).data.viewer.user).toMatchObject({ isGuest: false });
  });
});

it('[U3] a password that is typed in another form of Unicode is the same one', async () => {
  const member = await signUp(world.server, { password: 'café ﬁve ①two' });
  const composed = 'cafe\u0301 five 1two';
  expect((await signIn(world.server, member.handle, composed)).viewer.user.id).toBe(member.id);
});

it('[U3] neither password nor token is kept, told to others or refused in so many words', async () => {
  const password = 'unmistakable words of mine';
  const member = await signUp(world.server, { password });
  const { token } = await signIn(world.server, member.handle, password);
  await joinRoom(member, world.roomId);
  const rows = await Promise.all(
    ['user_account', 'user_password', 'session', 'event', 'client_key'].map((table) =>
      world.server.database.query(`SELECT * FROM ${table}`),
    ),
  );
  const refused = await Promise.all([
    signIn(world.server, member.handle, `${password}!`),
    post(url, signUpMutation, { input: { handle: member.handle, password } }),
    post(url, signUpMutation, { input: { handle: 1, password } }),
  ]);
  const everything = JSON.stringify([rows, refused, world.bugs, await readLog(world.server.database)]);
  for (const secret of [password, token, member.token]) expect(everything).not.toContain(secret);
  const [stored] = await world.server.database.query<{ hash: string }>(
    `SELECT hash FROM user_password WHERE user_id = (SELECT id FROM user_account WHERE handle = $1)`,
    [member.handle],
  );
  expect(stored?.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

it('[U3] a hash of lower cost is renewed at the next sign-in', async () => {
  const member = await signUp(world.server);
  const { hash } = await import('@node-rs/argon2');
  const cheap = await hash(member.password, { memoryCost: 8_192, timeCost: 1 });
  const where = 'WHERE user_id = (SELECT id FROM user_account WHERE handle = $1)';
  await world.server.database.query(`UPDATE user_password SET hash = $2 ${where}`, [member.handle, cheap]);
  expect((await signIn(world.server, member.handle, 'not this one')).errors).toHaveLength(1);
  const read = async () =>
    (
      await world.server.database.query<{ hash: string }>(`SELECT hash FROM user_password ${where}`, [member.handle])
    )[0];
  expect((await read())?.hash).toBe(cheap);
  for (let n = 0; n < 2; n++) {
    expect((await signIn(world.server, member.handle, member.password)).errors).toEqual([]);
    expect((await read())?.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  }
});

it('a user is found by the handle in capitals too', async () => {
  const member = await signUp(world.server);
  const query = 'query ($handle: String!) { user(by: { handle: $handle }) { id } }';
  const { data } = await world.ann.ask(query, { handle: member.handle.toUpperCase() });
  expect(data.user).toEqual({ id: member.id });
});
