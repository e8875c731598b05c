import { request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { signInAs, signUp } from './support/account.ts';
import { rowIdOf } from './support/history.ts';
import { createRoom, enterGuest, joinRoom, type Person, send } from './support/person.ts';
import { startServer } from './support/server.ts';
import { expectNoLeak, startWorld, type World } from './support/world.ts';

type Line = { readonly kind: string } & Readonly<Record<string, unknown>>;

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  expect(world.bugs).toEqual([]);
  await world[Symbol.asyncDispose]();
});

function ask({ url }: { readonly url: string }, headers: Record<string, string>, init: RequestInit = {}) {
  return fetch(`${url}/account/export`, { headers, ...init });
}

async function exportOf({ token }: Person, server: { readonly url: string } = world.server): Promise<Line[]> {
  const response = await ask(server, { authorization: `Bearer ${token}` });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-ndjson; charset=utf-8']);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('content-disposition')).toMatch(/^attachment/);
  return (await response.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const idsOf = (lines: readonly Line[], kind: string) =>
  lines.filter((line) => line.kind === kind).map(({ id }) => rowIdOf(id as string));

it('[L5] an export has all that is kept of a person, from one snapshot, and nothing of others', async () => {
  const { server, bob, roomId } = world;
  const member = await signUp(server);
  await signInAs(server, member);
  await member.ask('mutation { updateProfile(input: { bio: "Digs.", timeZone: "UTC" }) { errors { code } } }');
  await member.ask('mutation { createApiToken(input: { name: "Script", scopes: [READ] }) { errors { code } } }');
  const own = await createRoom(member, 'Own');
  const secret = await createRoom(bob, 'Secret place', 'PRIVATE');
  const membership = { input: { roomId: secret, userId: member.id } };
  await bob.ask('mutation ($input: AddMemberInput!) { addMember(input: $input) { errors { code } } }', membership);
  await joinRoom(member, roomId);
  for (const id of [own, roomId, secret]) {
    await Promise.all(Array.from({ length: 40 }, (_, n) => send(member, id, `mine ${n}`, `${id}-${n}`)));
    if (id !== own) await Promise.all(Array.from({ length: 10 }, () => send(bob, id, 'not mine')));
  }
  await bob.ask(
    'mutation ($input: RemoveMemberInput!) { removeMember(input: $input) { errors { code } } }',
    membership,
  );
  await member.ask('mutation ($id: ID!) { leaveRoom(input: { roomId: $id }) { errors { code } } }', { id: roomId });
  await joinRoom(member, roomId);
  const kept = (await send(member, roomId, 'to be deleted')).message.id;
  await member.ask('mutation ($id: ID!) { deleteMessage(input: { messageId: $id }) { errors { code } } }', {
    id: kept,
  });

  const lines = await exportOf(member);
  const [head, end] = [lines.at(0), lines.at(-1)];
  expect(head).toMatchObject({ kind: 'export', version: 1, userId: member.id, asOf: expect.stringMatching(/^log_/) });
  expect(end).toEqual({ kind: 'end', records: lines.length - 2 });
  expect(lines.filter(({ kind }) => kind === 'profile')).toEqual([
    expect.objectContaining({
      id: member.id,
      handle: member.handle,
      displayName: 'Otter',
      bio: 'Digs.',
      timeZone: 'UTC',
    }),
  ]);
  const id = rowIdOf(member.id);
  const inTable = async (sql: string) =>
    (await server.database.query<{ id: string }>(sql, [id])).map((row) => row.id).sort();
  const tables = {
    session: 'SELECT id FROM session WHERE user_id::text = $1',
    apiToken: 'SELECT id FROM api_token WHERE user_id::text = $1',
    membership: 'SELECT id FROM member WHERE user_id::text = $1',
    message: 'SELECT id FROM message WHERE author_id::text = $1',
  };
  const counts: Record<string, number> = {};
  for (const [kind, sql] of Object.entries(tables)) {
    const ids = idsOf(lines, kind);
    expect([...ids].sort(), kind).toEqual(await inTable(sql));
    expect(new Set(ids).size).toBe(ids.length);
    counts[kind] = ids.length;
  }
  expect(counts).toEqual({ session: 2, apiToken: 1, membership: 4, message: 121 });
  const events = lines.filter(({ kind }) => kind === 'event');
  const [{ count }] = (await server.database.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM event WHERE actor_id::text = $1 OR user_id::text = $1',
    [id],
  )) as [{ count: number }];
  expect(events).toHaveLength(count);
  expect(new Set(events.map(({ cursor }) => cursor)).size).toBe(count);
  expect(count).toBeGreaterThan(125);

  const text = JSON.stringify(lines);
  const secrets = await server.database.query<{ one: string }>(
    `SELECT token_hash AS one FROM session WHERE user_id::text = $1 UNION SELECT token_hash FROM api_token
      WHERE user_id::text = $1 UNION SELECT hash FROM user_password WHERE user_id::text = $1`,
    [id],
  );
  for (const unwanted of [...secrets.map(({ one }) => one), member.token, 'not mine', 'Secret place', 'to be deleted'])
    expect(text).not.toContain(unwanted);
});

it('[L5] nobody gets it but who is signed in by a session, from where the cookie is honoured', async () => {
  const { server } = world;
  const member = await signUp(server);
  const cookie = `parley_session=${member.token}`;
  const made = await member.ask(
    'mutation { createApiToken(input: { name: "Script", scopes: [READ, WRITE, ROOMS, PROFILE] }) { token errors { code } } }',
  );
  const refused: readonly (readonly [Record<string, string>, number, string])[] = [
    [{}, 401, 'UNAUTHENTICATED'],
    [{ authorization: 'Bearer nonsense' }, 401, 'UNAUTHENTICATED'],
    [{ authorization: `Bearer ${made.data.createApiToken.token}` }, 403, 'SCOPE_MISSING'],
    [{ cookie, origin: 'https://elsewhere.example' }, 403, 'ORIGIN_REFUSED'],
    [{ cookie, 'sec-fetch-site': 'cross-site' }, 403, 'ORIGIN_REFUSED'],
  ];
  for (const [headers, status, code] of refused) {
    const response = await ask(server, headers);
    const raw = await response.text();
    expect([response.status, JSON.parse(raw).errors[0].extensions.code]).toEqual([status, code]);
    expectNoLeak(raw);
  }
  expect((await ask(server, { cookie })).status).toBe(200);
  for (const method of ['POST', 'PUT', 'DELETE', 'HEAD'])
    expect((await ask(server, { cookie }, { method })).status).toBeGreaterThanOrEqual(400);
});

it('[L5] exports are counted by person, and who leaves in the middle of one costs nobody else theirs', async () => {
  const { rates } = (await import('../src/transport/settings.ts')).defaultTransportSettings;
  await using server = await startServer({
    poolSize: 4,
    transport: { rates: { ...rates, exports: { count: 3, windowMs: 3_600_000 } } },
  });
  const member = await enterGuest(server, 'Talker');
  const roomId = await createRoom(member, 'Long');
  await server.database.query(
    `INSERT INTO message (id, room_id, author_id, position, text, sent_at, version)
     SELECT gen_random_uuid(), $1::uuid, $2::uuid, 1000000 + n, repeat('x', 3000), now(), 1 FROM generate_series(1, 6000) AS n`,
    [rowIdOf(roomId), rowIdOf(member.id)],
  );
  const leave = () =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { authorization: `Bearer ${member.token}` };
      const asked = request(`${server.url}/account/export`, { headers }, (response) => {
        response.once('data', () => {
          response.destroy();
          resolve(response.statusCode);
        });
      });
      asked.on('error', reject);
      asked.end();
    });
  // One at a time: the next one may be asked for as soon as it is known that the last one is not wanted any more.
  for (let times = 0; times < 2; times += 1) await expect.poll(leave).toBe(200);
  await expect.poll(async () => (await exportOrCode(server, member)).messages, { timeout: 20_000 }).toBe(6_000);
  expect(await exportOrCode(server, member)).toMatchObject({ code: 'RATE_LIMITED', status: 429 });
});

async function exportOrCode(server: { readonly url: string }, { token }: Person) {
  const response = await ask(server, { authorization: `Bearer ${token}` });
  const text = await response.text();
  if (response.status !== 200) {
    const { extensions } = JSON.parse(text).errors[0];
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    return { status: response.status, code: extensions.code, messages: null };
  }
  return {
    status: 200,
    code: null,
    messages: text.split('\n').filter((line) => line.startsWith('{"kind":"message"')).length,
  };
}
