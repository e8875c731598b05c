import { expect, test } from 'vitest';
import { goodPassword, newHandle, signUp, signUpMutation } from './support/account.ts';
import { createTestDatabase } from './support/database.ts';
import { readLog } from './support/history.ts';
import { createRoom, personOf, post, send } from './support/person.ts';
import { Browser, publicUrlOf, startProvider, startServerWith, type TestProvider } from './support/provider.ts';
import type { TestServer } from './support/server.ts';

const whoAmI = '{ viewer { user { id handle displayName isGuest } identities { id issuer subject } } }';
const unlink = `mutation ($id: ID!) { unlinkIdentity(input: { identityId: $id }) { removedId errors { code path } } }`;

const startOf = (server: TestServer, back = '/r/kitchen') =>
  `${publicUrlOf(server)}/auth/oidc/start?return=${encodeURIComponent(back)}`;
const isAway = (server: TestServer) => (at: URL) => at.origin !== publicUrlOf(server);

/** Through the provider and back: the page that the browser ends at. */
async function signInBy(server: TestServer, browser: Browser, back?: string) {
  const { at } = await browser.follow(startOf(server, back), isAway(server));
  return browser.follow(at, (next) => next.origin !== publicUrlOf(server) || next.pathname === '/auth/oidc/callback');
}

/** As far as the address that the provider sends the browser to. */
async function callbackOf(server: TestServer, browser: Browser): Promise<URL> {
  const { at } = await browser.follow(startOf(server), (next) => next.pathname !== '/auth/oidc/callback');
  expect(at.pathname).toBe('/auth/oidc/callback');
  return at;
}

/** A fault is a page with its code, and leads back; nobody is signed in by it. */
async function expectFault(response: Response, status: number, code: string) {
  const html = await response.text();
  expect([response.status, /<code>(\w+)<\/code>/.exec(html)?.[1]]).toEqual([status, code]);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.getSetCookie().some((cookie) => cookie.startsWith('parley_session='))).toBe(false);
  return html;
}

async function viewerOf(server: TestServer, browser: Browser) {
  return (await browser.ask(server.url, whoAmI)).data.viewer;
}

test('[I1] [I2] a stranger gets an account by the name that the provider knows, and is the same person next time', async () => {
  const provider = await startProvider();
  const server = await startServerWith(provider);
  const { data } = await post(server.url, '{ server { signInMethods { kind label path } } }');
  expect(data.server.signInMethods).toEqual([
    ...['GUEST', 'PASSWORD', 'PASSKEY'].map((kind) => ({ kind, label: null, path: null })),
    { kind: 'PROVIDER', label: 'Example', path: '/auth/oidc/start' },
  ]);
  const browser = new Browser();
  const { response, at } = await signInBy(server, browser);
  expect([response.status, `${at}`]).toEqual([303, `${publicUrlOf(server)}/r/kitchen`]);
  expect(browser.cookies.has('parley_oidc')).toBe(false);
  const viewer = await viewerOf(server, browser);
  expect(viewer).toEqual({
    user: { id: expect.any(String), handle: 'ann', displayName: 'Ann Example', isGuest: false },
    identities: [{ id: expect.any(String), issuer: provider.settings.issuer, subject: 'ann-1' }],
  });
  provider.person = { sub: 'ann-1', preferred_username: 'renamed', name: 'Renamed' };
  const later = new Browser();
  await signInBy(server, later);
  expect(await viewerOf(server, later)).toEqual(viewer);
});

test('[I2] a handle that is taken, odd or missing becomes one that is free and valid', async () => {
  const provider = await startProvider();
  const server = await startServerWith(provider);
  await signUp(server, { handle: 'otter' });
  const handles: string[] = [];
  const names: (string | undefined)[] = ['otter', 'Otter', 'ZÖE M.@example.org', 'admin', '42', '\ud800\0', undefined];
  for (const [n, name] of names.entries()) {
    provider.person = { sub: `person-${n}`, ...(name !== undefined && { preferred_username: name }) };
    const browser = new Browser();
    await signInBy(server, browser);
    handles.push((await viewerOf(server, browser)).user.handle);
  }
  expect(handles).toEqual(['otter2', 'otter3', 'zoe_m', 'admin2', 'member', 'member2', 'member3']);
});

