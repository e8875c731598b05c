import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { APPEND_LOCK } from '../src/log/attempt.ts';
import { type Member, newHandle, signUp } from './support/account.ts';
import { type Holder, visitWithKey } from './support/authenticator.ts';
import { createTestDatabase } from './support/database.ts';
import { doorNames, fault, openDoor, refusal } from './support/doors.ts';
import { enterGuest, type Person, personOf, post } from './support/person.ts';
import { publicUrlOf } from './support/provider.ts';
import { startServer, type TestServer } from './support/server.ts';

const optionsToAdd = 'mutation { passkeyRegistrationOptions { options errors { code path message } } }';
const optionsToSignIn = 'mutation { passkeySignInOptions { options errors { code path message } } }';
const register = `mutation ($response: WebAuthnJSON!, $name: String) { registerPasskey(input: { response: $response, name: $name }) {
  passkey { id name isBackedUp lastUsedAt } errors { code path message } } }`;
const signIn = `mutation ($response: WebAuthnJSON!) { signInWithPasskey(input: { response: $response }) {
  viewer { user { id handle } } token errors { code path message } } }`;
const own = '{ viewer { passkeys { id name lastUsedAt } } }';
const rename = `mutation ($id: ID!, $name: String!) { renamePasskey(input: { passkeyId: $id, name: $name }) {
  passkey { name } errors { code path message } } }`;
const remove = `mutation ($id: ID!) { removePasskey(input: { passkeyId: $id }) { removedId errors { code path message } } }`;

