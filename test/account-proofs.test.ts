/** What gives another way into an account asks who is at the session; and nothing is done by a session that has ended. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultTransportSettings } from '../src/transport/settings.ts';
import { newHandle, signIn, signUp } from './support/account.ts';
import { makeBot, makeProgram } from './support/api-token.ts';
import { doorNames, fault, openDoor, refusal } from './support/doors.ts';
import { rowIdOf } from './support/history.ts';
import { createRoom, enterGuest, type Person, send } from './support/person.ts';
import { startWorld, type World } from './support/world.ts';

const createToken = `mutation { createApiToken(input: { name: "Program", scopes: [READ] }) {
  token errors { code path message } } }`;
const optionsToAdd = 'mutation { passkeyRegistrationOptions { options errors { code path message } } }';
const confirm = `mutation ($password: String!) { confirmWithPassword(input: { password: $password }) {
  confirmedUntil errors { code path message } } }`;
const changePassword = `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) {
  sessionIds cursor errors { code path message } } }`;
const state = '{ viewer { hasPassword confirmedUntil } }';

let world: World;
beforeAll(async () => {
  // Sockets whose session is ended in the table shall hear of it from nobody.
  const socket = { ...defaultTransportSettings.socket, sessionCheckMs: 3_600_000 };
  world = await startWorld({ transport: { socket } });
});
afterAll(() => world[Symbol.asyncDispose]());

/** As if all sessions of the person had begun, and been proven, eleven minutes ago. */
const age = ({ id }: Person) =>
  world.server.database.query(
    `UPDATE session SET created_at = now() - interval '11 minutes', proven_at = proven_at - interval '11 minutes'
     WHERE user_id = $1`,
    [rowIdOf(id)],
  );
const dropPassword = ({ id }: Person) =>
  world.server.database.query('DELETE FROM user_password WHERE user_id = $1', [rowIdOf(id)]);

describe.each(doorNames)('over %s', (name) => {
  it('[U10] a session that is older than ten minutes adds no way in until the password has confirmed who is there', async () => {
    const member = await signUp(world.server);
    await using door = await openDoor(name, world.server.url, member.token);
    expect((await door.ask(createToken)).data.createApiToken.errors).toEqual([]);
    await age(member);
    const before = await world.content();
    refusal('createApiToken', 'SIGN_IN_AGAIN', null)(await door.ask(createToken));
    refusal('passkeyRegistrationOptions', 'SIGN_IN_AGAIN', null)(await door.ask(optionsToAdd));
    const wrong = await door.ask(confirm, { password: 'some other words' });
    refusal('confirmWithPassword', 'PASSWORD_WRONG', ['input', 'password'])(wrong);
    expect(await world.content()).toEqual(before);
    expect((await door.ask(state)).data.viewer).toEqual({ hasPassword: true, confirmedUntil: null });

    const { data } = await door.ask(confirm, { password: member.password });
    expect(Date.parse(data.confirmWithPassword.confirmedUntil)).toBeGreaterThan(Date.now() + 9 * 60_000);
    expect((await door.ask(state)).data.viewer).toEqual({ hasPassword: true, ...drop(data.confirmWithPassword) });
    for (const [field, query] of [
      ['createApiToken', createToken],
      ['passkeyRegistrationOptions', optionsToAdd],
    ] as const) {
      expect((await door.ask(query)).data[field].errors).toEqual([]);
    }
    await age(member);
    refusal('createApiToken', 'SIGN_IN_AGAIN', null)(await door.ask(createToken));
    expect((await signIn(world.server, member.handle, member.password)).errors).toEqual([]);
  });

  it('[U10] who came without a password sets the first one, by a recent sign-in, and is let in by it', async () => {
    const member = await signUp(world.server);
    await dropPassword(member);
    await using door = await openDoor(name, world.server.url, member.token);
    expect((await door.ask(state)).data.viewer.hasPassword).toBe(false);
    await age(member);
    const input = { newPassword: 'eight large otters' };
    refusal('changePassword', 'SIGN_IN_AGAIN', null)(await door.ask(changePassword, { input }));
    await world.server.database.query('UPDATE session SET proven_at = now() WHERE user_id = $1', [rowIdOf(member.id)]);
    const withOld = { ...input, currentPassword: member.password };
    const path = ['input', 'currentPassword'];
    refusal('changePassword', 'PASSWORD_WRONG', path)(await door.ask(changePassword, { input: withOld }));
    const { data } = await door.ask(changePassword, { input });
    expect(data.changePassword).toEqual({ sessionIds: [], cursor: null, errors: [] });
    expect((await signIn(world.server, member.handle, input.newPassword)).viewer.user.id).toBe(member.id);
    refusal('changePassword', 'PASSWORD_WRONG', path)(await door.ask(changePassword, { input }));
  });
});