test('[I2] a guest who comes by the provider stays who they are, and their old token is void', async () => {
  const provider = await startProvider();
  const server = await startServerWith(provider);
  const browser = new Browser();
  const enter =
    'mutation { enterAsGuest(input: { displayName: "Wren", credential: COOKIE }) { viewer { user { id } } } }';
  const entered = (await browser.ask(server.url, enter)).data.enterAsGuest.viewer.user.id;
  const token = decodeURIComponent(browser.cookies.get('parley_session') as string);
  const guest = personOf(server, entered, token);
  const roomId = await createRoom(guest, 'Kitchen');
  await send(guest, roomId, 'as a guest');
  await signInBy(server, browser);
  const { user } = await viewerOf(server, browser);
  expect(user).toEqual({ id: entered, handle: 'ann', displayName: 'Wren', isGuest: false });
  expect((await guest.ask(whoAmI)).status).toBe(401);
  const history = await browser.ask(
    server.url,
    'query ($id: ID!) { room(by: { id: $id }) { messages(first: 9) { nodes { text author { id } } } } }',
    { id: roomId },
  );
  expect(history.data.room.messages.nodes).toEqual([{ text: 'as a guest', author: { id: entered } }]);
  expect((await readLog(server.database)).at(-1)).toMatchObject({ kind: 'USER_UPDATED' });
});

test('[I3] a member links the identity, is let in by it, and unlinks it; the last way in stays', async () => {
  const provider = await startProvider();
  const server = await startServerWith(provider);
  const browser = new Browser();
  const handle = newHandle();
  const input = { handle, password: goodPassword, credential: 'COOKIE' };
  const made = await browser.ask(server.url, signUpMutation, { input });
  const session = browser.cookies.get('parley_session');
  expect((await signInBy(server, browser)).response.status).toBe(303);
  expect(browser.cookies.get('parley_session')).toBe(session);
  const { user, identities } = await viewerOf(server, browser);
  expect([user.handle, identities.length]).toEqual([handle, 1]);

  const elsewhere = new Browser();
  await signInBy(server, elsewhere);
  expect((await viewerOf(server, elsewhere)).user.id).toBe(made.data.signUp.viewer.user.id);

  const other = new Browser();
  await other.ask(server.url, signUpMutation, { input: { ...input, handle: newHandle() } });
  await expectFault((await signInBy(server, other)).response, 409, 'IDENTITY_TAKEN');
  provider.person = { sub: 'ann-2' };
  browser.leaveProvider();
  await expectFault((await signInBy(server, browser)).response, 409, 'OTHER_LINKED');

  const id = identities[0].id;
  expect((await other.ask(server.url, unlink, { id })).data.unlinkIdentity.errors).toEqual([
    { code: 'NOT_FOUND', path: ['input', 'identityId'] },
  ]);
  expect((await browser.ask(server.url, unlink, { id })).data.unlinkIdentity).toEqual({ removedId: id, errors: [] });
  provider.person = { sub: 'bob-1', preferred_username: 'bob' };
  const bob = new Browser();
  await signInBy(server, bob);
  const [only] = (await viewerOf(server, bob)).identities;
  expect((await bob.ask(server.url, unlink, { id: only.id })).data.unlinkIdentity).toEqual({
    removedId: null,
    errors: [{ code: 'LAST_SIGN_IN_WAY', path: ['input', 'identityId'] }],
  });
});

test('[I3] [U10] linking asks for a recent sign-in; coming back from the provider as oneself is one', async () => {
  const provider = await startProvider();
  const server = await startServerWith(provider);
  const browser = new Browser();
  const input = { handle: newHandle(), password: goodPassword, credential: 'COOKIE' };
  await browser.ask(server.url, signUpMutation, { input });
  const age = `UPDATE session SET created_at = now() - interval '11 minutes', proven_at = NULL`;
  await server.database.query(age);
  await expectFault((await signInBy(server, browser)).response, 403, 'SIGN_IN_AGAIN');
  expect((await viewerOf(server, browser)).identities).toEqual([]);
  const confirm = `mutation { confirmWithPassword(input: { password: "${goodPassword}" }) { errors { code } } }`;
  expect((await browser.ask(server.url, confirm)).data.confirmWithPassword.errors).toEqual([]);
  expect((await signInBy(server, browser)).response.status).toBe(303);
  expect((await viewerOf(server, browser)).identities).toHaveLength(1);

  await server.database.query(age);
  await server.database.query(`UPDATE identity SET created_at = created_at - interval '11 minutes'`);
  const createToken = 'mutation { createApiToken(input: { name: "Mine", scopes: [READ] }) { errors { code } } }';
  const make = async () => (await browser.ask(server.url, createToken)).data.createApiToken.errors;
  expect(await make()).toEqual([{ code: 'SIGN_IN_AGAIN' }]);
  expect((await signInBy(server, browser)).response.status).toBe(303);
  expect(await make()).toEqual([]);
});

