/** Strangers who guess at an account do not lock out whoever it belongs to. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { goodPassword, type Member, newHandle, signInMutation, signUpMutation } from './support/account.ts';
import { rowIdOf } from './support/history.ts';
import { transport } from './support/no-rates.ts';
import { personOf, post } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';
import { connect } from './support/ws-client.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ transport: { ...transport({ passwords: 3 }), trustProxy: true } });
});
afterAll(() => server[Symbol.asyncDispose]());

interface From {
  readonly address: string;
  readonly device?: string | undefined;
}

const headersOf = ({ address, device }: From) => ({
  'x-forwarded-for': address,
  ...(device && { cookie: `parley_device=${device}` }),
});

async function signUpFrom(from: From, credential = 'TOKEN'): Promise<Member & { device: string | undefined }> {
  const handle = newHandle();
  const input = { handle, password: goodPassword, credential };
  const { data, headers } = await post(server.url, signUpMutation, { input }, headersOf(from));
  const person = personOf(server, data.signUp.viewer.user.id, data.signUp.token);
  return { ...person, handle, password: goodPassword, device: deviceOf(headers) };
}

const deviceOf = (headers: Headers) =>
  headers
    .getSetCookie()
    .map((cookie) => /^parley_device=([^;]+); Path=\/; HttpOnly; SameSite=Strict; Max-Age=34560000/.exec(cookie)?.[1])
    .find((value) => value !== undefined);

/** The code of the refusal; null: signed in. */
async function tryFrom(from: From, handle: string, password = 'a guess of mine'): Promise<string | null> {
  const { data } = await post(server.url, signInMutation, { input: { handle, password } }, headersOf(from));
  return data.signIn.errors[0]?.code ?? null;
}

async function flood(handle: string): Promise<(string | null)[]> {
  const codes = [];
  for (let n = 0; n < 5; n++) codes.push(await tryFrom({ address: `192.0.2.${n}` }, handle));
  return codes;
}

const flooded = [...Array(3).fill('SIGN_IN_FAILED'), ...Array(2).fill('RATE_LIMITED')];

it('[U5] guesses from elsewhere do not keep out who signs in where they signed in before: by address, and by the cookie of the browser', async () => {
  const home = { address: '198.51.100.7' };
  const member = await signUpFrom(home, 'COOKIE');
  const device = member.device as string;
  expect(device).toMatch(/^[\w-]{22}\.[\w-]{22}$/);
  expect(await flood(member.handle)).toEqual(flooded);
  const away = { address: '203.0.113.9' };
  // Elsewhere, without the cookie, they are strangers as the others.
  expect(await tryFrom(away, member.handle, member.password)).toBe('RATE_LIMITED');
  expect(await tryFrom(home, member.handle, member.password)).toBeNull();
  expect(await tryFrom({ ...away, device }, member.handle, member.password)).toBeNull();
  await using socket = await connect(server.url, { headers: headersOf({ ...away, device }) });
  const input = { handle: member.handle, password: member.password };
  expect((await socket.request(signInMutation, { input })).data.signIn.errors).toEqual([]);
});

it('[U5] a known place has as many tries as all strangers together, and no more', async () => {
  const home = { address: '198.51.100.8' };
  const member = await signUpFrom(home, 'COOKIE');
  await flood(member.handle);
  const codesFrom = async (from: From) => {
    const codes = [];
    for (let n = 0; n < 4; n++) codes.push(await tryFrom(from, member.handle));
    return codes;
  };
  const bounded = [...Array(3).fill('SIGN_IN_FAILED'), 'RATE_LIMITED'];
  expect(await codesFrom(home)).toEqual(bounded);
  expect(await codesFrom({ address: '203.0.113.1', device: member.device })).toEqual(bounded);
  // The cookie again from elsewhere, and with a name of somebody's own choosing.
  expect(await tryFrom({ address: '203.0.113.2', device: member.device }, member.handle)).toBe('RATE_LIMITED');
});

it('[U5] a cookie that was made for another account, or made up, makes nobody known', async () => {
  const member = await signUpFrom({ address: '198.51.100.9' }, 'COOKIE');
  const thief = await signUpFrom({ address: '203.0.113.3' }, 'COOKIE');
  await flood(member.handle);
  const [name, seal] = (member.device as string).split('.') as [string, string];
  const forged = [
    thief.device,
    `${name}.${seal.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}`,
    `${name.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}.${seal}`,
    name,
    'rubbish',
    'x'.repeat(4_000),
  ];
  for (const device of forged) {
    const from = { address: '203.0.113.3', device };
    expect([device, await tryFrom(from, member.handle, member.password)]).toEqual([device, 'RATE_LIMITED']);
  }
});

