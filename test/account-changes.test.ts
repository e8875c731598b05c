import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  goodPassword,
  newHandle,
  signIn,
  signInAs,
  signInMutation,
  signUp,
  signUpMutation,
} from './support/account.ts';
import { doorNames, openDoor, refusal } from './support/doors.ts';
import { readLog, rowIdOf } from './support/history.ts';
import { LogStream } from './support/log-stream.ts';
import { createRoom, enterGuest, joinRoom, type Person, post, send } from './support/person.ts';
import { startServer } from './support/server.ts';
import { startWorld, type World } from './support/world.ts';

const changePassword = `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) {
  sessionIds cursor errors { code path message }
} }`;
const changeHandle = `mutation ($input: ChangeHandleInput!) { changeHandle(input: $input) {
  user { id handle displayName } cursor replayed errors { code path message }
} }`;
const updateProfile = `mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) {
  user { id handle displayName } cursor replayed errors { code path message }
} }`;
const revokeSession = `mutation ($input: RevokeSessionInput!) { revokeSession(input: $input) {
  sessionIds cursor errors { code path message }
} }`;
const revokeOthers = 'mutation { revokeOtherSessions { sessionIds cursor errors { code } } }';
const sessionsQuery = `query ($first: Int, $after: String) { viewer { sessions(first: $first, after: $after) {
  nodes { id createdAt lastSeenAt expiresAt isCurrent userAgent address } pageInfo { hasNextPage endCursor }
} } }`;

let world: World;
let url: string;
beforeAll(async () => {
  world = await startWorld();
  url = world.server.url;
});
afterAll(() => world[Symbol.asyncDispose]());

const statusOf = async (person: Person) => (await person.ask('{ asOf }')).status;