it('[U10] a password that was set a moment ago proves no more than what it was set by', async () => {
  const member = await signUp(world.server);
  await dropPassword(member);
  const proof = `UPDATE session SET proven_at = now() - interval '9 minutes' WHERE user_id = $1`;
  await world.server.database.query(proof, [rowIdOf(member.id)]);
  const newPassword = 'eight large otters';
  expect((await member.ask(changePassword, { input: { newPassword } })).data.changePassword.errors).toEqual([]);
  const { token } = await signIn(world.server, member.handle, newPassword);
  const at = () =>
    world.server.database.query<{ left: number }>(
      `SELECT extract(epoch FROM now() - proven_at)::int AS left FROM session WHERE user_id = $1 ORDER BY id DESC LIMIT 1`,
      [rowIdOf(member.id)],
    );
  expect((await at())[0]?.left).toBeGreaterThan(8 * 60);
  // Ten minutes later it is a way in as any other.
  await world.server.database.query(
    `UPDATE user_password SET changed_at = now() - interval '11 minutes' WHERE user_id = $1`,
    [rowIdOf(member.id)],
  );
  await age(member);
  await using door = await openDoor('HTTP', world.server.url, token);
  refusal('createApiToken', 'SIGN_IN_AGAIN', null)(await door.ask(createToken));
  expect((await door.ask(confirm, { password: newPassword })).data.confirmWithPassword.errors).toEqual([]);
  expect((await door.ask(createToken)).data.createApiToken.errors).toEqual([]);
});

it('[U10] a password that takes the place of one that was set a moment ago proves no more than that one', async () => {
  const member = await signUp(world.server);
  await dropPassword(member);
  const proof = `UPDATE session SET proven_at = now() - interval '9 minutes' WHERE user_id = $1`;
  await world.server.database.query(proof, [rowIdOf(member.id)]);
  const [first, second] = ['eight large otters', 'nine larger otters'] as const;
  const given = [{ newPassword: first }, { currentPassword: first, newPassword: second }];
  for (const input of given)
    expect((await member.ask(changePassword, { input })).data.changePassword.errors).toEqual([]);
  const { token } = await signIn(world.server, member.handle, second);
  const [newest] = await world.server.database.query<{ ago: number }>(
    `SELECT extract(epoch FROM now() - proven_at)::int AS ago FROM session WHERE user_id = $1 ORDER BY id DESC LIMIT 1`,
    [rowIdOf(member.id)],
  );
  expect(token).not.toBeNull();
  expect(newest?.ago).toBeGreaterThan(8 * 60);
});

it('guests have nothing to confirm by', async () => {
  const guest = await enterGuest(world.server, 'Guest');
  await using door = await openDoor('HTTP', world.server.url, guest.token);
  refusal('confirmWithPassword', 'ACCOUNT_REQUIRED', null)(await door.ask(confirm, { password: 'seven small otters' }));
});

