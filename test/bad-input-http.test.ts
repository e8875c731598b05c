import { request } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doorNames, fault, openDoor } from './support/doors.ts';
import { send } from './support/person.ts';
import { expectNoLeak, startWorld, type World } from './support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const GRAPHQL_JSON = 'application/graphql-response+json';
const open = (depth: number, bracket = '[') => bracket.repeat(depth);
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Record<string, string>;
}

interface RawAnswer {
  readonly status: number;
  readonly type: string;
  readonly headers: Headers;
  readonly raw: string;
  /** Codes of the errors; null where the answer is no GraphQL. */
  readonly codes: readonly string[] | null;
}

/** One request of ann, as it is, to /graphql. */
async function ask({ method = 'POST', path = '', body, headers = {} }: RawRequest): Promise<RawAnswer> {
  const response = await fetch(`${world.server.url}/graphql${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      accept: GRAPHQL_JSON,
      authorization: `Bearer ${world.ann.token}`,
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const raw = await response.text();
  const json = raw.startsWith('{') ? JSON.parse(raw) : null;
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    headers: response.headers,
    raw,
    codes: json?.errors?.map((error: { extensions: { code: string } }) => error.extensions.code) ?? null,
  };
}

const sendText = (text: string) =>
  JSON.stringify({
    query: 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { errors { code } } }',
    variables: { input: { roomId: world.roomId, text } },
  });

/** Makes the request, then shows that nothing was written and that the server goes on. */
async function refuse(make: () => RawRequest | Promise<RawRequest>): Promise<RawAnswer> {
  const before = await world.content();
  const answer = await ask(await make());
  expectNoLeak(answer.raw);
  expect(await world.content()).toEqual(before);
  expect((await send(world.ann, world.roomId, 'still here')).errors).toEqual([]);
  expect(world.bugs).toEqual([]);
  return answer;
}

const multipart = [
  '--x',
  'Content-Disposition: form-data; name="operations"',
  '',
  '{"query":"mutation ($f: String!) { enterAsGuest(input: { displayName: $f }) { token } }","variables":{"f":null}}',
  '--x',
  'Content-Disposition: form-data; name="map"',
  '',
  '{"0":["variables.f"]}',
  '--x',
  'Content-Disposition: form-data; name="0"; filename="a.txt"',
  '',
  'a',
  '--x--',
  '',
].join('\r\n');

const enter = 'mutation { enterAsGuest(input: { displayName: "x" }) { token } }';
const subscribe = 'subscription { events { cursor } }';
const inUrl = (query: string) => `?query=${encodeURIComponent(query)}`;

const requests: readonly [what: string, make: () => RawRequest, status: number, code: string][] = [
  ['a body that is no JSON', () => ({ body: '{"query": "{ __typename }"' }), 400, 'BAD_REQUEST'],
  ['an empty body', () => ({ body: '' }), 400, 'BAD_REQUEST'],
  ['a body that is a string', () => ({ body: '"query"' }), 400, 'BAD_REQUEST'],
  ['a body that is null', () => ({ body: 'null' }), 400, 'BAD_REQUEST'],
  ['a body of bytes that are no UTF-8', () => ({ body: Uint8Array.of(0xff, 0xfe, 0x7b) }), 400, 'BAD_REQUEST'],
  ['a body without a query', () => ({ body: '{"variables":{}}' }), 400, 'BAD_REQUEST'],
  ['a query that is a number', () => ({ body: '{"query":7}' }), 400, 'BAD_REQUEST'],
  [
    'an operation name that is a number',
    () => ({ body: '{"query":"{ asOf }","operationName":7}' }),
    400,
    'BAD_REQUEST',
  ],
  ['variables that are a list', () => ({ body: '{"query":"{ asOf }","variables":[]}' }), 400, 'BAD_REQUEST'],
  ['extensions that are a string', () => ({ body: '{"query":"{ asOf }","extensions":"x"}' }), 400, 'BAD_REQUEST'],
  ['a batch of operations', () => ({ body: `[${sendText('one')},${sendText('two')}]` }), 400, 'BAD_REQUEST'],
  ['an empty batch', () => ({ body: '[]' }), 400, 'BAD_REQUEST'],
  ['a body over the limit', () => ({ body: sendText('x'.repeat(300_000)) }), 413, 'BODY_TOO_LARGE'],
  ['10,000 nested brackets for a body', () => ({ body: nested(10_000) }), 400, 'BAD_REQUEST'],
  ['10,000 brackets that never close', () => ({ body: open(10_000) }), 400, 'BAD_REQUEST'],
  [
    'a multipart body',
    () => ({ body: multipart, headers: { 'content-type': 'multipart/form-data; boundary=x' } }),
    415,
    'BAD_REQUEST',
  ],
  [
    'a form',
    () => ({
      body: new URLSearchParams({ query: enter }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }),
    415,
    'BAD_REQUEST',
  ],
  ['plain text', () => ({ body: sendText('x'), headers: { 'content-type': 'text/plain' } }), 415, 'BAD_REQUEST'],
  [
    'GraphQL as a body',
    () => ({ body: enter, headers: { 'content-type': 'application/graphql' } }),
    415,
    'BAD_REQUEST',
  ],
  ['a mutation by GET', () => ({ method: 'GET', path: inUrl(enter) }), 405, 'BAD_REQUEST'],
  ['a GET without a query', () => ({ method: 'GET' }), 400, 'BAD_REQUEST'],
  [
    'variables of a GET that are no JSON',
    () => ({ method: 'GET', path: `${inUrl('{ asOf }')}&variables={` }),
    400,
    'BAD_REQUEST',
  ],
  ['a PUT', () => ({ method: 'PUT', body: sendText('x') }), 405, 'BAD_REQUEST'],
  ['a DELETE', () => ({ method: 'DELETE' }), 405, 'BAD_REQUEST'],
  ['a subscription by POST', () => ({ body: JSON.stringify({ query: subscribe }) }), 400, 'SUBSCRIPTION_OVER_HTTP'],
  ['a subscription by GET', () => ({ method: 'GET', path: inUrl(subscribe) }), 400, 'SUBSCRIPTION_OVER_HTTP'],
  [
    'a subscription that asks for parts',
    () => ({ body: JSON.stringify({ query: subscribe }), headers: { accept: 'multipart/mixed' } }),
    400,
    'SUBSCRIPTION_OVER_HTTP',
  ],
];

describe('requests that are no GraphQL over HTTP', () => {
  it.each(requests)('[E2] [E3] refuses %s', async (_, make, status, code) => {
    const answer = await refuse(make);
    expect([answer.status, answer.codes]).toEqual([status, [code]]);
    expect(answer.type).toContain('json');
    if (status === 405) expect(answer.headers.get('allow')).toContain('POST');
  });

  it('[E4] refuses a body over the limit that does not say its length', async () => {
    const answer = await new Promise<{ status: number | undefined; raw: string }>((resolve, reject) => {
      const { port } = new URL(world.server.url);
      const headers = { 'content-type': 'application/json', accept: GRAPHQL_JSON, 'transfer-encoding': 'chunked' };
      const sending = request({ port, path: '/graphql', method: 'POST', headers }, async (response) => {
        let raw = '';
        for await (const chunk of response) raw += chunk;
        resolve({ status: response.statusCode, raw });
      });
      sending.on('error', reject);
      for (let sent = 0; sent < 5; sent += 1) sending.write('x'.repeat(65_536));
      sending.end();
    });
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.raw).errors[0].extensions.code).toBe('BODY_TOO_LARGE');
    expectNoLeak(answer.raw);
  });

  it('[E2] answers what is no HTTP with 400, and goes on', async () => {
    const socket = connectTcp(Number(new URL(world.server.url).port), '127.0.0.1');
    socket.end('rubbish\r\n\r\n');
    let raw = '';
    for await (const chunk of socket) raw += chunk;
    expect(raw).toMatch(/^HTTP\/1\.1 400 /);
    expectNoLeak(raw);
    expect((await send(world.ann, world.roomId, 'after rubbish')).errors).toEqual([]);
  });

  it('[E2] survives who hangs up in the middle of a body, and writes nothing of it', async () => {
    const before = await world.content();
    const body = sendText('never whole');
    const socket = connectTcp(Number(new URL(world.server.url).port), '127.0.0.1');
    const head = [
      'POST /graphql HTTP/1.1',
      'Host: x',
      'Content-Type: application/json',
      `Authorization: Bearer ${world.ann.token}`,
      `Content-Length: ${body.length}`,
    ];
    await new Promise<void>((resolve) =>
      socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, 50)}`, () => resolve()),
    );
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.destroy();
    await closed;
    expect((await ask({ body: '{"query":"{ asOf }"}' })).status).toBe(200);
    expect(await world.content()).toEqual(before);
    expect(world.bugs).toEqual([]);
  });
});

