import { describe, expect, it } from 'vitest';
import { openEvents, type SseRequest } from '../../test/support/sse-client.ts';
import { ALLOWED, FOREIGN, transportFixture } from '../../test/support/transport.ts';
import { Fault } from '../observe/fault.ts';
import { errorOfFault } from './errors.ts';
import { defaultTransportSettings } from './settings.ts';
import { prefersEvents } from './sse-request.ts';

const TICKS = 'subscription { ticks }';
const ofAnn = { authorization: 'Bearer token-of-ann' };
const fixture = transportFixture();
const ask = (options: SseRequest) => openEvents(fixture.server.url, options);

async function subscribe(options: Partial<SseRequest> = {}) {
  const opened = fixture.engine.nextStream();
  const client = await ask({ query: TICKS, ...options });
  return { client, stream: await opened };
}

type Refused = { readonly errors: readonly { readonly extensions: { readonly code: string } }[] };
const codesOf = (block: { readonly data: Refused } | undefined) =>
  block?.data.errors.map(({ extensions }) => extensions.code);

describe('[S1] a subscription', () => {
  it.each(['GET', 'POST'] as const)('by %s delivers what the hub writes, in order, then completes', async (method) => {
    const { client, stream } = await subscribe({ method });
    for (let value = 1; value <= 100; value += 1) stream.tick(value);
    stream.finish();
    const blocks = await client.rest();
    expect(blocks[0]).toMatchObject({ event: 'retry', retry: 2_000 });
    expect(blocks.slice(1, -1).map(({ event, data }) => [event, data.data.ticks])).toEqual(
      Array.from({ length: 100 }, (_, n) => ['next', n + 1]),
    );
    expect(blocks.at(-1)).toMatchObject({ event: 'complete', data: null });
    expect(client.text.endsWith('event: complete\ndata:\n\n')).toBe(true);
    expect(await client.ended).toBe('clean');
  });

  it('has a head that no cache and no proxy holds back', async () => {
    const { client, stream } = await subscribe();
    expect(client.status).toBe(200);
    expect(client.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    expect(client.headers).not.toHaveProperty('content-encoding');
    stream.finish();
    await client.ended;
  });

  it('knows variables sent and coerced, by GET and by POST', async () => {
    const query = 'subscription ($from: Int = 5) { ticks(from: $from) }';
    for (const method of ['GET', 'POST'] as const) {
      const { client, stream } = await subscribe({ method, query, variables: {} });
      expect([stream.operation.variables, stream.operation.coercedVariables]).toEqual([{}, { from: 5 }]);
      client.response.destroy();
    }
  });

  it('leaves the hub when the client goes, also while it is being opened', async () => {
    const { client, stream } = await subscribe();
    client.response.destroy();
    await expect.poll(() => stream.isClosed).toBe(true);
    let openUp = () => {};
    fixture.engine.opening = new Promise((resolve) => {
      openUp = resolve;
    });
    const early = await ask({ query: TICKS });
    await expect.poll(() => fixture.engine.asked).toBe(2);
    early.response.destroy();
    await expect.poll(() => fixture.server.socketCount).toBe(0);
    const opened = fixture.engine.nextStream();
    openUp();
    const late = await opened;
    await expect.poll(() => late.isClosed).toBe(true);
  });

  it('gets what is written while it is being opened', async () => {
    let openUp = () => {};
    fixture.engine.opening = new Promise((resolve) => {
      openUp = resolve;
    });
    const opened = fixture.engine.nextStream();
    const client = await ask({ query: TICKS });
    openUp();
    (await opened).tick('early');
    expect((await client.next()).data).toEqual({ data: { ticks: 'early' } });
    client.response.destroy();
  });
});

describe('[S1] queries and mutations', () => {
  it('are one next and complete', async () => {
    const answered = await ask({ query: '{ viewerId }', headers: ofAnn });
    expect(await answered.rest()).toMatchObject([
      { event: 'next', id: null, data: { data: { viewerId: 'ann' }, extensions: { asOf: 'log_position' } } },
      { event: 'complete' },
    ]);
    expect((await (await ask({ query: 'mutation { add(value: 7) }' })).next()).data.data).toEqual({ add: 1 });
  });

  it('set the cookie of a sign-in', async () => {
    const { headers } = await ask({ query: 'mutation { enter }' });
    expect(headers['set-cookie']?.[0]).toMatch(/^parley_session=token-of-ann;/);
  });

  it('that change something do not go by GET', async () => {
    const refused = await ask({ query: 'mutation { add(value: 1) }', method: 'GET' });
    expect(codesOf(await refused.next())).toEqual(['BAD_REQUEST']);
    expect(fixture.engine.mutations).toEqual([]);
  });
});

describe('[S2] ids', () => {
  it('are the cursors of items, and absent where there is no place to start from', async () => {
    const { client, stream } = await subscribe();
    stream.tick('a');
    stream.sink.write([{ payload: '{"data":{"ticks":"b"}}', mark: null }]);
    stream.tick('c');
    const ids = [await client.next(), await client.next(), await client.next()].map(({ id }) => id);
    expect(ids).toEqual(['log_1', null, 'log_2']);
    client.response.destroy();
  });

  it.each<[string, Partial<SseRequest>, string | null]>([
    ['nothing', {}, null],
    ['an empty header', { headers: { 'last-event-id': '' } }, null],
    ['the header', { headers: { 'last-event-id': 'log_7' } }, 'log_7'],
    ['the parameter', { search: { lastEventId: 'log_8' } }, 'log_8'],
    ['both: the header is newer', { headers: { 'last-event-id': 'log_7' }, search: { lastEventId: 'log_8' } }, 'log_7'],
  ])('come back as Last-Event-ID: %s', async (_, options, resumeAfter) => {
    for (const method of ['GET', 'POST'] as const) {
      const { client, stream } = await subscribe({ ...options, method });
      expect(stream.resumeAfter).toBe(resumeAfter);
      client.response.destroy();
    }
  });

  it('are the same bytes for all members of a group, made once', async () => {
    const all = [await subscribe(), await subscribe(), await subscribe()];
    const mark = { position: 9, tag: 0 };
    let made = 0;
    const { cursorOf } = fixture.engine;
    fixture.engine.cursorOf = (of) => {
      made += 1;
      return cursorOf(of);
    };
    for (const { stream } of all) stream.sink.write([{ payload: '{"data":{"ticks":"ä"}}', mark }]);
    for (const { client } of all) {
      expect(await client.next()).toMatchObject({ id: 'log_9', data: { data: { ticks: 'ä' } } });
      client.response.destroy();
    }
    expect(made).toBe(1);
  });
});

describe('[S3] refusals', () => {
  it.each<[string, SseRequest, string]>([
    ['a document that is not GraphQL', { query: '{' }, 'GRAPHQL_PARSE_FAILED'],
    ['two root fields', { query: 'subscription { ticks other }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['too high a cost', { query: '{ nodes(first: 100) { nodes(first: 100) { id } } }' }, 'OPERATION_TOO_LARGE'],
    ['a subscription that is refused', { query: 'subscription { refused }' }, 'CURSOR_EXPIRED'],
    ['a bad token', { query: TICKS, headers: { authorization: 'Bearer nope' } }, 'UNAUTHENTICATED'],
    ['a bad cookie', { query: TICKS, headers: { cookie: 'parley_session=nope' } }, 'UNAUTHENTICATED'],
    [
      'a cookie from a foreign origin',
      { query: TICKS, headers: { cookie: 'parley_session=token-of-ann', origin: FOREIGN } },
      'ORIGIN_REFUSED',
    ],
    ['a form', { query: TICKS, headers: { 'content-type': 'text/plain' } }, 'BAD_REQUEST'],
    ['no JSON', { query: '', body: '{"query"' }, 'BAD_REQUEST'],
    ['a batch', { query: '', body: '[]' }, 'BAD_REQUEST'],
    ['no query', { query: '', body: '{}' }, 'BAD_REQUEST'],
    ['an unknown parameter', { query: '', body: '{"query":"{ hello }","nope":1}' }, 'BAD_REQUEST'],
    ['a body over the limit', { query: '', body: `{"query":"${'x'.repeat(300_000)}"}` }, 'BODY_TOO_LARGE'],
  ])('come as next and complete: %s', async (_, asked, code) => {
    const client = await ask(asked);
    expect(client.status).toBe(200);
    const blocks = (await client.rest()).filter(({ event }) => event !== 'retry');
    expect(blocks.map(({ event }) => event)).toEqual(['next', 'complete']);
    expect(codesOf(blocks[0])).toEqual([code]);
    expect(fixture.engine.streams).toEqual([]);
    expect(fixture.server.socketCount).toBe(0);
  });

  it('clear a cookie that means nothing any more', async () => {
    const { headers } = await ask({ query: TICKS, headers: { cookie: 'parley_session=nope' } });
    expect(headers['set-cookie']?.[0]).toMatch(/^parley_session=; .*Max-Age=0$/);
  });

  it.each(['GET', 'POST'] as const)(
    'that pass do not complete, so that clients come back by themselves: %s',
    async (method) => {
      const rates = { ...defaultTransportSettings.rates, operations: { count: 1, windowMs: 60_000 } };
      await fixture.restart({}, { rates });
      const { client } = await subscribe({ method });
      const limited = await (await ask({ query: TICKS, method })).rest();
      const [hint, refused, completed] = limited;
      expect(codesOf(refused)).toEqual(['RATE_LIMITED']);
      expect(hint?.retry).toBeGreaterThan(50_000);
      // A POST whose operation nobody has looked at may be a mutation: clients that repeat it would not know.
      expect(completed?.event).toBe(method === 'GET' ? undefined : 'complete');
      client.response.destroy();
      fixture.engine.openStream = async () => [errorOfFault(new Fault('UNAVAILABLE', 'the database is away'))];
      await fixture.restart({});
      const unavailable = await (await ask({ query: TICKS, method })).rest();
      expect(unavailable.map(({ event }) => event)).toEqual(['retry', 'next']);
    },
  );

  it('hide bugs behind an id, and the next stream works', async () => {
    const { openStream } = fixture.engine;
    fixture.engine.openStream = () => Promise.reject(new Error('SELECT secret'));
    const client = await ask({ query: TICKS });
    const blocks = await client.rest();
    expect(blocks.map(({ event }) => event)).toEqual(['retry', 'next', 'complete']);
    expect(codesOf(blocks[1])).toEqual(['INTERNAL']);
    expect(client.text).not.toContain('SELECT');
    expect(fixture.bugs.splice(0)).toHaveLength(1);
    fixture.engine.openStream = openStream;
    (await subscribe()).client.response.destroy();
  });
});

describe('[S4] streams and sockets', () => {
  it('count together, per person and per address, and no more once they are closed', async () => {
    await fixture.restart({ socketsPerUser: 1 });
    const { client } = await subscribe({ headers: ofAnn });
    const refused = await (await ask({ query: TICKS, headers: ofAnn })).rest();
    expect(codesOf(refused.find(({ event }) => event === 'next'))).toEqual(['TOO_MANY_SUBSCRIPTIONS']);
    const socket = await fixture.open({ init: false });
    socket.send({ type: 'connection_init', payload: { token: 'token-of-ann' } });
    expect((await socket.closed).code).toBe(1013);
    client.response.destroy();
    await expect.poll(() => fixture.server.socketCount).toBe(0);
    (await subscribe({ headers: ofAnn })).client.response.destroy();
    await fixture.restart({ socketsPerAddress: 1 });
    await fixture.open();
    const crowded = await (await ask({ query: TICKS })).rest();
    expect(codesOf(crowded.at(-1))).toEqual(['RATE_LIMITED']);
    expect(crowded.map(({ retry }) => retry)).toContain(5_000);
  });

  it('that are quiet get a comment now and then', async () => {
    await fixture.restart({}, { eventStream: { heartbeatMs: 50, retryMs: 2_000 } });
    const { client } = await subscribe();
    const comments = [];
    while (comments.length < 3) {
      const block = await client.blocks.next();
      if (block.event === 'comment') comments.push(block);
    }
    client.response.destroy();
  });

  it('[A6] end within a second of their session, with a last word', async () => {
    const { client } = await subscribe({ headers: ofAnn });
    const { client: other } = await subscribe();
    const startedAt = performance.now();
    fixture.engine.endCredential('session of token-of-ann');
    const blocks = await client.rest();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(blocks.slice(-2).map(({ event, data }) => [event, data?.data.ticks])).toEqual([
      ['next', 'SIGNED_OUT'],
      ['complete', undefined],
    ]);
    expect(other.response.destroyed).toBe(false);
    other.response.destroy();
  });

  it('[A6] end within a second of their session also when they do not read', async () => {
    const { client, stream } = await subscribe({ headers: ofAnn });
    client.response.pause();
    client.response.socket.pause();
    for (let n = 0; n < 200; n += 1) stream.tick('x'.repeat(100_000));
    const startedAt = performance.now();
    fixture.engine.endCredential('session of token-of-ann');
    await expect.poll(() => fixture.server.socketCount, { interval: 5 }).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    client.response.destroy();
  });
});

describe('what ends meanwhile', () => {
  it('[A6] is not let in: a session that ends while a stream signs in', async () => {
    const { viewerOf } = fixture.engine;
    fixture.engine.viewerOf = async (token) => {
      const viewer = await viewerOf(token);
      fixture.engine.endCredential('session of token-of-ann');
      return viewer;
    };
    const blocks = await (await ask({ query: TICKS, headers: ofAnn })).rest();
    expect(codesOf(blocks[0])).toEqual(['UNAUTHENTICATED']);
    expect(fixture.engine.asked).toBe(0);
    await expect.poll(() => fixture.server.socketCount).toBe(0);
  });
});

describe('[R8] slow readers', () => {
  it('tell the hub how much is unsent, and when it is less again; nothing is lost', async () => {
    const { client, stream } = await subscribe();
    client.response.socket.pause();
    let written = 0;
    while (stream.sink.unsentBytes < 1_000_000 && written < 1_000) {
      for (let n = 0; n < 20; n += 1) stream.tick('x'.repeat(100_000));
      written += 20;
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(stream.sink.unsentBytes).toBeGreaterThanOrEqual(1_000_000);
    const drained = new Promise<void>((resolve) => stream.sink.onceDrained(resolve));
    client.response.socket.resume();
    await drained;
    expect(stream.sink.unsentBytes).toBeLessThanOrEqual(defaultTransportSettings.socket.sendQueueLowBytes);
    for (let read = 1; read <= written; read += 1) expect((await client.next()).id).toBe(`log_${read}`);
    client.response.destroy();
  });

  it('are cut when nothing goes out any more', async () => {
    await fixture.restart({ stalledSocketMs: 200 });
    const { client, stream } = await subscribe();
    client.response.socket.pause();
    for (let n = 0; n < 200; n += 1) stream.tick('x'.repeat(100_000));
    await expect.poll(() => fixture.server.socketCount, { timeout: 5_000 }).toBe(0);
    expect(stream.isClosed).toBe(true);
    client.response.destroy();
  });
});

describe('pages', () => {
  it('[A7] of allowed origins alone may read events, and use the cookie', async () => {
    const cookie = 'parley_session=token-of-ann';
    const allowed = await ask({ query: '{ viewerId }', method: 'GET', headers: { cookie, origin: ALLOWED } });
    expect(allowed.headers['access-control-allow-origin']).toBe(ALLOWED);
    expect((await allowed.next()).data.data.viewerId).toBe('ann');
    const foreign = await ask({ query: '{ hello }', method: 'GET', headers: { origin: FOREIGN } });
    expect(foreign.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it.each([
    ['text/event-stream', true],
    ['text/event-stream, multipart/mixed', true],
    ['text/event-stream, application/json', true],
    ['application/json;q=0.5, text/event-stream', true],
    ['application/json, text/event-stream', false],
    ['text/event-stream;q=0.1, */*', false],
    ['text/event-stream;q=0', false],
    ['*/*', false],
    ['application/graphql-response+json, application/json, text/event-stream, multipart/mixed', false],
    [undefined, false],
  ])('that accept %s get events: %s', (accept, isPreferred) => {
    expect(prefersEvents(accept)).toBe(isPreferred);
  });

  it('[E3] that want JSON are told how to subscribe', async () => {
    const response = await fetch(`${fixture.server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ query: TICKS }),
    });
    const [error] = ((await response.json()) as { errors: { message: string; extensions: { code: string } }[] }).errors;
    expect([response.status, error?.extensions.code]).toEqual([400, 'SUBSCRIPTION_OVER_HTTP']);
    expect(error?.message).toMatch(/graphql-transport-ws.*text\/event-stream/);
  });
});