test('[I2] a guest whose identity somebody has is let in as them, and takes nothing along', async () => {
  const provider = await startProvider();
  const server = await startServerWith(provider);
  const first = new Browser();
  await signInBy(server, first);
  const ann = await viewerOf(server, first);
  const browser = new Browser();
  const enter =
    'mutation { enterAsGuest(input: { displayName: "Wren", credential: COOKIE }) { viewer { user { id } } } }';
  const guest = (await browser.ask(server.url, enter)).data.enterAsGuest.viewer.user.id;
  await signInBy(server, browser);
  expect(await viewerOf(server, browser)).toEqual(ann);
  const found = await browser.ask(
    server.url,
    'query ($id: ID!) { node(id: $id) { ... on User { displayName isGuest } } }',
    { id: guest },
  );
  expect(found.data.node).toEqual({ displayName: 'Wren', isGuest: true });
});

test('[I3] nobody is linked by their address of e-mail', async () => {
  const provider = await startProvider();
  const server = await startServerWith(provider);
  const first = new Browser();
  provider.person = { sub: 'one', preferred_username: 'same', email: 'same@example.org' };
  await signInBy(server, first);
  const second = new Browser();
  provider.person = { sub: 'two', preferred_username: 'same', email: 'same@example.org' };
  await signInBy(server, second);
  const [a, b] = [await viewerOf(server, first), await viewerOf(server, second)];
  expect(a.user.id).not.toBe(b.user.id);
});

test('[I4] any node finishes what another began, and nobody finishes it twice', async () => {
  const provider = await startProvider();
  await using database = await createTestDatabase();
  const one = await startServerWith(provider, { database });
  const two = await startServerWith(provider, {
    database,
    transport: { provider: provider.settings, publicUrl: publicUrlOf(one) },
  });
  const browser = new Browser();
  const callback = await callbackOf(one, browser);
  const copy = new Browser();
  for (const [name, value] of browser.cookies) copy.cookies.set(name, value);
  const { response } = await browser.follow(`${publicUrlOf(two)}${callback.pathname}${callback.search}`, () => false);
  expect([response.status, response.headers.get('location')]).toEqual([303, '/r/kitchen']);
  expect((await viewerOf(one, browser)).user.handle).toBe('ann');
  for (const server of [one, two]) {
    const again = await copy.get(`${publicUrlOf(server)}${callback.pathname}${callback.search}`);
    await expectFault(again, 400, 'STATE_INVALID');
  }
});

test('[I4] what comes back to another browser, with another state, or as another person lets nobody in', async () => {
  const provider = await startProvider();
  const server = await startServerWith(provider);
  await expectFault(await new Browser().get(await callbackOf(server, new Browser())), 400, 'STATE_INVALID');
  const browser = new Browser();
  const callback = await callbackOf(server, browser);
  const tampered = new URL(callback);
  tampered.searchParams.set('state', 'another');
  await expectFault(await browser.get(tampered), 400, 'STATE_INVALID');
  const changed = new Browser();
  for (const [name, value] of browser.cookies) changed.cookies.set(name, value);
  changed.cookies.set('parley_oidc', `${browser.cookies.get('parley_oidc')}x`.replace(/^./, '_'));
  await expectFault(await changed.get(callback), 400, 'STATE_INVALID');
  await browser.ask(server.url, signUpMutation, {
    input: { handle: newHandle(), password: goodPassword, credential: 'COOKIE' },
  });
  await expectFault(await browser.get(callback), 409, 'SESSION_CHANGED');
});

test('[I4] who is signed in begins from a page of this server, not from one of somebody else', async () => {
  const provider = await startProvider();
  const server = await startServerWith(provider);
  const member = await signUp(server);
  const browser = new Browser();
  browser.cookies.set('parley_session', member.token);
  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { referer: 'https://evil.example/' },
    {},
  ]) {
    await expectFault(await browser.get(startOf(server), headers), 403, 'ORIGIN_REFUSED');
  }
  for (const headers of [{ 'sec-fetch-site': 'same-origin' }, { 'sec-fetch-site': 'none' }]) {
    expect((await browser.get(startOf(server), headers)).status).toBe(303);
  }
  expect((await new Browser().get(startOf(server), { 'sec-fetch-site': 'cross-site' })).status).toBe(303);
});

