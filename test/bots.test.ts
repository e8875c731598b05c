import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newHandle, signIn, signUp } from './support/account.ts';
import { createBotMutation, makeBot, makeProgram } from './support/api-token.ts';
import { doorNames, openDoor, refusal } from './support/doors.ts';
import { createRoom, enterGuest, joinRoom, send } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

const updateMutation = `mutation ($input: UpdateBotInput!) { updateBot(input: $input) {
  bot { user { id handle displayName isBot } } cursor errors { code path message }
} }`;
const deleteMutation = `mutation ($input: DeleteBotInput!) { deleteBot(input: $input) {
  user { id handle displayName isBot } cursor replayed errors { code path message }
} }`;
const viewerBots = `{ viewer { bots(first: 20) { nodes {
  user { id handle displayName isBot } createdAt apiTokens(first: 10) { nodes { name scopes } }
} } } }`;

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server[Symbol.asyncDispose]());

describe.each(doorNames)('over %s', (doorName) => {
  const doorOf = (token: string) => openDoor(doorName, server.url, token);

  test('[T4] a member makes a bot, which takes part by a token as a user of its own', async () => {
    const owner = await signUp(server);
    const roomId = await createRoom(owner, 'Kitchen');
    const handle = newHandle('owl');
    await using door = await doorOf(owner.token);
    const input = { handle: handle.toUpperCase(), displayName: ' Weather owl ', clientKey: 'one' };
    const { data } = await door.ask(createBotMutation, { input });
    const { bot, errors, replayed } = data.createBot;
    expect([errors, replayed]).toEqual([[], false]);
    expect(bot.user).toMatchObject({ handle, displayName: 'Weather owl', isBot: true, isGuest: false });
    const again = (await door.ask(createBotMutation, { input })).data.createBot;
    expect([again.bot.user.id, again.replayed]).toEqual([bot.user.id, true]);

    const program = await makeProgram(server, owner, {
      name: 'Its token',
      scopes: ['ROOMS', 'WRITE'],
      botId: bot.user.id,
    });
    await joinRoom(program, roomId);
    expect((await send(program, roomId, 'Rain at noon')).errors).toEqual([]);
    const seen = await door.ask(
      'query ($id: ID!) { node(id: $id) { ... on Room { messages { nodes { text author { handle isBot } } } } } }',
      { id: roomId },
    );
    expect(seen.data.node.messages.nodes).toEqual([{ text: 'Rain at noon', author: { handle, isBot: true } }]);
    expect((await door.ask(viewerBots)).data.viewer.bots.nodes).toEqual([
      {
        user: { id: bot.user.id, handle, displayName: 'Weather owl', isBot: true },
        createdAt: bot.createdAt,
        apiTokens: { nodes: [{ name: 'Its token', scopes: ['ROOMS', 'WRITE'] }] },
      },
    ]);
    expect((await door.ask('{ viewer { apiTokens { nodes { id } } } }')).data.viewer.apiTokens.nodes).toEqual([]);
  });

  test('[T4] what cannot be made or changed is refused with the field at fault', async () => {
    const owner = await signUp(server);
    const stranger = await signUp(server);
    const botId = await makeBot(owner, newHandle('owl'));
    const guest = await enterGuest(server, 'Guest');
    await using door = await doorOf(owner.token);
    await using strangerDoor = await doorOf(stranger.token);
    await using guestDoor = await doorOf(guest.token);
    const good = { handle: newHandle('owl'), displayName: 'Owl' };
    const refused = async (input: object, code: string, field: string) =>
      refusal('createBot', code, ['input', field])(await door.ask(createBotMutation, { input }));
    await refused({ ...good, handle: '1owl' }, 'HANDLE_INVALID', 'handle');
    await refused({ ...good, handle: 'admin' }, 'HANDLE_TAKEN', 'handle');
    await refused({ ...good, handle: owner.handle }, 'HANDLE_TAKEN', 'handle');
    await refused({ ...good, displayName: ' ' }, 'DISPLAY_NAME_INVALID', 'displayName');
    await refused({ ...good, clientKey: 'with blank' }, 'KEY_INVALID', 'clientKey');
    refusal('createBot', 'ACCOUNT_REQUIRED', null)(await guestDoor.ask(createBotMutation, { input: good }));
    for (const [mutation, field] of [
      [updateMutation, 'updateBot'],
      [deleteMutation, 'deleteBot'],
    ] as const) {
      const noBot = refusal(field, 'NOT_FOUND', ['input', 'botId']);
      noBot(await strangerDoor.ask(mutation, { input: { botId } }));
      for (const other of [owner.id, stranger.id, 'rubbish'])
        noBot(await door.ask(mutation, { input: { botId: other } }));
    }
    const taken = { botId, handle: stranger.handle };
    refusal('updateBot', 'HANDLE_TAKEN', ['input', 'handle'])(await door.ask(updateMutation, { input: taken }));
    expect((await door.ask(viewerBots)).data.viewer.bots.nodes).toHaveLength(1);
  });

  test('[T4] [U8] a bot with another name is told to everyone signed in; without a change nothing is written', async () => {
    const owner = await signUp(server);
    const botId = await makeBot(owner, newHandle('owl'));
    const handle = newHandle('owl');
    await using watcher = await (await enterGuest(server, 'Watcher')).connect();
    const stream = watcher.subscribe(
      'subscription { events { __typename ... on UserUpdated { user { id handle displayName } actor { id } } } }',
    );
    await stream.next();
    await using door = await doorOf(owner.token);
    const input = { botId, handle, displayName: 'Barn owl' };
    const { data } = await door.ask(updateMutation, { input });
    expect(data.updateBot).toMatchObject({
      bot: { user: { id: botId, handle, displayName: 'Barn owl', isBot: true } },
      cursor: expect.stringMatching(/^log_/),
      errors: [],
    });
    const [told] = (await stream.until(({ data }) => data.events.user?.id === botId)).slice(-1);
    // Who runs a bot is nobody's business but theirs.
    expect(told.data.events).toMatchObject({ user: { handle, displayName: 'Barn owl' }, actor: { id: botId } });
    expect((await door.ask(updateMutation, { input })).data.updateBot).toMatchObject({ cursor: null, errors: [] });
  });

  test('[T4] [T3] a deleted bot is out at once: tokens, sockets, rooms; its messages stay and its handle is free', async () => {
    const owner = await signUp(server);
    const roomId = await createRoom(owner, 'Kitchen');
    const handle = newHandle('owl');
    const botId = await makeBot(owner, handle, 'Owl');
    const program = await makeProgram(server, owner, { botId });
    await joinRoom(program, roomId);
    await send(program, roomId, 'Good night');
    await using socket = await program.connect();
    await using door = await doorOf(owner.token);
    const input = { botId, clientKey: 'gone' };
    expect((await door.ask(deleteMutation, { input })).data.deleteBot).toMatchObject({
      user: { id: botId, handle: null, displayName: 'Owl', isBot: true },
      replayed: false,
      errors: [],
    });
    expect((await program.ask('{ asOf }')).status).toBe(401);
    expect((await socket.closed).code).toBe(4401);
    expect((await door.ask(deleteMutation, { input })).data.deleteBot).toMatchObject({ replayed: true, errors: [] });
    expect((await door.ask(viewerBots)).data.viewer.bots.nodes).toEqual([]);
    const room =
      'query ($id: ID!) { node(id: $id) { ... on Room { members { nodes { user { id } } } messages { nodes { text author { displayName } } } } } }';
    const membersNow = async () =>
      (await door.ask(room, { id: roomId })).data.node.members.nodes.map(
        ({ user }: { user: { id: string } }) => user.id,
      );
    await expect.poll(membersNow, { timeout: 15_000 }).toEqual([owner.id]);
    expect((await door.ask(room, { id: roomId })).data.node.messages.nodes).toEqual([
      { text: 'Good night', author: { displayName: 'Owl' } },
    ]);
    expect(await makeBot(owner, handle)).not.toBe(botId);
  });
});