const deepFields = `{ ${'room(by: { slug: "a" }) { '.repeat(20)} id ${'}'.repeat(20)} }`;
const deepMembers = `{ viewer { user { id } rooms { nodes ${'{ members { nodes { room '.repeat(5)} { id } ${'} } }'.repeat(5)} } } }`;

describe.each(doorNames)('documents over %s', (name) => {
  it.each([
    ['10,000 nested brackets of fields', '{ viewer '.repeat(10_000), {}, 'GRAPHQL_PARSE_FAILED'],
    ['10,000 nested brackets of a list', `{ nodes(ids: ${nested(10_000)}) { id } }`, {}, 'GRAPHQL_PARSE_FAILED'],
    ['10,000 nested brackets of an object', `{ room(by: ${'{ id: '.repeat(10_000)}`, {}, 'GRAPHQL_PARSE_FAILED'],
    ['10,000 nested brackets of a type', `query ($a: ${open(10_000)}`, {}, 'GRAPHQL_PARSE_FAILED'],
    ['65 nested brackets', `{ nodes(ids: ${nested(65)}) { id } }`, {}, 'GRAPHQL_PARSE_FAILED'],
    ['2,000 tokens', `{ ${'asOf '.repeat(2_000)} }`, {}, 'GRAPHQL_PARSE_FAILED'],
    ['nothing at all', '', {}, 'GRAPHQL_PARSE_FAILED'],
    ['half a document', '{ asOf', {}, 'GRAPHQL_PARSE_FAILED'],
    ['U+0000 between fields', '{ asOf \0 }', {}, 'GRAPHQL_PARSE_FAILED'],
    ['a field that does not exist', '{ password }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    ['fields that do not fit', deepFields, {}, 'GRAPHQL_VALIDATION_FAILED'],
    ['fields nested too deep', deepMembers, {}, 'OPERATION_TOO_LARGE'],
    ['a fragment within itself', '{ ...a } fragment a on Query { ...a }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    ['two operations and no name', 'query A { asOf } query B { asOf }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'two root fields of a subscription',
      'subscription { events { cursor } typing(roomId: "x") { count } }',
      {},
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'the same root field of a subscription twice',
      'subscription { a: events { cursor } b: events { cursor } }',
      {},
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      '10,000 nested brackets in a variable',
      'query ($id: ID!) { node(id: $id) { id } }',
      `{"id":${nested(10_000)}}`,
      'BAD_USER_INPUT',
    ],
    [
      '10,000 nested brackets in a list of ids',
      'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
      `{"ids":${nested(10_000)}}`,
      'BAD_USER_INPUT',
    ],
    [
      '10,000 nested brackets in a variable that nobody asked for',
      '{ asOf }',
      `{"x":${nested(10_000)}}`,
      'BAD_USER_INPUT',
    ],
    ['a variable that is missing', 'query ($id: ID!) { node(id: $id) { id } }', {}, 'BAD_USER_INPUT'],
  ] as const)('[E2] [E4] refuses %s', async (_, query, variables, code) => {
    const before = await world.content();
    await using door = await openDoor(name, world.server.url, world.ann.token);
    const reply = await door.ask(query, variables);
    for (const error of reply.errors ?? []) fault(code)({ ...reply, errors: [error] });
    expect(reply.errors?.length).toBeGreaterThan(0);
    expect(reply.data).toBeUndefined();
    expect((await door.ask('{ asOf }')).data.asOf).toMatch(/^log_/);
    expect(await world.content()).toEqual(before);
    expect(world.bugs).toEqual([]);
  });
});
