import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeBadInput } from './support/bad-input.ts';
import { type Door, doorNames, openDoor, refusal } from './support/doors.ts';
import { createRoom, joinRoom, send, sendMutation } from './support/person.ts';
import { startWorld, type World } from './support/world.ts';

const keyPath = ['input', 'clientKey'];

const badKeys: readonly [what: string, clientKey: string][] = [
  ['of no length', ''],
  ['of 101 characters', 'k'.repeat(101)],
  ['of 50,000 characters', 'k'.repeat(50_000)],
  ['with a blank', 'a b'],
  ['with a line break', 'a\n'],
  ['with a letter outside ASCII', 'schlüssel'],
  ['with U+0000', 'a\0'],
  ['that is a lone surrogate', '\ud83d'],
];

/** Each mutation that takes a key, with input that is good but for it. */
const keyed: readonly [mutation: string, type: string, input: (world: World) => object][] = [
  ['sendMessage', 'SendMessageInput', ({ roomId }) => ({ roomId, text: 'x' })],
  ['editMessage', 'EditMessageInput', ({ messageId }) => ({ messageId, text: 'x', expectedVersion: 1 })],
  ['deleteMessage', 'DeleteMessageInput', ({ messageId }) => ({ messageId })],
  ['createRoom', 'CreateRoomInput', () => ({ name: 'Attic' })],
  ['updateRoom', 'UpdateRoomInput', ({ roomId }) => ({ roomId, name: 'Attic' })],
  ['joinRoom', 'JoinRoomInput', ({ roomId }) => ({ roomId })],
  ['leaveRoom', 'LeaveRoomInput', ({ roomId }) => ({ roomId })],
  ['addMember', 'AddMemberInput', ({ roomId, bob }) => ({ roomId, userId: bob.id })],
  ['removeMember', 'RemoveMemberInput', ({ roomId, bob }) => ({ roomId, userId: bob.id })],
  ['setMemberRole', 'SetMemberRoleInput', ({ roomId, bob }) => ({ roomId, userId: bob.id, role: 'OWNER' })],
];

describeBadInput('[W5] [E2]', [
  ...keyed.flatMap(([mutation, type, input]) =>
    (mutation === 'sendMessage' ? badKeys : badKeys.slice(0, 2)).map(([what, clientKey]) => ({
      what: `a key ${what}, to ${mutation}`,
      query: `mutation ($input: ${type}!) { ${mutation}(input: $input) { errors { code message path } } }`,
      variables: (world: World) => ({ input: { ...input(world), clientKey } }),
      gives: refusal(mutation, 'KEY_INVALID', keyPath),
    })),
  ),
]);

describe.each(doorNames)('keys over %s', (name) => {
  let world: World;
  let door: Door;
  beforeAll(async () => {
    world = await startWorld();
    door = await openDoor(name, world.server.url, world.ann.token);
  });
  afterAll(async () => {
    await door[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  const ask = async (input: object) => (await door.ask(sendMutation, { input })).data.sendMessage;

  it('[W5] of 100 printable characters are taken', async () => {
    const clientKey = `!~${'k'.repeat(98)}`;
    const { roomId } = world;
    expect(await ask({ roomId, text: 'x', clientKey })).toMatchObject({ errors: [], replayed: false });
  });

  it('[W5] give the same outcome for the same input, and are refused with any other, of any kind', async () => {
    const { roomId, ann } = world;
    const input = { roomId, text: 'once', clientKey: 'once' };
    const first = await ask(input);
    const otherRoom = await createRoom(ann, 'Other');
    const before = await world.content();

    expect(await ask(input)).toEqual({ ...first, replayed: true });
    for (const other of [
      { ...input, text: 'twice' },
      { ...input, text: 'once ' },
      { ...input, roomId: otherRoom },
    ]) {
      refusal('sendMessage', 'KEY_CONFLICT', keyPath)(await door.ask(sendMutation, { input: other }));
    }
    const edit = `mutation ($input: EditMessageInput!) { editMessage(input: $input) { errors { code message path } } }`;
    refusal(
      'editMessage',
      'KEY_CONFLICT',
      keyPath,
    )(
      await door.ask(edit, {
        input: { messageId: first.message.id, text: 'once', expectedVersion: 1, clientKey: 'once' },
      }),
    );
    expect(await world.content()).toEqual(before);
  });

  it('[W5] belong to one person: another may use the same', async () => {
    const { roomId, bob } = world;
    const mine = await ask({ roomId, text: 'mine', clientKey: 'shared' });
    const theirs = await send(bob, roomId, 'theirs', 'shared');
    expect(theirs).toMatchObject({ message: { text: 'theirs' }, replayed: false, errors: [] });
    expect(theirs.message.id).not.toBe(mine.message.id);
  });

  it('[W5] are told apart by case', async () => {
    const { roomId } = world;
    await ask({ roomId, text: 'lower', clientKey: 'case' });
    expect(await ask({ roomId, text: 'upper', clientKey: 'CASE' })).toMatchObject({ replayed: false, errors: [] });
  });

  it('[W5] of refused commands are not remembered', async () => {
    const roomId = await createRoom(world.bob, 'Elsewhere');
    const input = { roomId, text: 'hello', clientKey: `later-${name}` };
    refusal('sendMessage', 'NOT_A_MEMBER', ['input', 'roomId'])(await door.ask(sendMutation, { input }));
    await joinRoom(world.ann, roomId);
    expect(await ask(input)).toMatchObject({ message: { text: 'hello' }, replayed: false, errors: [] });
  });

  it('[W5] used by many at once write once', async () => {
    const { roomId } = world;
    const input = { roomId, text: 'all at once', clientKey: 'at-once' };
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(input)));
    expect(new Set(answers.map(({ message }) => message.id)).size).toBe(1);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    const rows = await world.server.database.query("SELECT 1 FROM message WHERE client_key = 'at-once'");
    expect(rows).toHaveLength(1);
  });
});
