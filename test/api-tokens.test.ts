import { createHash } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSweep } from '../src/chat/accounts/session-sweep.ts';
import { type Log, silentLog } from '../src/observe/log.ts';
import { newHandle, signUp } from './support/account.ts';
import { createTokenMutation, makeBot, makeProgram, revokeToken } from './support/api-token.ts';
import { type Door, doorNames, fault, openDoor, refusal } from './support/doors.ts';
import { rowIdOf } from './support/history.ts';
import { createRoom, enterGuest, post, send } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

const viewerTokens = `{ viewer { apiTokens { nodes { id name hint scopes lastUsedAt expiresAt } pageInfo { hasNextPage } } } }`;
const revokeMutation = `mutation ($id: ID!) { revokeApiToken(input: { apiTokenId: $id }) {
  apiTokenId cursor errors { code path message }
} }`;

let server: TestServer;
const logged: string[] = [];
beforeAll(async () => {
  const note = (...parts: unknown[]) => void logged.push(JSON.stringify(parts));
  const log: Log = { ...silentLog, debug: note, info: note, warn: note, error: note, child: () => log };
  server = await startServer({ log });
});
afterAll(() => server[Symbol.asyncDispose]());

describe.each(doorNames)('over %s', (doorName) => {
  async function doorOf(token: string | null): Promise<Door> {
    return openDoor(doorName, server.url, token);
  }

  test('[T1] a token is shown once, lets its owner in, and is kept as a hash', async () => {
    const owner = await signUp(server);
    await using door = await doorOf(owner.token);
    const input = { name: ' Backup ', scopes: ['WRITE', 'READ', 'READ'], expiresInDays: 30 };
    const { data } = await door.ask(createTokenMutation, { input });
    const { token, apiToken, errors } = data.createApiToken;
    expect(errors).toEqual([]);
    expect(token).toMatch(/^parley_pat_[0-9A-Za-z]{36}$/);
    expect(apiToken).toMatchObject({
      name: 'Backup',
      hint: `parley_pat_…${token.slice(-4)}`,
      scopes: ['READ', 'WRITE'],
      lastUsedAt: null,
    });
    const lastsDays = (Date.parse(apiToken.expiresAt) - Date.parse(apiToken.createdAt)) / 86_400_000;
    expect(lastsDays).toBe(30);

    await using program = await doorOf(token);
    expect((await program.ask('{ viewer { user { id } } }')).data.viewer.user.id).toBe(owner.id);

    const [row] = await server.database.query<Record<string, unknown>>('SELECT * FROM api_token WHERE user_id = $1', [
      rowIdOf(owner.id),
    ]);
    expect(row?.token_hash).toBe(createHash('sha256').update(token).digest('hex'));
    const dump = await server.database.query<{ all: string }>(
      `SELECT (SELECT json_agg(api_token)::text FROM api_token) || coalesce((SELECT json_agg(event)::text FROM event), '')
        || coalesce((SELECT json_agg(client_key)::text FROM client_key), '') AS all`,
    );
    expect(dump[0]?.all).toContain(String(row?.token_hash));
    expect(dump[0]?.all).not.toContain(token.slice('parley_pat_'.length));
    const list = await door.ask(viewerTokens);
    expect(list.raw).not.toContain(token);
    expect(list.data.viewer.apiTokens).toEqual({
      nodes: [
        {
          id: apiToken.id,
          name: 'Backup',
          hint: apiToken.hint,
          scopes: ['READ', 'WRITE'],
          lastUsedAt: expect.any(String),
          expiresAt: apiToken.expiresAt,
        },
      ],
      pageInfo: { hasNextPage: false },
    });
    expect(logged.join('\n')).not.toContain(token.slice('parley_pat_'.length, -6));
  });

  test('[T1] what cannot be made is refused with the field at fault', async () => {
    const owner = await signUp(server);
    const stranger = await signUp(server);
    const foreignBot = await makeBot(stranger, newHandle('bot'));
    const guest = await enterGuest(server, 'Guest');
    await using door = await doorOf(owner.token);
    await using guestDoor = await doorOf(guest.token);
    const good = { name: 'Program', scopes: ['READ'] };
    const cases: readonly (readonly [object, string, string | null])[] = [
      [{ ...good, name: '  ' }, 'TOKEN_NAME_INVALID', 'name'],
      [{ ...good, name: 'two\nlines' }, 'TOKEN_NAME_INVALID', 'name'],
      [{ ...good, name: 'x'.repeat(65) }, 'TOKEN_NAME_INVALID', 'name'],
      [{ ...good, name: '\ud800' }, 'TOKEN_NAME_INVALID', 'name'],
      [{ ...good, scopes: [] }, 'SCOPES_EMPTY', 'scopes'],
      [{ ...good, expiresInDays: 0 }, 'EXPIRY_INVALID', 'expiresInDays'],
      [{ ...good, expiresInDays: 3_651 }, 'EXPIRY_INVALID', 'expiresInDays'],
      [{ ...good, botId: foreignBot }, 'NOT_FOUND', 'botId'],
      [{ ...good, botId: stranger.id }, 'NOT_FOUND', 'botId'],
      [{ ...good, botId: 'rubbish' }, 'NOT_FOUND', 'botId'],
    ];
    for (const [input, code, field] of cases) {
      refusal('createApiToken', code, field ? ['input', field] : null)(await door.ask(createTokenMutation, { input }));
    }
    refusal('createApiToken', 'ACCOUNT_REQUIRED', null)(await guestDoor.ask(createTokenMutation, { input: good }));
    fault('BAD_USER_INPUT')(await door.ask(createTokenMutation, { input: { ...good, scopes: ['ALL'] } }));
    await using out = await doorOf(null);
    fault('UNAUTHENTICATED')(await out.ask(createTokenMutation, { input: good }));
    expect((await door.ask(viewerTokens)).data.viewer.apiTokens.nodes).toEqual([]);
  });

  test('[T2] an operation is refused whole, with the scope that it lacks, before any of it is done', async () => {
    const owner = await signUp(server);
    const roomId = await createRoom(owner, 'Kitchen');
    const reader = await makeProgram(server, owner, { scopes: ['READ'] });
    const writer = await makeProgram(server, owner, { scopes: ['WRITE'] });
    await using readerDoor = await doorOf(reader.token);
    await using writerDoor = await doorOf(writer.token);
    const sending = (selection: string) => `mutation ($roomId: ID!) {
      sendMessage(input: { roomId: $roomId, text: "Hello" }) { ${selection} cursor errors { code } }
    }`;
    const lacks = (scope: string | null) => fault('SCOPE_MISSING', { scope });

    lacks('WRITE')(await readerDoor.ask(sending('message { id }'), { roomId }));
    lacks('WRITE')(
      await readerDoor.ask(`fragment Own on Mutation { setTyping(input: { roomId: "${roomId}", isTyping: true }) { errors { code } } }
      mutation { ...Own @skip(if: true) __typename }`),
    );
    lacks('ROOMS')(await readerDoor.ask(`mutation { createRoom(input: { name: "Room" }) { errors { code } } }`));
    lacks('PROFILE')(
      await readerDoor.ask(`mutation { updateProfile(input: { displayName: "Eve" }) { errors { code } } }`),
    );
    lacks('READ')(await writerDoor.ask('{ asOf }'));
    lacks('READ')(await writerDoor.ask('subscription { events { cursor } }'));
    lacks('READ')(await writerDoor.ask('{ server { version } ... { viewer { user { id } } } }'));
    expect((await readerDoor.ask('{ viewer { user { displayName } } }')).data.viewer.user.displayName).toBe('Otter');

    const sent = await writerDoor.ask(sending('message { text author { displayName } room { name } }'), { roomId });
    expect(sent.data.sendMessage).toMatchObject({
      message: { text: 'Hello', author: { displayName: 'Otter' }, room: { name: 'Kitchen' } },
      errors: [],
    });
    lacks('READ')(await writerDoor.ask(sending('message { room { messages { nodes { text } } } }'), { roomId }));
    const texts = await readerDoor.ask(
      `query ($id: ID!) { node(id: $id) { ... on Room { messages { nodes { text } } } } }`,
      { id: roomId },
    );
    expect(texts.data.node.messages.nodes).toEqual([{ text: 'Hello' }]);
    expect(
      (await writerDoor.ask('{ server { limits { apiTokensPerAccount botsPerOwner } } __typename }')).data,
    ).toEqual({
      server: { limits: { apiTokensPerAccount: 50, botsPerOwner: 20 } },
      __typename: 'Query',
    });
  });

  test('[T2] no scope lets a token make tokens, touch sessions, passwords, handles or bots, or look at them', async () => {
    const owner = await signUp(server);
    const program = await makeProgram(server, owner);
    await using door = await doorOf(program.token);
    const botId = await makeBot(owner, newHandle('bot'));
    const forbidden = [
      `mutation { createApiToken(input: { name: "More", scopes: [READ] }) { token errors { code } } }`,
      `mutation { revokeApiToken(input: { apiTokenId: "${program.tokenId}" }) { errors { code } } }`,
      `mutation { changePassword(input: { currentPassword: "a", newPassword: "b" }) { errors { code } } }`,
      `mutation { changeHandle(input: { handle: "eve" }) { errors { code } } }`,
      `mutation { signOut { signedOut } }`,
      `mutation { revokeOtherSessions { errors { code } } }`,
      `mutation { createBot(input: { handle: "evebot", displayName: "Eve" }) { errors { code } } }`,
      `mutation { updateBot(input: { botId: "${botId}", displayName: "Eve" }) { errors { code } } }`,
      `mutation { deleteBot(input: { botId: "${botId}" }) { errors { code } } }`,
      '{ viewer { sessions { nodes { address } } } }',
      '{ viewer { apiTokens { nodes { hint } } } }',
      '{ viewer { bots { nodes { createdAt } } } }',
      '{ viewer { passkeys { name } } }',
      '{ viewer { identities { issuer } } }',
    ];
    for (const query of forbidden) fault('SCOPE_MISSING', { scope: null })(await door.ask(query));
    expect((await owner.ask('{ viewer { bots { nodes { user { id } } } } }')).data.viewer.bots.nodes).toEqual([
      { user: { id: botId } },
    ]);
  });

  test('[T3] a revoked token is refused at once; only its owner can revoke it, once', async () => {
    const owner = await signUp(server);
    const stranger = await signUp(server);
    const program = await makeProgram(server, owner);
    await using door = await doorOf(owner.token);
    await using strangerDoor = await doorOf(stranger.token);
    const id = program.tokenId;
    refusal('revokeApiToken', 'NOT_FOUND', ['input', 'apiTokenId'])(await strangerDoor.ask(revokeMutation, { id }));
    refusal('revokeApiToken', 'NOT_FOUND', ['input', 'apiTokenId'])(await door.ask(revokeMutation, { id: owner.id }));
    const { data } = await door.ask(revokeMutation, { id });
    expect(data.revokeApiToken).toEqual({ apiTokenId: id, cursor: expect.stringMatching(/^log_/), errors: [] });
    refusal('revokeApiToken', 'NOT_FOUND', ['input', 'apiTokenId'])(await door.ask(revokeMutation, { id }));
    const refused = await program.ask('{ asOf }');
    expect([refused.status, refused.errors?.[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
    expect((await door.ask(viewerTokens)).data.viewer.apiTokens.nodes).toEqual([]);
    expect((await strangerDoor.ask('query ($id: ID!) { node(id: $id) { id } }', { id })).data.node).toBeNull();
  });
});

test('[T1] a token with a typo, and one that was never made, are refused like any other credential that is void', async () => {
  const owner = await signUp(server);
  const { token } = await makeProgram(server, owner);
  for (const other of [`${token.slice(0, -1)}${token.endsWith('a') ? 'b' : 'a'}`, token.slice(0, -1), 'parley_pat_']) {
    const { status, errors } = await post(server.url, '{ asOf }', {}, { authorization: `Bearer ${other}` });
    expect([status, errors?.[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
  }
});

test('[T1] nobody has more tokens than Server.limits says, however many are asked for at once; a revoked one makes room', async () => {
  const owner = await signUp(server);
  const input = { name: 'One of many', scopes: ['READ'] };
  const answers = await Promise.all(Array.from({ length: 60 }, () => owner.ask(createTokenMutation, { input })));
  const made = answers.map(({ data }) => data.createApiToken);
  expect(made.filter(({ token }) => token !== null)).toHaveLength(50);
  expect(made.flatMap(({ errors }) => errors.map(({ code }: { code: string }) => code))).toEqual(
    Array.from({ length: 10 }, () => 'TOO_MANY_API_TOKENS'),
  );
  await revokeToken(owner, made.find(({ token }) => token !== null).apiToken.id);
  expect((await owner.ask(createTokenMutation, { input })).data.createApiToken.errors).toEqual([]);
});

test('[T1] the list says when a token was used last, to the minute: using it often writes once', async () => {
  const owner = await signUp(server);
  const program = await makeProgram(server, owner);
  const lastUsedAt = async () => {
    const { data } = await owner.ask(viewerTokens);
    return data.viewer.apiTokens.nodes[0].lastUsedAt as string | null;
  };
  expect(await lastUsedAt()).toBeNull();
  await program.ask('{ asOf }');
  await expect.poll(lastUsedAt).not.toBeNull();
  const first = await lastUsedAt();
  for (let n = 0; n < 5; n++) await program.ask('{ asOf }');
  expect(await lastUsedAt()).toBe(first);
  await server.database.query(`UPDATE api_token SET last_used_at = last_used_at - interval '61 seconds'`);
  await program.ask('{ asOf }');
  await expect.poll(async () => Date.parse((await lastUsedAt()) ?? '') >= Date.parse(first ?? '')).toBe(true);
});

test('[T2] a person and their tokens share one allowance', async () => {
  await using limited = await startServer({ transport: { rates: ratesWith(4) } });
  const owner = await signUp(limited);
  const roomId = await createRoom(owner, 'Kitchen');
  const programs = await Promise.all([makeProgram(limited, owner), makeProgram(limited, owner)]);
  const outcomes = [];
  for (const one of [owner, ...programs, owner, ...programs]) outcomes.push(await send(one, roomId, 'Hello'));
  expect(outcomes.map(({ errors }) => errors[0]?.code ?? 'sent')).toEqual([
    'sent',
    'sent',
    'sent',
    'sent',
    'RATE_LIMITED',
    'RATE_LIMITED',
  ]);
});

test('[U6] a changed password ends the tokens of the person where that was asked, and only then', async () => {
  const owner = await signUp(server);
  const program = await makeProgram(server, owner);
  const change = `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { errors { code } } }`;
  const first = 'nine quiet herons';
  await owner.ask(change, { input: { currentPassword: owner.password, newPassword: first } });
  expect((await program.ask('{ asOf }')).status).toBe(200);
  const input = { currentPassword: first, newPassword: 'ten loud herons', endApiTokens: true };
  expect((await owner.ask(change, { input })).data.changePassword.errors).toEqual([]);
  expect((await program.ask('{ asOf }')).status).toBe(401);
});

function ratesWith(sends: number) {
  const noLimit = { count: 0, windowMs: 1_000 };
  return {
    operations: noLimit,
    sends: { count: sends, windowMs: 60_000 },
    changes: noLimit,
    typing: noLimit,
    guests: noLimit,
    signUps: noLimit,
    signIns: noLimit,
    passwords: noLimit,
    exports: noLimit,
  };
}

test('[U9] tokens that ended or expired are deleted in the background; the others stay', async () => {
  await using own = await startServer();
  const owner = await signUp(own);
  const [revoked, expired, kept] = await Promise.all(
    [1, 2, 3].map(() => makeProgram(own, owner, { expiresInDays: 1 })),
  );
  await revokeToken(owner, revoked?.tokenId as string);
  const expire = `UPDATE api_token SET expires_at = now() - interval '1 s' WHERE id = $1`;
  await own.database.query(expire, [rowIdOf(expired?.tokenId as string)]);
  const pool = new pg.Pool({ connectionString: own.database.url, max: 1 });
  const stop = startSweep({ pool, log: silentLog, intervalMs: 5, chunkRows: 1 });
  const idsLeft = async () =>
    (await own.database.query<{ id: string }>('SELECT id FROM api_token')).map(({ id }) => id);
  await expect.poll(idsLeft).toEqual([rowIdOf(kept?.tokenId as string)]);
  await stop();
  await pool.end();
  expect((await kept?.ask('{ asOf }'))?.status).toBe(200);
});

test('[T2] an API token in the place of a session links no identity, and is no way into the account', async () => {
  const owner = await signUp(server);
  const { token } = await makeProgram(server, owner);
  const { engine } = server.node;
  const viewer = await engine.viewerOf(token);
  const claim = { issuer: 'https://provider.example', subject: owner.id };
  const entering = engine.providers.enter(viewer, claim, { userAgent: null, address: null }, async () => null);
  await expect(entering).rejects.toMatchObject({ code: 'SCOPE_MISSING' });
  expect(await server.database.query('SELECT 1 FROM identity WHERE subject = $1', [owner.id])).toEqual([]);
  const cookie = { cookie: `parley_session=${token}` };
  const { errors } = await post(server.url, 'mutation { revokeOtherSessions { errors { code } } }', {}, cookie);
  expect(errors?.[0]?.extensions.code).toBe('SCOPE_MISSING');
});
