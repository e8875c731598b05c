import { request } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createStubEngine, type StubEngine } from '../../test/support/stub-engine.ts';
import type { Log } from '../observe/log.ts';
import { silentLog } from '../observe/log.ts';
import { startTransport, type Transport } from './server.ts';
import { defaultTransportSettings, type TransportSettings } from './settings.ts';

const ALLOWED = 'https://friend.example';
const FOREIGN = 'https://foe.example';
const GRAPHQL_JSON = 'application/graphql-response+json';

let engine: StubEngine;
let server: Transport;
let logged: { fields: Record<string, unknown>; message: string }[];

async function start(changes: Partial<TransportSettings> = {}): Promise<Transport> {
  const log: Log = { ...silentLog, error: (fields, message) => void logged.push({ fields: { ...fields }, message }) };
  const settings = { ...defaultTransportSettings, allowedOrigins: [ALLOWED], ...changes };
  return startTransport({ engine, settings, log, clientFolder: null });
}

beforeEach(async () => {
  engine = createStubEngine();
  logged = [];
  server = await start();
});

afterEach(async () => {
  engine.release();
  await server.close();
});

async function post(body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: GRAPHQL_JSON, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: text.startsWith('{') ? JSON.parse(text) : null,
  };
}

const codesOf = (json: { errors: { extensions: { code: string } }[] }) =>
  json.errors.map((error) => error.extensions.code);

describe('answers', () => {
  it('carry the position in extensions.asOf', async () => {
    const { status, json } = await post({ query: '{ hello }' });
    expect({ status, json }).toEqual({
      status: 200,
      json: { data: { hello: 'hello you' }, extensions: { asOf: 'log_position' } },
    });
  });

  it('are never stored by caches, and never sniffed or framed', async () => {
    const { headers } = await post({ query: '{ hello }' });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });

  it('take the selected operation of several, and refuse an unknown or missing name', async () => {
    const query = 'query A { hello(name: "a") } query B { hello(name: "b") }';
    expect((await post({ query, operationName: 'B' })).json.data.hello).toBe('hello b');
    for (const operationName of ['C', undefined]) {
      const { status, json } = await post({ query, operationName });
      expect([status, codesOf(json)]).toEqual([400, ['GRAPHQL_VALIDATION_FAILED']]);
    }
  });
});