describe.each(doorNames)('over %s', (name) => {
  it('[U6] a changed password ends the other sessions, at one place, and only the new one lets in', async () => {
    const member = await signUp(world.server);
    const others = [await signInAs(world.server, member), await signInAs(world.server, member)];
    const sockets = await Promise.all(others.map((other) => other.connect()));
    onTestFinished(async () => void (await Promise.all(sockets.map((socket) => socket[Symbol.asyncDispose]()))));
    await using door = await openDoor(name, url, member.token);
    const input = { currentPassword: member.password, newPassword: 'eight large otters' };
    const { data } = await door.ask(changePassword, { input });
    expect(data.changePassword).toMatchObject({ errors: [], cursor: expect.stringMatching(/^log_/) });
    expect(data.changePassword.sessionIds).toHaveLength(2);
    expect(await Promise.all(sockets.map(async ({ closed }) => (await closed).code))).toEqual([4401, 4401]);
    expect(await Promise.all([...others, member].map(statusOf))).toEqual([401, 401, 200]);
    expect((await signIn(world.server, member.handle, member.password)).errors[0].code).toBe('SIGN_IN_FAILED');
    expect((await signIn(world.server, member.handle, input.newPassword)).errors).toEqual([]);
    const endings = (await readLog(world.server.database)).filter(
      ({ kind, userId }) => kind === 'CREDENTIALS_ENDED' && userId === rowIdOf(member.id),
    );
    expect(endings.map(({ body }) => [(body.sessionIds as string[]).length, body.reason])).toEqual([
      [2, 'PASSWORD_CHANGED'],
    ]);
  });

  it.each([
    ['PASSWORD_WRONG', 'currentPassword', { currentPassword: 'not this one' }],
    ['PASSWORD_INVALID', 'newPassword', { newPassword: 'seven77' }],
    ['PASSWORD_COMMON', 'newPassword', { newPassword: '1234567890' }],
  ])('[U6] %s refuses %s, and ends nothing', async (code, field, bad) => {
    const member = await signUp(world.server);
    const other = await signInAs(world.server, member);
    await using door = await openDoor(name, url, member.token);
    const before = await world.content();
    const input = { currentPassword: member.password, newPassword: 'eight large otters', ...bad };
    refusal('changePassword', code, ['input', field])(await door.ask(changePassword, { input }));
    expect(await world.content()).toEqual(before);
    expect(await statusOf(other)).toBe(200);
  });

  it('guests have neither password nor handle to change', async () => {
    const guest = await enterGuest(world.server, 'Guest');
    await using door = await openDoor(name, url, guest.token);
    const input = { currentPassword: goodPassword, newPassword: 'eight large otters' };
    refusal('changePassword', 'ACCOUNT_REQUIRED', null)(await door.ask(changePassword, { input }));
    const wished = { input: { handle: newHandle() } };
    refusal('changeHandle', 'ACCOUNT_REQUIRED', null)(await door.ask(changeHandle, wished));
  });

  it('[U7] shows where one is signed in, page by page, and ends one or all of the others', async () => {
    const member = await signUp(world.server);
    const devices: Person[] = [];
    for (let n = 0; n < 3; n++) devices.push(await signInAs(world.server, member));
    await using door = await openDoor(name, url, member.token);
    const all = (await door.ask(sessionsQuery)).data.viewer.sessions.nodes;
    expect(all.map(({ isCurrent }: { isCurrent: boolean }) => isCurrent)).toEqual([true, false, false, false]);
    expect(all[1]).toMatchObject({ userAgent: 'node', address: '127.0.0.1' });
    expect(new Set(all.map(({ id }: { id: string }) => id)).size).toBe(4);
    const first = (await door.ask(sessionsQuery, { first: 3 })).data.viewer.sessions;
    const second = (await door.ask(sessionsQuery, { first: 3, after: first.pageInfo.endCursor })).data.viewer.sessions;
    expect([...first.nodes, ...second.nodes]).toEqual(all);
    expect([first.pageInfo.hasNextPage, second.pageInfo.hasNextPage]).toEqual([true, false]);

    const sessionId = all[2].id;
    const revoked = await door.ask(revokeSession, { input: { sessionId } });
    expect(revoked.data.revokeSession).toMatchObject({ sessionIds: [sessionId], errors: [] });
    expect(await Promise.all(devices.map(statusOf))).toEqual([200, 401, 200]);
    for (const id of [sessionId, 'session_00000000000070008000000000000001', member.id, 'rubbish']) {
      const refused = await door.ask(revokeSession, { input: { sessionId: id } });
      refusal('revokeSession', 'NOT_FOUND', ['input', 'sessionId'])(refused);
    }
    const rest = await door.ask(revokeOthers);
    expect(rest.data.revokeOtherSessions.sessionIds).toEqual([all[1].id, all[3].id]);
    expect(await Promise.all([...devices, member].map(statusOf))).toEqual([401, 401, 401, 200]);
    const nothing = { sessionIds: [], cursor: null, errors: [] };
    expect((await door.ask(revokeOthers)).data.revokeOtherSessions).toEqual(nothing);
    expect((await door.ask(sessionsQuery)).data.viewer.sessions.nodes).toHaveLength(1);
  });

  it('[U7] nobody ends, or finds, a session of somebody else', async () => {
    const [member, stranger] = [await signUp(world.server), await signUp(world.server)];
    const [own] = (await member.ask(sessionsQuery)).data.viewer.sessions.nodes;
    await using door = await openDoor(name, url, stranger.token);
    const refused = await door.ask(revokeSession, { input: { sessionId: own.id } });
    refusal('revokeSession', 'NOT_FOUND', ['input', 'sessionId'])(refused);
    expect((await door.ask('query ($id: ID!) { node(id: $id) { id } }', { id: own.id })).data).toEqual({ node: null });
    expect(await statusOf(member)).toBe(200);
  });

  it('[U8] a new name and handle come to everyone signed in, and are shown from then on', async () => {
    const member = await signUp(world.server);
    await joinRoom(member, world.roomId);
    await send(member, world.roomId, 'words');
    const query = 'subscription { events { __typename cursor ... on UserUpdated { user { id handle displayName } } } }';
    await using stream = new LogStream(world.server, await enterGuest(world.server, 'Stranger'), { query });
    await stream.until(({ items }) => items.length > 0);
    await using door = await openDoor(name, url, member.token);
    const handle = newHandle('Badger');
    const folded = handle.toLowerCase();
    const renamed = await door.ask(updateProfile, { input: { displayName: ' Badger ', clientKey: `name-${name}` } });
    const moved = await door.ask(changeHandle, { input: { handle, clientKey: `handle-${name}` } });
    const user = { id: member.id, handle: folded, displayName: 'Badger' };
    expect(renamed.data.updateProfile).toMatchObject({ user: { ...user, handle: member.handle }, replayed: false });
    expect(moved.data.changeHandle).toMatchObject({ user, errors: [], replayed: false });
    await stream.until(({ events }) => events.some(({ value }) => value.user.handle === folded));
    expect(stream.events.map(({ kind }) => kind)).toEqual(['UserUpdated', 'UserUpdated']);
    expect(stream.events.at(-1)?.value.user).toEqual(user);
    const again = await door.ask(changeHandle, { input: { handle, clientKey: `handle-${name}` } });
    expect(again.data.changeHandle).toMatchObject({ user, replayed: true });
    const same = await door.ask(changeHandle, { input: { handle } });
    expect(same.data.changeHandle).toMatchObject({ user, cursor: null, errors: [] });

    const shown = `query ($id: ID!) { viewer { user { handle displayName } } room(by: { id: $id }) {
      messages(last: 1) { nodes { author { handle displayName } } } } }`;
    const { data } = await door.ask(shown, { id: world.roomId });
    expect(data.viewer.user).toEqual({ handle: folded, displayName: 'Badger' });
    expect(data.room.messages.nodes).toEqual([{ author: { handle: folded, displayName: 'Badger' } }]);
    expect((await signIn(world.server, member.handle, member.password)).errors[0].code).toBe('SIGN_IN_FAILED');
    expect((await signIn(world.server, folded, member.password)).errors).toEqual([]);
    // The old one is free.
    await signUp(world.server, { handle: member.handle });
  });
});

