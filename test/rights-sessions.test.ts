import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { defaultTransportSettings } from '../src/transport/settings.ts';
import { rowIdOf } from './support/history.ts';
import { enterGuest, type Person, post, send } from './support/person.ts';
import { startWorld, type World } from './support/world.ts';
import { connect } from './support/ws-client.ts';

const ALLOWED = 'https://friend.example';
const FOREIGN = 'https://foe.example';
const who = '{ viewer { user { displayName } } }';
const messagesStream = 'subscription ($id: ID!) { messages(roomId: $id) { kind end { code } } }';

let world: World;
let url: string;
beforeAll(async () => {
  world = await startWorld({ transport: { allowedOrigins: [ALLOWED] } });
  url = world.server.url;
});
afterAll(() => world[Symbol.asyncDispose]());

const cookieOf = ({ token }: Person) => `parley_session=${token}`;
const codesOf = ({ errors }: { errors?: readonly { extensions: Record<string, unknown> }[] }) =>
  errors?.map(({ extensions }) => extensions.code);

/** Where a socket with these credentials ends; null: it is let in. */
async function closeCodeOf(options: Parameters<typeof connect>[1]): Promise<number | null> {
  try {
    await using _ = await connect(url, options);
    return null;
  } catch (error) {
    return Number(/closed with (\d+)/.exec((error as Error).message)?.[1]);
  }
}

describe('a session that expires or is taken away', () => {
  it.each([
    ['expired', `UPDATE session SET expires_at = now() - interval '1 s' WHERE user_id = $1`],
    ['taken away', 'DELETE FROM session WHERE user_id = $1'],
  ])('[A6] closes its sockets when they are looked at next: %s', async (_, sql) => {
    await using quick = await startWorld({
      transport: { socket: { ...defaultTransportSettings.socket, sessionCheckMs: 50 } },
    });
    const { ann, bob, server } = quick;
    await using socket = await ann.connect();
    await using other = await bob.connect();
    await server.database.query(sql, [rowIdOf(ann.id)]);
    expect((await socket.closed).code).toBe(4401);
    expect((await other.request(who)).data.viewer.user.displayName).toBe('Bob');
  });

  it('is seen while a socket of it is open', async () => {
    await using quick = await startWorld({
      transport: { socket: { ...defaultTransportSettings.socket, sessionCheckMs: 50 } },
    });
    const { ann, server } = quick;
    await using _ = await ann.connect();
    const age = `UPDATE session SET last_seen_at = now() - interval '29 days', expires_at = now() + interval '1 day'
      WHERE user_id = $1`;
    await server.database.query(age, [rowIdOf(ann.id)]);
    const left = `SELECT expires_at > now() + interval '29 days' AS "isKept" FROM session WHERE user_id = $1`;
    await vi.waitUntil(async () => {
      const [session] = await server.database.query<{ isKept: boolean }>(left, [rowIdOf(ann.id)]);
      return session?.isKept;
    });
  });
});

describe('signing out', () => {
  it.each(['HTTP', 'WebSocket'])(
    '[A6] over %s closes all sockets of the session within a second, after their last word',
    async (door) => {
      const { roomId, bob } = world;
      const person = await enterGuest(world.server, 'Guest');
      await using one = await person.connect();
      await using two = await connect(url, { headers: { cookie: cookieOf(person) } });
      await using other = await bob.connect();
      const stream = one.subscribe(messagesStream, { id: roomId });
      const typing = two.subscribe('subscription ($id: ID!) { typing(roomId: $id) { end { code } } }', { id: roomId });
      await Promise.all([stream.next(), typing.next()]);

      const answer =
        door === 'HTTP'
          ? await person.ask('mutation { signOut { signedOut } }')
          : await one.request('mutation { signOut { signedOut } }');
      expect(answer.data).toEqual({ signOut: { signedOut: true } });
      const signedOutAt = performance.now();
      expect((await one.closed).code).toBe(4401);
      expect((await two.closed).code).toBe(4401);
      expect(performance.now() - signedOutAt).toBeLessThan(1_000);
      expect(await stream.ended).toEqual({ kind: 'complete' });
      expect(stream.results.waiting.at(-1)?.data.messages).toEqual({ kind: 'ENDED', end: { code: 'SIGNED_OUT' } });
      expect(typing.results.waiting.at(-1)?.data.typing).toEqual({ end: { code: 'SIGNED_OUT' } });

      expect((await other.request(who)).data.viewer.user.displayName).toBe('Bob');
      const refused = await person.ask(who);
      expect([refused.status, codesOf(refused)]).toEqual([401, ['UNAUTHENTICATED']]);
      expect(await closeCodeOf({ connectionParams: { token: person.token } })).toBe(4403);
    },
  );
});