it('[U5] a browser is known to the last five accounts that it signed in to', async () => {
  const from: From = { address: '198.51.100.10' };
  const members = [await signUpFrom(from, 'COOKIE')];
  let { device } = members[0] as { device: string | undefined };
  for (let n = 0; n < 5; n++) {
    const member = await signUpFrom({ ...from, device }, 'COOKIE');
    members.push(member);
    device = member.device;
  }
  expect(device?.split('.')).toHaveLength(6);
  const known = [];
  for (const { handle, password } of members) {
    await flood(handle);
    known.push(await tryFrom({ address: '203.0.113.4', device }, handle, password));
  }
  expect(known).toEqual(['RATE_LIMITED', null, null, null, null, null]);
});

it('[U4] [U5] a handle that nobody has gets the same answers, from wherever and with whatever cookie', async () => {
  const member = await signUpFrom({ address: '198.51.100.11' }, 'COOKIE');
  const nobody = newHandle();
  expect(await flood(nobody)).toEqual(flooded);
  expect(await tryFrom({ address: '198.51.100.11', device: member.device }, nobody)).toBe('RATE_LIMITED');
  expect(await tryFrom({ address: '198.51.100.11' }, '\ud800\0')).toBe('SIGN_IN_FAILED');
});

it('[U5] guesses by a stolen session do not keep other sessions from proving who they are', async () => {
  const member = await signUpFrom({ address: '198.51.100.12' });
  const { data } = await post(
    server.url,
    signInMutation,
    { input: { handle: member.handle, password: member.password } },
    headersOf({ address: '198.51.100.12' }),
  );
  const other = personOf(server, member.id, data.signIn.token);
  const confirm = `mutation ($password: String!) { confirmWithPassword(input: { password: $password }) { errors { code } } }`;
  const codes = [];
  for (let n = 0; n < 4; n++) {
    codes.push((await other.ask(confirm, { password: 'a guess of mine' })).data.confirmWithPassword.errors[0].code);
  }
  expect(codes).toEqual([...Array(3).fill('PASSWORD_WRONG'), 'RATE_LIMITED']);
  expect((await member.ask(confirm, { password: member.password })).data.confirmWithPassword.errors).toEqual([]);
});

it('[U5] [U6] who knew a password that was changed since is a stranger, with whatever cookie; who changed it is not', async () => {
  const home = { address: '198.51.100.13' };
  const member = await signUpFrom(home, 'COOKIE');
  const before = member.device as string;
  const input = { handle: member.handle, password: member.password, credential: 'COOKIE' };
  const entered = await post(server.url, signInMutation, { input }, headersOf({ ...home, device: before }));
  const session = entered.headers.getSetCookie().find((one) => one.startsWith('parley_session=')) as string;
  const change = `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { errors { code } } }`;
  const newPassword = 'eight large otters';
  const changed = await post(
    server.url,
    change,
    { input: { currentPassword: member.password, newPassword } },
    { ...headersOf(home), cookie: `${session.split(';')[0]}; parley_device=${before}` },
  );
  expect(changed.data.changePassword.errors).toEqual([]);
  await flood(member.handle);
  const away = { address: '203.0.113.5' };
  expect(await tryFrom({ ...away, device: before }, member.handle, newPassword)).toBe('RATE_LIMITED');
  expect(await tryFrom({ ...away, device: deviceOf(changed.headers) }, member.handle, newPassword)).toBeNull();
});

it('[U5] a session is held up by no guesses from outside, whatever they take for a handle', async () => {
  const member = await signUpFrom({ address: '198.51.100.14' });
  const [row] = await server.database.query<{ id: string }>('SELECT id FROM session WHERE user_id = $1', [
    rowIdOf(member.id),
  ]);
  await flood(row?.id as string);
  const confirm = `mutation ($password: String!) { confirmWithPassword(input: { password: $password }) { errors { code } } }`;
  const { data } = await member.ask(confirm, { password: member.password });
  expect(data.confirmWithPassword.errors).toEqual([]);
});

it('[A7] the cookie of a browser is Secure where people come by https, whatever a proxy tells', async () => {
  await using secure = await startServer({ transport: { publicUrl: 'https://chat.example' } });
  const input = { handle: newHandle(), password: goodPassword, credential: 'COOKIE' };
  const { headers } = await post(secure.url, signUpMutation, { input });
  const cookies = headers.getSetCookie().map((cookie) => [cookie.split('=')[0], /; Secure$/.test(cookie)]);
  expect(cookies).toEqual([
    ['parley_session', true],
    ['parley_device', true],
  ]);
});