it('[U2] of twenty who ask for a handle at once one gets it, whether they sign up or change theirs', async () => {
  const handle = newHandle();
  const members = await Promise.all(Array.from({ length: 10 }, () => signUp(world.server)));
  const outcomes = await Promise.all([
    ...members.map(async (member) => (await member.ask(changeHandle, { input: { handle } })).data.changeHandle),
    ...members.map(
      async () => (await post(url, signUpMutation, { input: { handle, password: goodPassword } })).data.signUp,
    ),
  ]);
  const codes = outcomes.flatMap(({ errors }) => errors.map(({ code }: { code: string }) => code));
  expect(codes).toEqual(Array(19).fill('HANDLE_TAKEN'));
  const [{ count }] = (await world.server.database.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM user_account WHERE handle = $1',
    [handle],
  )) as [{ count: number }];
  expect(count).toBe(1);
});

it('[U2] [W3] people who pass their handles on to each other at once all get what they asked for, or are told', async () => {
  const members = await Promise.all(Array.from({ length: 6 }, () => signUp(world.server)));
  for (let round = 0; round < 5; round++) {
    const asked = members.map(({ handle }, n) => [members[(n + 1) % members.length], handle] as const);
    const outcomes = await Promise.all(
      asked.map(([member, handle]) => member?.ask(changeHandle, { input: { handle } })),
    );
    for (const outcome of outcomes)
      expect(outcome?.data.changeHandle.errors.map(({ code }: { code: string }) => code)).toEqual(['HANDLE_TAKEN']);
    const free = newHandle();
    const steps = [
      { member: members[0], handle: free },
      ...members.slice(1).map((member, n) => ({ member, handle: members[n]?.handle })),
    ];
    const moved = await Promise.all(
      steps.map(({ member, handle }) => member?.ask(changeHandle, { input: { handle } })),
    );
    for (const answer of moved) expect(answer?.errors).toBeUndefined();
    for (const [n, answer] of moved.entries()) {
      const member = members[n] as (typeof members)[number];
      if (answer?.data.changeHandle.user) members[n] = { ...member, handle: answer.data.changeHandle.user.handle };
    }
  }
  expect(world.bugs).toEqual([]);
});