describe('credentials', () => {
  const badTokens: readonly [what: string, token: string][] = [
    ['unknown', 'parley_unknown'],
    ['too short', 'x'],
    ['of another form', "' OR 1=1 --"],
    ['over-long', 'x'.repeat(8_000)],
  ];

  it.each(badTokens)('[A7] refuses a token that is %s, and never takes it for signed out', async (_, token) => {
    const before = await world.content();
    const refused = await post(url, '{ asOf }', {}, { authorization: `Bearer ${token}` });
    expect([refused.status, codesOf(refused), refused.data]).toEqual([401, ['UNAUTHENTICATED'], undefined]);
    expect(refused.headers.get('www-authenticate')).toBe('Bearer');
    expect(await closeCodeOf({ connectionParams: { token } })).toBe(4403);
    expect(await world.content()).toEqual(before);
  });

  it.each([
    ['another scheme', { authorization: 'Basic YTpi' }],
    ['no token behind Bearer', { authorization: 'Bearer' }],
    ['a cookie that means nothing', { cookie: 'parley_session=unknown' }],
  ])('[A7] refuses %s', async (_, headers) => {
    const refused = await post(url, '{ asOf }', {}, headers);
    expect([refused.status, codesOf(refused)]).toEqual([401, ['UNAUTHENTICATED']]);
    expect(await closeCodeOf({ headers })).toBe(4403);
  });

  it.each([7, true, {}, ''])('[A7] refuses %j for a token of connectionParams', async (token) => {
    expect(await closeCodeOf({ connectionParams: { token } })).toBe(4403);
  });

  it('[A7] refuses a session that has expired, by token and by cookie, and clears the cookie', async () => {
    const person = await enterGuest(world.server, 'Guest');
    await world.server.database.query('UPDATE session SET expires_at = now() WHERE user_id = $1', [
      person.id.replace('user_', ''),
    ]);
    expect((await person.ask(who)).status).toBe(401);
    const byCookie = await post(url, who, {}, { cookie: cookieOf(person) });
    expect(byCookie.status).toBe(401);
    expect(byCookie.headers.get('set-cookie')).toMatch(/^parley_session=;.*Max-Age=0/);
    expect(await closeCodeOf({ connectionParams: { token: person.token } })).toBe(4403);
  });

  it('[A7] does nothing for a good cookie from a foreign origin', async () => {
    const { ann, roomId } = world;
    const before = await world.content();
    const headers = { cookie: cookieOf(ann), origin: FOREIGN };
    const mutation = 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { errors { code } } }';
    const refused = await post(url, mutation, { input: { roomId, text: 'forged' } }, headers);
    expect([refused.status, codesOf(refused)]).toEqual([403, ['ORIGIN_REFUSED']]);
    expect(await closeCodeOf({ headers })).toBe(4403);
    expect(await closeCodeOf({ headers: { origin: 'null', cookie: cookieOf(ann) } })).toBe(4403);
    expect(await world.content()).toEqual(before);
  });

  it('[A7] honours the cookie from the own origin, an allowed one, and from programs', async () => {
    const { ann } = world;
    for (const origin of [url, ALLOWED, undefined]) {
      const headers = { cookie: cookieOf(ann), ...(origin === undefined ? {} : { origin }) };
      expect((await post(url, who, {}, headers)).data.viewer.user.displayName).toBe('Ann');
      await using socket = await connect(url, { headers });
      expect((await socket.request(who)).data.viewer.user.displayName).toBe('Ann');
    }
  });

  it('[A7] takes a token from any origin, and before a cookie', async () => {
    const { ann, bob, roomId } = world;
    const headers = { origin: FOREIGN, cookie: cookieOf(bob), authorization: `Bearer ${ann.token}` };
    expect((await post(url, who, {}, headers)).data.viewer.user.displayName).toBe('Ann');
    await using socket = await connect(url, { headers: { origin: FOREIGN }, connectionParams: { token: ann.token } });
    expect((await socket.request(who)).data.viewer.user.displayName).toBe('Ann');
    expect((await send(ann, roomId, 'still here')).errors).toEqual([]);
  });
});