test.each([
  '//evil.example/',
  '/\\evil.example',
  'https://evil.example/',
  'javascript:alert(1)',
  '/.//evil.example',
  '/\t/evil.example',
  'x',
  '',
])('[I4] «%s» as the place to come back to is none of this server, so it is its front page', async (back) => {
  const { returnPath } = await import('../src/transport/oidc-state.ts');
  expect(returnPath(back)).toMatch(/^\/(?![/\\])/);
  expect(new URL(returnPath(back), 'http://here.example').host).toBe('here.example');
  expect(returnPath('/r/kitchen?a=b#c')).toBe('/r/kitchen?a=b#c');
});

async function failing(settings: Partial<TestProvider['settings']>, person?: TestProvider['person']) {
  const provider = await startProvider();
  Object.assign(provider, { settings: { ...provider.settings, ...settings } });
  const server = await startServerWith(provider);
  if (person !== undefined) provider.person = person;
  return { provider, server, browser: new Browser() };
}

test('[I5] a person who says no at the provider is told so', async () => {
  const { server, browser } = await failing({}, null);
  const html = await expectFault((await signInBy(server, browser)).response, 403, 'CANCELLED');
  expect(html).toContain('href="/r/kitchen"');
  expect(html).not.toContain('said no');
});

test('[I5] a provider that is away, and a client that it does not know, are told apart', async () => {
  const { provider, server, browser } = await failing({ clientSecret: 'a wrong one' });
  await expectFault((await signInBy(server, browser)).response, 502, 'PROVIDER_REFUSED');
  const callback = await callbackOf(server, browser);
  await provider.stop();
  await expectFault(await browser.get(callback), 503, 'PROVIDER_UNAVAILABLE');
  const later = await startServerWith(provider);
  await expectFault(await browser.get(startOf(later)), 503, 'PROVIDER_UNAVAILABLE');
});

test('[I5] where the provider makes no accounts, it lets in those who linked it', async () => {
  const { server, browser } = await failing({ isSignUpOpen: false });
  await expectFault((await signInBy(server, browser)).response, 403, 'SIGN_UP_CLOSED');
  await browser.ask(server.url, signUpMutation, {
    input: { handle: newHandle(), password: goodPassword, credential: 'COOKIE' },
  });
  expect((await signInBy(server, browser)).response.status).toBe(303);
  const elsewhere = new Browser();
  await signInBy(server, elsewhere);
  expect((await viewerOf(server, elsewhere)).user.id).toBe((await viewerOf(server, browser)).user.id);
});

test('[I5] sign-ins and sign-ups by the provider count by address', async () => {
  const provider = await startProvider();
  const { transport } = await import('./support/no-rates.ts');
  const server = await startServerWith(provider, {
    transport: { ...transport({ signUps: 1, signIns: 3 }), provider: provider.settings },
  });
  expect((await signInBy(server, new Browser())).response.status).toBe(303);
  provider.person = { sub: 'somebody else' };
  await expectFault((await signInBy(server, new Browser())).response, 429, 'RATE_LIMITED');
  await new Browser().get(startOf(server));
  await expectFault(await new Browser().get(startOf(server)), 429, 'RATE_LIMITED');
});

test('without a provider there is neither address', async () => {
  const provider = await startProvider();
  const server = await startServerWith(provider, { transport: { provider: null } });
  for (const path of ['start', 'callback']) {
    expect((await fetch(`${server.url}/auth/oidc/${path}`, { redirect: 'manual' })).status).toBe(404);
  }
});

test('[I4] what goes along with a browser that comes by https is Secure, without a word of a proxy', async () => {
  const provider = await startProvider();
  for (const [publicUrl, isSecure] of [
    ['https://chat.example', true],
    ['http://localhost:4000', false],
  ] as const) {
    const server = await startServerWith(provider, { transport: { publicUrl } });
    const response = await fetch(`${server.url}/auth/oidc/start`, { redirect: 'manual' });
    expect(response.status).toBe(303);
    const [cookie = ''] = response.headers.getSetCookie();
    expect([/^parley_oidc=\S/.test(cookie), /; Secure$/.test(cookie)]).toEqual([true, isSecure]);
  }
});