describe('the one error rule', () => {
  it.each([
    ['a document that is not GraphQL', { query: '{' }, 'GRAPHQL_PARSE_FAILED'],
    ['an empty document', { query: '' }, 'GRAPHQL_PARSE_FAILED'],
    ['too many tokens', { query: `{ ${'hello '.repeat(2_000)} }` }, 'GRAPHQL_PARSE_FAILED'],
    ['10,000 nested brackets in the document', { query: '{ node '.repeat(10_000) }, 'GRAPHQL_PARSE_FAILED'],
    ['10,000 nested brackets in a literal', { query: `{ hello(name: ${'['.repeat(10_000)}` }, 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', { query: '{ nope }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['two root fields in a subscription', { query: 'subscription { ticks other }' }, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'a variable of the wrong type',
      { query: 'query ($c: Int) { hello(count: $c) }', variables: { c: 'x' } },
      'BAD_USER_INPUT',
    ],
    ['a variable that is missing', { query: 'query ($n: Int!) { big(bytes: $n) }' }, 'BAD_USER_INPUT'],
    [
      'fields nested too deep',
      { query: `{ node ${'{ parent '.repeat(13)} { id } ${'}'.repeat(13)} }` },
      'OPERATION_TOO_LARGE',
    ],
    [
      'an operation that costs too much',
      { query: '{ nodes(first: 100) { nodes(first: 100) { id } } }' },
      'OPERATION_TOO_LARGE',
    ],
  ])('refuses %s with 400, and with 200 in application/json', async (_, body, code) => {
    const refused = await post(body);
    expect([refused.status, codesOf(refused.json)]).toEqual([400, [code]]);
    expect(refused.json).not.toHaveProperty('data');
    expect((await post(body, { accept: 'application/json' })).status).toBe(200);
  });

  it('tells the cost by variables', async () => {
    const query = 'query ($n: Int) { nodes(first: $n) { nodes(first: $n) { id } } }';
    expect((await post({ query, variables: { n: 10 } })).status).toBe(200);
    expect(codesOf((await post({ query, variables: { n: 100 } })).json)).toEqual(['OPERATION_TOO_LARGE']);
  });

  it('bounds the number of validation errors', async () => {
    const query = `{ ${Array.from({ length: 100 }, (_, n) => `nope${n}`).join(' ')} }`;
    expect((await post({ query })).json.errors.length).toBeLessThanOrEqual(
      defaultTransportSettings.document.maxErrors + 1,
    );
  });

  it('gives a fault of a scalar its own code and details, in literals and in variables', async () => {
    for (const body of [
      { query: '{ even(value: 3) }' },
      { query: 'query ($v: Even) { even(value: $v) }', variables: { v: 3 } },
    ]) {
      const { status, json } = await post(body);
      expect(status).toBe(400);
      expect(json.errors[0].extensions).toEqual({ code: 'CURSOR_INVALID', reason: 'ODD' });
    }
  });

  it('gives a fault of a resolver its code, details and path', async () => {
    const { status, json } = await post({ query: '{ hello lateFault }' });
    expect(status).toBe(200);
    expect(json.data).toEqual({ hello: 'hello you', lateFault: null });
    expect(json.errors[0]).toMatchObject({
      path: ['lateFault'],
      extensions: { code: 'CURSOR_EXPIRED', reason: 'EPOCH' },
    });
  });

  it.each(['bug', 'wrongResult'])(
    'masks a bug (%s) with an id that the log has too, and tells nothing else',
    async (field) => {
      const { json, text } = await post({ query: `{ ${field} }` });
      const { id } = json.errors[0].extensions;
      expect(json.errors[0].extensions).toEqual({ code: 'INTERNAL', id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
      expect(text).not.toMatch(/SELECT|secret|somewhere|stack|no integer/);
      expect(logged.map(({ fields }) => fields.id)).toEqual([id]);
    },
  );

  it('tells a mistake in arguments that only shows while executing from a bug', async () => {
    const { json } = await post({ query: 'query ($n: Int = 5) { big(bytes: $n) }', variables: { n: null } });
    expect(codesOf(json)).toEqual(['BAD_USER_INPUT']);
    expect(logged).toEqual([]);
  });

  it('answers 429 with Retry-After when the bucket of operations is empty', async () => {
    await server.close();
    const rates = { ...defaultTransportSettings.rates, operations: { count: 2, windowMs: 60_000 } };
    server = await start({ rates });
    await post({ query: '{ hello }' });
    await post({ query: '{ hello }' });
    for (const accept of [GRAPHQL_JSON, 'application/json']) {
      const { status, headers, json } = await post({ query: '{ hello }' }, { accept });
      expect([status, codesOf(json)]).toEqual([429, ['RATE_LIMITED']]);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(json.errors[0].extensions.retryAfterMs).toBeGreaterThan(0);
    }
    const ofAnn = await post({ query: '{ hello }' }, { authorization: 'Bearer token-of-ann' });
    expect(ofAnn.status).toBe(200);
  });
});

describe('requests that are none', () => {
  it.each([
    ['malformed JSON', '{"query": "{ hel', 400],
    ['a batch', [{ query: '{ hello }' }], 400],
    ['no object', '7', 400],
    ['10,000 nested brackets in the body', '['.repeat(10_000), 400],
    ['an unknown parameter', { query: '{ hello }', nope: 1 }, 400],
  ])('refuses %s', async (_, body, status) => {
    const refused = await post(body);
    expect([refused.status, codesOf(refused.json)]).toEqual([status, ['BAD_REQUEST']]);
  });

  it('refuses 10,000 nested brackets in variables, and goes on', async () => {
    const body = `{"query":"query ($c: Int) { hello(count: $c) }","variables":{"c":${'['.repeat(10_000)}${']'.repeat(10_000)}}}`;
    expect(codesOf((await post(body)).json)).toEqual(['BAD_USER_INPUT']);
    expect((await post({ query: '{ hello }' })).status).toBe(200);
  });

  it('takes JSON alone: forms, plain text and multipart are refused with 415', async () => {
    for (const type of [
      'application/x-www-form-urlencoded',
      'text/plain',
      'application/graphql',
      'multipart/form-data; boundary=x',
    ]) {
      const { status, json } = await post('query=mutation{add(value:1)}', { 'content-type': type });
      expect([status, codesOf(json)]).toEqual([415, ['BAD_REQUEST']]);
    }
    expect(engine.mutations).toEqual([]);
  });

  it('refuses a body over the limit by its length, and by counting where it names none', async () => {
    const body = JSON.stringify({ query: '{ hello }', extensions: { padding: 'x'.repeat(300_000) } });
    const named = await post(body);
    expect([named.status, codesOf(named.json)]).toEqual([413, ['BODY_TOO_LARGE']]);
    const counted = await new Promise<{ status: number; text: string }>((resolve, reject) => {
      const chunked = request(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
      });
      chunked.on('error', reject);
      chunked.on('response', (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      for (let at = 0; at < body.length; at += 50_000) chunked.write(body.slice(at, at + 50_000));
      chunked.end();
    });
    expect([counted.status, codesOf(JSON.parse(counted.text))]).toEqual([413, ['BODY_TOO_LARGE']]);
  });

  it('survives a client that hangs up in the middle of its body', async () => {
    const socket = connectTcp(server.port, '127.0.0.1');
    const head =
      'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"query"';
    await new Promise<void>((resolve) => socket.write(head, () => resolve()));
    socket.destroy();
    expect((await post({ query: '{ hello }' })).status).toBe(200);
    expect(logged).toEqual([]);
  });

  it('executes no mutation by GET', async () => {
    const response = await fetch(`${server.url}/graphql?query=${encodeURIComponent('mutation { add(value: 1) }')}`);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    expect(engine.mutations).toEqual([]);
  });

  it('refuses variables of a GET that are not JSON', async () => {
    const response = await fetch(`${server.url}/graphql?query=%7Bhello%7D&variables=%7B`);
    expect([response.status, codesOf(await response.json())]).toEqual([400, ['BAD_REQUEST']]);
  });

  it.each(['application/json', GRAPHQL_JSON, 'application/json, text/event-stream', 'multipart/mixed', '*/*'])(
    'refuses a subscription over POST and GET, also for %s',
    async (accept) => {
      const query = 'subscription { ticks }';
      const posted = await post({ query }, { accept });
      expect([posted.status, codesOf(posted.json)]).toEqual([400, ['SUBSCRIPTION_OVER_HTTP']]);
      const got = await fetch(`${server.url}/graphql?query=${encodeURIComponent(query)}`, { headers: { accept } });
      expect([got.status, codesOf(await got.json())]).toEqual([400, ['SUBSCRIPTION_OVER_HTTP']]);
      expect(engine.streams).toEqual([]);
    },
  );
});

describe('who asks', () => {
  const cookie = 'other=1; parley_session=token-of-ann';
  const query = '{ viewerId }';

  it.each([
    ['nothing', {}, 200, null],
    ['a good token', { authorization: 'Bearer token-of-bob' }, 200, 'bob'],
    ['a good token from a foreign origin', { authorization: 'Bearer token-of-bob', origin: FOREIGN }, 200, 'bob'],
    ['a good token beside a cookie', { authorization: 'Bearer token-of-bob', cookie, origin: FOREIGN }, 200, 'bob'],
    ['a bad token', { authorization: 'Bearer nope' }, 401, 'UNAUTHENTICATED'],
    ['another scheme', { authorization: 'Basic YTpi' }, 401, 'UNAUTHENTICATED'],
    ['a cookie without an origin', { cookie }, 200, 'ann'],
    ['a cookie from its own origin', { cookie, origin: 'OWN' }, 200, 'ann'],
    ['a cookie from an allowed origin', { cookie, origin: ALLOWED }, 200, 'ann'],
    ['a cookie from a foreign origin', { cookie, origin: FOREIGN }, 403, 'ORIGIN_REFUSED'],
    ['a cookie from nowhere', { cookie, origin: 'null' }, 403, 'ORIGIN_REFUSED'],
    ['a cookie by a link of another site', { cookie, 'sec-fetch-site': 'cross-site' }, 403, 'ORIGIN_REFUSED'],
    ['a bad cookie', { cookie: 'parley_session=nope' }, 401, 'UNAUTHENTICATED'],
  ])('%s', async (_, headers: Record<string, string>, status, outcome) => {
    const origin = headers.origin === 'OWN' ? { origin: server.url } : {};
    const answer = await send(server.port, { query }, { ...headers, ...origin });
    expect(answer.status).toBe(status);
    expect(status === 200 ? answer.json.data.viewerId : codesOf(answer.json)[0]).toBe(outcome);
  });

  it('clears a cookie that means nothing any more, so that the browser can go on', async () => {
    const { headers } = await send(server.port, { query }, { cookie: 'parley_session=nope' });
    expect(headers['set-cookie']).toEqual(['parley_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0']);
  });

  it('sets a cookie for browsers, Secure where a trusted proxy says https', async () => {
    const plain = await send(server.port, { query: 'mutation { enter }' }, {});
    expect(plain.headers['set-cookie']?.[0]).toMatch(
      /^parley_session=token-of-ann; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/,
    );
    await server.close();
    server = await start({ trustProxy: true });
    const secure = await send(server.port, { query: 'mutation { enter }' }, { 'x-forwarded-proto': 'https' });
    expect(secure.headers['set-cookie']?.[0]).toMatch(/; Secure$/);
  });

  it('[A7] sets it Secure where people come by https, whatever the proxy tells, but not for a page that came without', async () => {
    await server.close();
    server = await start({ publicUrl: 'https://chat.example' });
    const cookieFor = async (headers: Record<string, string>, query = 'mutation { enter }') =>
      (await send(server.port, { query }, headers)).headers['set-cookie']?.[0];
    expect(await cookieFor({})).toMatch(/; Secure$/);
    expect(await cookieFor({ host: 'chat.example', origin: 'https://chat.example' })).toMatch(/; Secure$/);
    expect(await cookieFor({ cookie: 'parley_session=nope' }, '{ hello }')).toMatch(/^parley_session=;.*; Secure$/);
    // The address of the machine itself: a browser there would not keep it.
    const direct = { host: `10.0.0.5:${server.port}`, origin: `http://10.0.0.5:${server.port}` };
    expect(await cookieFor(direct)).not.toMatch(/Secure/);
    await server.close();
    server = await start({ publicUrl: 'http://chat.example' });
    expect(await cookieFor({})).not.toMatch(/Secure/);
  });

  it('lets pages of allowed origins alone read answers', async () => {
    const readable = async (origin: string) => {
      const preflight = await fetch(`${server.url}/graphql`, { method: 'OPTIONS', headers: { origin } });
      const { headers } = await send(server.port, { query }, { origin });
      const name = 'access-control-allow-origin';
      return [preflight.status, preflight.headers.get(name), headers[name] ?? null];
    };
    expect(await readable(ALLOWED)).toEqual([204, ALLOWED, ALLOWED]);
    expect(await readable(FOREIGN)).toEqual([204, null, null]);
  });
});

/** By node:http, since fetch does not send Cookie and Origin as given. */
function send(port: number, body: object, headers: Record<string, string>) {
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape.
  return new Promise<{ status: number; headers: import('node:http').IncomingHttpHeaders; json: any }>(
    (resolve, reject) => {
      const options = { port, host: '127.0.0.1', path: '/graphql', method: 'POST' };
      const sent = request({
        ...options,
        headers: { 'content-type': 'application/json', accept: GRAPHQL_JSON, ...headers },
      });
      sent.on('error', reject);
      sent.on('response', async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, json: JSON.parse(text) });
      });
      sent.end(JSON.stringify(body));
    },
  );
}