it('[U6] who signs in with the old password while it is changed is not let in, or ended', async () => {
  for (let round = 0; round < 5; round++) {
    const member = await signUp(world.server);
    const newPassword = `eight large otters ${round}`;
    const signingIn = Promise.all(
      Array.from({ length: 12 }, () => signIn(world.server, member.handle, member.password)),
    );
    const { data } = await member.ask(changePassword, { input: { currentPassword: member.password, newPassword } });
    expect(data.changePassword.errors).toEqual([]);
    const tokens = (await signingIn).flatMap(({ token }) => (token === null ? [] : [token]));
    const statuses = await Promise.all(
      tokens.map(async (token) => (await post(url, '{ asOf }', {}, { authorization: `Bearer ${token}` })).status),
    );
    expect(statuses).toEqual(tokens.map(() => 401));
    expect(await statusOf(member)).toBe(200);
  }
});

it('[U5] a flood of sign-ins is refused with a time to wait, and so are guesses at one account and from one address', async () => {
  const hour = 3_600_000;
  const { rates } = (await import('../src/transport/settings.ts')).defaultTransportSettings;
  const startLimited = async (limited: object, waiting: number) => {
    const server = await startServer({
      passwords: { atOnce: 1, waiting },
      transport: { rates: { ...rates, ...limited } },
    });
    onTestFinished(() => server[Symbol.asyncDispose]());
    return server;
  };
  const flooded = await startLimited({}, 2);
  const member = await signUp(flooded);
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => signIn(flooded, member.handle, member.password)));
  const refused = outcomes.flatMap(({ errors }) => errors);
  expect(refused.length).toBeGreaterThanOrEqual(10);
  for (const error of refused) {
    expect(error).toMatchObject({ code: 'RATE_LIMITED', bucket: 'passwords' });
    expect(error.retryAfterMs).toBeGreaterThan(0);
  }
  expect((await signIn(flooded, member.handle, member.password)).errors).toEqual([]);

  const guessed = await startLimited({ passwords: { count: 3, windowMs: hour } }, 9);
  const victim = await signUp(guessed);
  // Who is signed in from here would be known here.
  await victim.ask('mutation { signOut { signedOut } }');
  const tries = [];
  for (let n = 0; n < 5; n++)
    tries.push((await signIn(guessed, victim.handle.toUpperCase(), `guess number ${n}`)).errors[0]);
  expect(tries.map(({ code, bucket = null }) => [code, bucket])).toEqual([
    ...Array(3).fill(['SIGN_IN_FAILED', null]),
    ...Array(2).fill(['RATE_LIMITED', 'passwords']),
  ]);
  expect((await signIn(guessed, newHandle(), 'a guess at another')).errors[0].code).toBe('SIGN_IN_FAILED');

  const fromHere = await startLimited(
    { signIns: { count: 2, windowMs: hour }, signUps: { count: 1, windowMs: hour } },
    9,
  );
  await signUp(fromHere);
  const sprayed = [];
  for (let n = 0; n < 3; n++) sprayed.push((await signIn(fromHere, newHandle(), 'one guess each')).errors[0]);
  expect(sprayed.map(({ code, bucket = null }) => [code, bucket])).toEqual([
    ...Array(2).fill(['SIGN_IN_FAILED', null]),
    ['RATE_LIMITED', 'signIns'],
  ]);
  const { data } = await post(fromHere.url, signUpMutation, { input: { handle: newHandle(), password: goodPassword } });
  expect(data.signUp.errors).toMatchObject([{ code: 'RATE_LIMITED' }]);
});