async function start(options: Parameters<typeof startServer>[0] = {}): Promise<TestServer> {
  const server = await startServer(options);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

async function holderAt(server: TestServer, options = {}): Promise<Holder> {
  const holder = await visitWithKey(`${publicUrlOf(server)}/health/live`, options);
  onTestFinished(() => holder[Symbol.asyncDispose]());
  return holder;
}

const askToAdd = async (person: Person) => (await person.ask(optionsToAdd)).data.passkeyRegistrationOptions.options;
const askToSignIn = async ({ url }: TestServer) => (await post(url, optionsToSignIn)).data.passkeySignInOptions.options;

async function add(person: Person, holder: Holder, name?: string) {
  const response = await holder.create(await askToAdd(person));
  return (await person.ask(register, { response, name })).data.registerPasskey;
}

/** The payload of signInWithPasskey. */
async function enter(server: TestServer, holder: Holder) {
  const response = await holder.get(await askToSignIn(server));
  return (await post(server.url, signIn, { response })).data.signInWithPasskey;
}

const refused = [{ code: 'PASSKEY_REFUSED', path: ['input', 'response'], message: expect.any(String) }];

async function startWithKey(): Promise<{ server: TestServer; member: Member; holder: Holder }> {
  const server = await start();
  const member = await signUp(server);
  const holder = await holderAt(server);
  expect((await add(member, holder)).errors).toEqual([]);
  return { server, member, holder };
}

test('[K1] [K3] a member adds a passkey, which lets them in without a handle; it is listed, renamed and removed', async () => {
  const server = await start();
  const member = await signUp(server);
  const holder = await holderAt(server);
  const added = await add(member, holder, ' Laptop ');
  expect(added).toEqual({
    passkey: { id: expect.stringMatching(/^passkey_/), name: 'Laptop', isBackedUp: false, lastUsedAt: null },
    errors: [],
  });
  const [key] = await holder.keys();
  expect(key).toMatchObject({ isResidentCredential: true, rpId: 'localhost' });

  const entered = await enter(server, holder);
  expect(entered).toMatchObject({ viewer: { user: { id: member.id, handle: member.handle } }, errors: [] });
  const elsewhere = personOf(server, member.id, entered.token);
  const { id } = added.passkey;
  expect((await elsewhere.ask(own)).data.viewer.passkeys).toEqual([
    { id, name: 'Laptop', lastUsedAt: expect.stringMatching(/Z$/) },
  ]);
  expect((await enter(server, holder)).token).not.toBe(entered.token);

  const stranger = await signUp(server);
  for (const mutation of [rename, remove]) {
    const { data } = await stranger.ask(mutation, { id, name: 'Mine' });
    expect(Object.values(data)).toMatchObject([{ errors: [{ code: 'NOT_FOUND', path: ['input', 'passkeyId'] }] }]);
  }
  expect((await member.ask(rename, { id, name: 'Old' })).data.renamePasskey).toEqual({
    passkey: { name: 'Old' },
    errors: [],
  });
  expect((await member.ask(rename, { id, name: ' \n' })).data.renamePasskey.errors).toMatchObject([
    { code: 'PASSKEY_NAME_INVALID', path: ['input', 'name'] },
  ]);
  expect((await member.ask(remove, { id })).data.removePasskey).toEqual({ removedId: id, errors: [] });
  expect((await enter(server, holder)).errors).toEqual(refused);
  expect((await elsewhere.ask(own)).data.viewer.passkeys).toEqual([]);
});

test('[K1] an authenticator that cannot tell whose finger it is will do', async () => {
  const server = await start();
  const member = await signUp(server);
  const holder = await holderAt(server, { isVerifying: false });
  // Browsers ask such a one only where it need not keep the key.
  const lax = { authenticatorSelection: { residentKey: 'discouraged', userVerification: 'discouraged' } };
  const made = await holder.create({ ...(await askToAdd(member)), ...lax });
  expect((await member.ask(register, { response: made })).data.registerPasskey.errors).toEqual([]);
  const allowCredentials = [{ id: (made as { id: string }).id, type: 'public-key' }];
  const response = await holder.get({ ...(await askToSignIn(server)), allowCredentials });
  expect((await post(server.url, signIn, { response })).data.signInWithPasskey.viewer.user.id).toBe(member.id);
});

test('[K2] an answer counts once, to add and to sign in, on whichever node', async () => {
  const database = await createTestDatabase();
  onTestFinished(() => database[Symbol.asyncDispose]());
  const one = await start({ database });
  const two = await start({ database });
  const member = await signUp(one);
  const holder = await holderAt(one);
  const made = await holder.create(await askToAdd(member));
  const added = (await post(two.url, register, { response: made }, { authorization: `Bearer ${member.token}` })).data;
  expect(added.registerPasskey.errors).toEqual([]);
  expect((await member.ask(register, { response: made })).data.registerPasskey.errors).toEqual(refused);

  const response = await holder.get(await askToSignIn(one));
  const answers = await Promise.all(
    [one, two, one, two].map(({ url }) => post(url, signIn, { response }).then(({ data }) => data.signInWithPasskey)),
  );
  expect(answers.filter(({ viewer }) => viewer !== null)).toHaveLength(1);
  expect(answers.flatMap(({ errors }) => errors)).toEqual([...refused, ...refused, ...refused]);
});

test('[K2] a challenge is for its purpose, its person and its time', async () => {
  let now = Date.now();
  const { createChallenges, deriveKey } = await import('../src/chat/accounts/challenges.ts');
  const key = deriveKey('00'.repeat(32), 'test');
  const challenges = createChallenges({ key, clock: () => now });
  const challenge = challenges.make('ADD_PASSKEY', 'ann');
  expect(challenge).toHaveLength(54);
  expect(challenges.read(challenge, 'ADD_PASSKEY', 'ann')?.id).toMatch(/^[0-9a-f-]{36}$/);
  expect(challenges.read(challenge, 'ADD_PASSKEY', 'bob')).toBeNull();
  expect(challenges.read(challenge, 'SIGN_IN', 'ann')).toBeNull();
  for (const at of [0, 15, 21, 22, 53]) {
    const changed = Uint8Array.from(challenge, (byte, n) => (n === at ? byte ^ 1 : byte));
    expect(challenges.read(changed, 'ADD_PASSKEY', 'ann')).toBeNull();
  }
  expect(challenges.read(challenge.slice(0, 22), 'ADD_PASSKEY', 'ann')).toBeNull();
  const others = createChallenges({ key: deriveKey('01'.repeat(32), 'test'), clock: () => now });
  expect(others.read(challenge, 'ADD_PASSKEY', 'ann')).toBeNull();
  now += 300_000;
  expect(challenges.read(challenge, 'ADD_PASSKEY', 'ann')).toBeNull();
});

test('[K2] what was made for another person, for adding, or at another site is refused', async () => {
  const { server, member, holder } = await startWithKey();
  const stranger = await signUp(server);
  const second = await holderAt(server);
  const made = await second.create(await askToAdd(member));
  expect((await stranger.ask(register, { response: made })).data.registerPasskey.errors).toEqual(refused);
  const { challenge } = await askToAdd(member);
  const used = await holder.get({ ...(await askToSignIn(server)), challenge });
  expect((await post(server.url, signIn, { response: used })).data.signInWithPasskey.errors).toEqual(refused);

  const elsewhere = await start({
    database: server.database,
    transport: { publicUrl: 'https://chat.example.org', allowedOrigins: [publicUrlOf(server)] },
  });
  const response = await holder.get(await askToSignIn(server));
  expect((await post(elsewhere.url, signIn, { response })).data.signInWithPasskey.errors).toEqual(refused);
  expect((await askToSignIn(elsewhere)).rpId).toBe('chat.example.org');
});

test('[K2] a copy of a key whose counter stands behind lets nobody in', async () => {
  const { server, holder } = await startWithKey();
  const [copy] = await holder.keys();
  for (let n = 0; n < 2; n++) expect((await enter(server, holder)).errors).toEqual([]);
  await holder.clear();
  await holder.put(copy!);
  expect((await enter(server, holder)).errors).toEqual(refused);
});

test.each(doorNames)(
  '[K2] over %s rubbish is refused in the same words, and guests have no account to add to',
  async (name) => {
    const server = await start();
    const guest = await enterGuest(server, 'Guest');
    const member = await signUp(server);
    await using asGuest = await openDoor(name, server.url, guest.token);
    refusal('passkeyRegistrationOptions', 'ACCOUNT_REQUIRED', null)(await asGuest.ask(optionsToAdd));
    await using asMember = await openDoor(name, server.url, member.token);
    await using signedOut = await openDoor(name, server.url, null);
    const bytes = 'AAAA';
    const clientDataJSON = Buffer.from(
      JSON.stringify({ type: 'webauthn.get', challenge: bytes, origin: 'http://localhost' }),
    ).toString('base64url');
    const whole = { id: bytes, rawId: bytes, type: 'public-key', clientExtensionResults: {} };
    for (const response of [
      {},
      [],
      'text',
      7,
      {
        ...whole,
        response: { clientDataJSON: bytes, attestationObject: bytes, authenticatorData: bytes, signature: bytes },
      },
      { ...whole, response: { clientDataJSON, attestationObject: bytes, authenticatorData: bytes, signature: bytes } },
      { ...whole, id: 'x'.repeat(2_000), response: { clientDataJSON, attestationObject: bytes } },
    ]) {
      const path = ['input', 'response'];
      refusal('registerPasskey', 'PASSKEY_REFUSED', path)(await asMember.ask(register, { response }));
      refusal('signInWithPasskey', 'PASSKEY_REFUSED', path)(await signedOut.ask(signIn, { response }));
    }
  },
);

test('[K3] of the last two ways that are removed at once one stays', async () => {
  const { server, member, holder } = await startWithKey();
  const second = await holderAt(server);
  expect((await add(member, second)).errors).toEqual([]);
  // Without the password the passkeys are all that is left.
  await server.database.query('DELETE FROM user_password');
  const { passkeys } = (await member.ask(own)).data.viewer;
  const removed = await Promise.all(passkeys.map(({ id }: { id: string }) => member.ask(remove, { id })));
  const codes = removed.map(({ data }) => data.removePasskey.errors[0]?.code ?? null).sort();
  expect(codes).toEqual(['LAST_SIGN_IN_WAY', null]);
  const entered = await Promise.all([enter(server, holder), enter(server, second)]);
  expect(entered.filter(({ viewer }) => viewer !== null)).toHaveLength(1);
});

test('[K3] nothing is added to an account that is being deleted', async () => {
  const server = await start();
  const member = await signUp(server);
  const holder = await holderAt(server);
  const response = await holder.create(await askToAdd(member));
  const deleting = new pg.Client(server.database.url);
  await deleting.connect();
  onTestFinished(() => deleting.end());
  await deleting.query(`BEGIN; SELECT pg_advisory_xact_lock(${APPEND_LOCK})`);
  await deleting.query('UPDATE user_account SET deleted_at = now()');
  await deleting.query('DELETE FROM passkey');
  let isAnswered = false;
  const adding = member.ask(register, { response }).finally(() => {
    isAnswered = true;
  });
  const waitsSql = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  const isSettled = async () => isAnswered || (await server.database.query(waitsSql)).length > 0;
  await expect.poll(isSettled).toBe(true);
  await deleting.query('COMMIT');
  expect((await adding).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  expect(await server.database.query('SELECT id FROM passkey')).toEqual([]);
});

test('[K1] nothing is added by a socket whose session has ended, though the socket has not heard of it yet', async () => {
  const server = await start();
  const member = await signUp(server);
  const holder = await holderAt(server);
  await using door = await openDoor('WebSocket', server.url, member.token);
  const response = await holder.create(await askToAdd(member));
  await server.database.query('UPDATE session SET ended_at = now()');
  fault('UNAUTHENTICATED')(await door.ask(register, { response }));
  expect(await server.database.query('SELECT id FROM passkey')).toEqual([]);
});

test('[K1] the same authenticator is not added twice, and a person has 20 at most', async () => {
  const { server, member, holder } = await startWithKey();
  await expect(holder.create(await askToAdd(member))).rejects.toThrow(/InvalidStateError|previously registered/);
  const made = await (await holderAt(server)).create(await askToAdd(member));
  await server.database.query(
    `INSERT INTO passkey (id, user_id, credential_id, public_key, counter, transports, name, is_backed_up, created_at)
     SELECT gen_random_uuid(), user_id, 'key ' || n, '', 0, '{}', 'Key', false, now() FROM passkey, generate_series(1, 19) AS n`,
  );
  expect((await member.ask(register, { response: made })).data.registerPasskey.errors).toMatchObject([
    { code: 'TOO_MANY_PASSKEYS' },
  ]);
  expect((await member.ask(optionsToAdd)).data.passkeyRegistrationOptions.errors).toMatchObject([
    { code: 'TOO_MANY_PASSKEYS' },
  ]);
});

test('[K1] of many that are added at once no more are taken than a person may have', async () => {
  const { server, member, holder } = await startWithKey();
  const responses: unknown[] = [];
  for (let n = 0; n < 6; n++) {
    responses.push(await holder.create({ ...(await askToAdd(member)), excludeCredentials: [] }));
  }
  await server.database.query(
    `INSERT INTO passkey (id, user_id, credential_id, public_key, counter, transports, name, is_backed_up, created_at)
     SELECT gen_random_uuid(), user_id, 'key ' || n, '', 0, '{}', 'Key', false, now() FROM passkey, generate_series(1, 17) AS n`,
  );
  const answers = await Promise.all(responses.map((response) => member.ask(register, { response })));
  const codes = answers.map(({ data }) => data.registerPasskey.errors[0]?.code ?? null).sort();
  expect(codes).toEqual([...Array(4).fill('TOO_MANY_PASSKEYS'), null, null]);
  expect(await server.database.query('SELECT count(*)::int AS n FROM passkey')).toEqual([{ n: 20 }]);
});

test('[K1] [U10] adding asks who is there; a key that was added a moment ago proves no more than what it was added by', async () => {
  const server = await start();
  const member = await signUp(server);
  const holder = await holderAt(server);
  const confirm = `mutation ($response: WebAuthnJSON!) { confirmWithPasskey(input: { response: $response }) {
    confirmedUntil errors { code path message } } }`;
  const createToken = 'mutation { createApiToken(input: { name: "Late", scopes: [READ] }) { errors { code } } }';
  const created = await holder.create(await askToAdd(member));
  const setProof = (minutes: number) =>
    server.database.query(
      `UPDATE session SET created_at = now() - interval '1 hour', proven_at = now() - $1 * interval '1 minute'`,
      [minutes],
    );
  await setProof(11);
  expect((await member.ask(register, { response: created })).data.registerPasskey.errors).toMatchObject([
    { code: 'SIGN_IN_AGAIN' },
  ]);
  await setProof(8);
  expect((await member.ask(register, { response: created })).data.registerPasskey.errors).toEqual([]);
  // Three minutes on, whoever found the session open comes in by the key that they added: it is no new proof.
  await server.database.query(
    `UPDATE passkey SET created_at = created_at - interval '3 minutes', proven_at = proven_at - interval '3 minutes'`,
  );
  const elsewhere = personOf(server, member.id, (await enter(server, holder)).token);
  expect((await elsewhere.ask(createToken)).data.createApiToken.errors).toEqual([{ code: 'SIGN_IN_AGAIN' }]);
  const early = await holder.get(await askToSignIn(server));
  expect((await elsewhere.ask(confirm, { response: early })).data.confirmWithPasskey.errors).toMatchObject([
    { code: 'SIGN_IN_AGAIN' },
  ]);
  // Later it is a way in as any other.
  await server.database.query(`UPDATE passkey SET created_at = created_at - interval '10 minutes'`);
  const stranger = await signUp(server);
  const stolen = await holder.get(await askToSignIn(server));
  expect((await stranger.ask(confirm, { response: stolen })).data.confirmWithPasskey.errors).toEqual(refused);
  const response = await holder.get(await askToSignIn(server));
  const { data } = await elsewhere.ask(confirm, { response });
  expect(data.confirmWithPasskey).toEqual({ confirmedUntil: expect.stringMatching(/Z$/), errors: [] });
  expect((await elsewhere.ask(createToken)).data.createApiToken.errors).toEqual([]);
  expect((await elsewhere.ask(confirm, { response })).data.confirmWithPasskey.errors).toEqual(refused);
});

test('a server that is reached by an address without a domain offers none', async () => {
  const server = await start({ transport: { publicUrl: 'https://192.0.2.7' } });
  const { data } = await post(server.url, '{ server { signInMethods { kind } } }');
  expect(data.server.signInMethods).toEqual([{ kind: 'GUEST' }, { kind: 'PASSWORD' }]);
  const member = await signUp(server, { handle: newHandle() });
  const { errors } = (await member.ask(optionsToAdd)).data.passkeyRegistrationOptions;
  expect(errors).toMatchObject([{ code: 'PASSKEYS_UNAVAILABLE' }]);
});