test('[T4] nobody runs more bots than Server.limits says, however many are asked for at once', async () => {
  const owner = await signUp(server);
  const answers = await Promise.all(
    Array.from({ length: 25 }, () =>
      owner.ask(createBotMutation, { input: { handle: newHandle('owl'), displayName: 'Owl' } }),
    ),
  );
  const codes = answers.map(({ data }) => data.createBot.errors[0]?.code ?? 'made');
  expect(codes.filter((code) => code === 'made')).toHaveLength(20);
  expect(codes.filter((code) => code === 'TOO_MANY_BOTS')).toHaveLength(5);
});

test('[T4] of several who want one handle for a bot at once one gets it', async () => {
  const owners = await Promise.all(Array.from({ length: 4 }, () => signUp(server)));
  const handle = newHandle('owl');
  const answers = await Promise.all(
    owners.map((owner) => owner.ask(createBotMutation, { input: { handle, displayName: 'Owl' } })),
  );
  const codes = answers.map(({ data }) => data.createBot.errors[0]?.code ?? 'made');
  expect(codes.sort()).toEqual(['HANDLE_TAKEN', 'HANDLE_TAKEN', 'HANDLE_TAKEN', 'made']);
});

test('[T4] nobody signs in as a bot by password, and a bot cannot sign up', async () => {
  const owner = await signUp(server);
  const handle = newHandle('owl');
  const program = await makeProgram(server, owner, { botId: await makeBot(owner, handle) });
  for (const password of ['', owner.password, program.token]) {
    expect((await signIn(server, handle, password)).errors[0].code).toBe('SIGN_IN_FAILED');
  }
  const up = `mutation { signUp(input: { handle: "${newHandle()}", password: "seven small otters" }) { token errors { code } } }`;
  expect((await program.ask(up)).data.signUp).toEqual({ token: null, errors: [{ code: 'ALREADY_SIGNED_UP' }] });
});

test('[T3] [T4] with somebody who deletes their account go their tokens and their bots', async () => {
  const owner = await signUp(server);
  const handle = newHandle('owl');
  const programs = [
    await makeProgram(server, owner),
    await makeProgram(server, owner, { botId: await makeBot(owner, handle) }),
  ];
  const sockets = await Promise.all(programs.map((program) => program.connect()));
  const { data } = await owner.ask(
    `mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { errors { code message } } }`,
    { input: { password: owner.password } },
  );
  expect(data.deleteAccount.errors).toEqual([]);
  for (const program of programs) expect((await program.ask('{ asOf }')).status).toBe(401);
  for (const socket of sockets) expect((await socket.closed).code).toBe(4401);
  const other = await signUp(server);
  const found = await other.ask('query ($handle: String!) { user(by: { handle: $handle }) { id } }', { handle });
  expect(found.data.user).toBeNull();
});