it('of more than a hundred sessions those that were not seen for longest end', async () => {
  const member = await signUp(world.server);
  await world.server.database.query(
    `INSERT INTO session (id, user_id, token_hash, created_at, last_seen_at, expires_at)
     SELECT gen_random_uuid(), $1, gen_random_uuid()::text, now(), now() - n * interval '1 minute', now() + interval '1 day'
     FROM generate_series(1, 105) AS n`,
    [rowIdOf(member.id)],
  );
  const newest = await signInAs(world.server, member);
  const open = `SELECT count(*)::int AS count, min(last_seen_at) > now() - interval '99 minutes' AS "areNewest"
    FROM session WHERE user_id = $1 AND ended_at IS NULL`;
  expect(await world.server.database.query(open, [rowIdOf(member.id)])).toEqual([{ count: 100, areNewest: true }]);
  expect(await Promise.all([member, newest].map(statusOf))).toEqual([200, 200]);
});

it('[U3] signs in over GET are refused, so that no password stands in an address', async () => {
  const search = new URLSearchParams({
    query: signInMutation,
    variables: '{"input":{"handle":"otter","password":"x"}}',
  });
  expect((await fetch(`${url}/graphql?${search}`)).status).toBe(405);
});

it('[U9] what ended and expired is deleted in chunks: sessions, and guests who never were in a room; never history', async () => {
  const { startSweep } = await import('../src/chat/accounts/session-sweep.ts');
  const { silentLog } = await import('../src/observe/log.ts');
  await using own = await startWorld();
  const { database } = own.server;
  const [gone, talker, away] = await Promise.all(
    ['Gone', 'Talker', 'Away'].map((name) => enterGuest(own.server, name)),
  );
  const member = await signUp(own.server);
  await createRoom(talker as Person, 'Left behind');
  const named =
    'mutation ($key: String!) { updateProfile(input: { displayName: "Gone", clientKey: $key }) { errors { code } } }';
  for (const key of ['key-1', 'key-2', 'key-3']) {
    expect((await (gone as Person).ask(named, { key })).data.updateProfile.errors).toEqual([]);
  }
  const keysOf = async (person: Person | undefined) =>
    (await database.query('SELECT key FROM client_key WHERE user_id = $1', [rowIdOf(person?.id as string)])).length;
  expect(await keysOf(gone)).toBe(3);
  await (gone as Person).ask('mutation { signOut { signedOut } }');
  for (const person of [talker, away, member]) {
    await database.query("UPDATE session SET expires_at = now() - interval '1 s' WHERE user_id = $1", [
      rowIdOf(person?.id as string),
    ]);
  }
  const count = async (table: string) =>
    (await database.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`))[0]?.n;
  const { user_account: _people, session: _sessions, client_key: _keys, ...history } = await own.content();
  const keysOfTalker = await keysOf(talker);
  const people = (await count('user_account')) ?? 0;

  const pool = new pg.Pool({ connectionString: database.url, max: 1 });
  const stop = startSweep({ pool, log: silentLog, intervalMs: 5, chunkRows: 1 });
  // Ann and Bob.
  await expect.poll(() => count('session')).toBe(2);
  await expect.poll(() => count('user_account')).toBe(people - 2);
  await stop();
  await pool.end();
  const { user_account: _, session: __, client_key: ___, ...after } = await own.content();
  expect(after).toEqual(history);
  expect([await keysOf(gone), await keysOf(away), await keysOf(talker)]).toEqual([0, 0, keysOfTalker]);
  const left = await database.query<{ name: string }>('SELECT display_name AS name FROM user_account');
  expect(left.map(({ name }) => name).sort()).toEqual(['Ann', 'Bob', 'Otter', 'Talker']);
  expect((await signIn(own.server, member.handle, member.password)).errors).toEqual([]);
});