describe('[A6] [T3] by a credential that has ended, and whose socket has not heard of it', () => {
  it('no command is done: of a session', async () => {
    const member = await signUp(world.server);
    const other = await signUp(world.server);
    const roomId = await createRoom(member, 'Kitchen');
    const botId = await makeBot(member, newHandle('owl'));
    const sent = await send(member, roomId, 'words');
    const own = '{ viewer { sessions(first: 9) { nodes { id } } apiTokens(first: 9) { nodes { id } } } }';
    await makeProgram(world.server, member);
    await signIn(world.server, member.handle, member.password);
    const { sessions, apiTokens } = (await member.ask(own)).data.viewer;
    const [messageId, sessionId, apiTokenId] = [sent.message?.id, sessions.nodes[1].id, apiTokens.nodes[0].id];
    const passkeyId = 'passkey_00000000000070008000000000000001';
    const commands = [
      `editMessage(input: { messageId: "${messageId}", text: "late", expectedVersion: 1 })`,
      `deleteMessage(input: { messageId: "${messageId}" })`,
      `createRoom(input: { name: "Late", kind: PUBLIC })`,
      `updateRoom(input: { roomId: "${roomId}", name: "Late" })`,
      `joinRoom(input: { roomId: "${world.roomId}" })`,
      `leaveRoom(input: { roomId: "${roomId}" })`,
      `addMember(input: { roomId: "${roomId}", userId: "${other.id}" })`,
      `removeMember(input: { roomId: "${roomId}", userId: "${member.id}" })`,
      `setMemberRole(input: { roomId: "${roomId}", userId: "${member.id}", role: MEMBER })`,
      `changeHandle(input: { handle: "${newHandle()}" })`,
      `updateProfile(input: { bio: "Late." })`,
      `changePassword(input: { currentPassword: "${member.password}", newPassword: "eight large otters" })`,
      `createApiToken(input: { name: "Late", scopes: [READ] })`,
      `revokeApiToken(input: { apiTokenId: "${apiTokenId}" })`,
      `createBot(input: { handle: "${newHandle()}", displayName: "Late" })`,
      `updateBot(input: { botId: "${botId}", displayName: "Late" })`,
      `deleteBot(input: { botId: "${botId}" })`,
      `renamePasskey(input: { passkeyId: "${passkeyId}", name: "Late" })`,
      `removePasskey(input: { passkeyId: "${passkeyId}" })`,
      `unlinkIdentity(input: { identityId: "identity_00000000000070008000000000000001" })`,
      `revokeSession(input: { sessionId: "${sessionId}" })`,
      `revokeOtherSessions`,
      `deleteAccount(input: { password: "${member.password}" })`,
    ];
    await using door = await openDoor('WebSocket', world.server.url, member.token);
    const end = 'UPDATE session SET ended_at = now() WHERE user_id = $1 AND id::text = $2';
    await world.server.database.query(end, [rowIdOf(member.id), rowIdOf(sessions.nodes[0].id)]);
    const before = await world.content();
    for (const command of commands) {
      const reply = await door.ask(`mutation { ${command} { errors { code } } }`);
      expect([command, reply.errors?.[0]?.extensions.code]).toEqual([command, 'UNAUTHENTICATED']);
    }
    expect(await world.content()).toEqual(before);
  });

  it('no command is done: of an API token', async () => {
    const member = await signUp(world.server);
    const roomId = await createRoom(member, 'Kitchen');
    const program = await makeProgram(world.server, member, { scopes: ['READ', 'WRITE', 'ROOMS', 'PROFILE'] });
    await using door = await openDoor('WebSocket', world.server.url, program.token);
    const sent = await send(member, roomId, 'words');
    const write = `mutation { editMessage(input: { messageId: "${sent.message?.id}", text: "late", expectedVersion: 1 }) {
      errors { code } } }`;
    await world.server.database.query('UPDATE api_token SET ended_at = now() WHERE user_id = $1', [rowIdOf(member.id)]);
    const before = await world.content();
    fault('UNAUTHENTICATED')(await door.ask(write));
    fault('UNAUTHENTICATED')(await door.ask('mutation { updateProfile(input: { bio: "Late." }) { errors { code } } }'));
    expect(await world.content()).toEqual(before);
  });
});

function drop({ confirmedUntil }: { confirmedUntil: string }): object {
  return { confirmedUntil };
}
