import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createLog, silentLog } from '../src/observe/log.ts';
import { Browser, publicUrlOf } from './support/provider.ts';
import { startServer } from './support/server.ts';

interface Claims {
  iss: string;
  aud: string;
  sub: unknown;
  nonce: string;
  iat: number;
  exp: number;
}

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const others = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

function tokenOf(claims: object, { key = privateKey, alg = 'RS256' } = {}): string {
  const text = `${encode({ alg, kid: 'one', typ: 'JWT' })}.${encode(claims)}`;
  return `${text}.${alg === 'none' ? '' : sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}

/** A provider that answers as a test says, to show what it may not say. */
async function startForger(
  forge: (claims: Claims) => string,
  { answers = {}, log = silentLog, clientSecret = null as string | null } = {},
) {
  let nonce = '';
  const http = createServer((request, response) => {
    const url = new URL(request.url ?? '/', issuer);
    const json = (value: unknown, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    const now = Math.floor(Date.now() / 1_000);
    if (url.pathname === '/.well-known/openid-configuration') {
      json({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        response_types_supported: ['code'],
        id_token_signing_alg_values_supported: ['RS256'],
        ...answers,
      });
    } else if (url.pathname === '/keys')
      json({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256' }] });
    else if (url.pathname === '/token') {
      const claims = { iss: issuer, aud: 'parley', sub: 'ann', nonce, iat: now, exp: now + 60 };
      json({ access_token: 'access', token_type: 'Bearer', id_token: forge(claims) });
    } else {
      nonce = url.searchParams.get('nonce') as string;
      const back = new URL(url.searchParams.get('redirect_uri') as string);
      back.search = `${new URLSearchParams({ code: 'code', state: url.searchParams.get('state') as string })}`;
      response.writeHead(302, { location: back.href }).end();
    }
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const issuer = `http://localhost:${(http.address() as AddressInfo).port}`;
  onTestFinished(() => new Promise((resolve) => void http.close(() => resolve())));
  const provider = { issuer, clientId: 'parley', clientSecret, label: 'Forger', isSignUpOpen: true };
  const server = await startServer({ log, transport: { provider } });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const end = await new Browser().follow(`${publicUrlOf(server)}/auth/oidc/start`, (at) => at.pathname !== '/');
  const page = await end.response.text();
  const people = await server.database.query('SELECT id FROM user_account');
  return { status: end.response.status, code: /<code>(\w+)<\/code>/.exec(page)?.[1], page, people: people.length };
}

test('[I5] a token that holds lets its person in: the others below are refused for what is wrong with them alone', async () => {
  expect(await startForger((claims) => tokenOf(claims))).toMatchObject({ status: 303, people: 1 });
});

const hour = 3_600;
test.each<[string, (claims: Claims) => string]>([
  ['has the nonce of another sign-in', (claims) => tokenOf({ ...claims, nonce: 'another' })],
  ['has no nonce', ({ nonce: _, ...claims }) => tokenOf(claims)],
  ['has expired', (claims) => tokenOf({ ...claims, iat: claims.iat - hour, exp: claims.exp - hour })],
  ['begins to hold in an hour', (claims) => tokenOf({ ...claims, nbf: claims.iat + hour })],
  ['is of another issuer', (claims) => tokenOf({ ...claims, iss: 'https://other.example' })],
  ['is for another client', (claims) => tokenOf({ ...claims, aud: 'other' })],
  ['says nobody', (claims) => tokenOf({ ...claims, sub: '' })],
  ['says more than a name', (claims) => tokenOf({ ...claims, sub: 'x'.repeat(256) })],
  ['cannot be stored', (claims) => tokenOf({ ...claims, sub: 'a\0b' })],
  ['is signed by somebody else', (claims) => tokenOf(claims, { key: others })],
  ['is not signed', (claims) => tokenOf(claims, { alg: 'none' })],
  ['is no token', () => 'rubbish'],
])('[I5] a token that %s lets nobody in, and the page says no more than the code', async (_, forge) => {
  const { page, ...answer } = await startForger(forge);
  expect(answer).toEqual({ status: 502, code: 'PROVIDER_REFUSED', people: 0 });
  expect(page).not.toMatch(/nonce|issuer|audience|JWT|claim|stack|node_modules/i);
});

test('[I5] a provider that says to be another is not gone to', async () => {
  const answer = await startForger((claims) => tokenOf(claims), { answers: { issuer: 'https://other.example' } });
  expect(answer).toMatchObject({ status: 503, code: 'PROVIDER_UNAVAILABLE', people: 0 });
});

test('[I5] the log says why, without the secret, the code, the token or what it says of a person', async () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ level: 'debug', format: 'json', destination });
  let token = '';
  const forge = (claims: Claims) => {
    token = tokenOf({ ...claims, nonce: 'another', name: 'Wilhelmina' });
    return token;
  };
  await startForger(forge, { log, clientSecret: 'hunter2hunter2' });
  const [said] = lines.filter((line) => line.includes('PROVIDER_REFUSED'));
  expect(said).toMatch(/unexpected.*nonce|nonce.*unexpected|claim/i);
  for (const secret of ['hunter2hunter2', token, 'access_token', 'Wilhelmina', 'code=code']) {
    expect(lines.join('')).not.toContain(secret);
  }
});
