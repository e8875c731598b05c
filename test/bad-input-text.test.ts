import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BadInput, describeBadInput } from './support/bad-input.ts';
import { type Door, doorNames, fault, openDoor, refusal } from './support/doors.ts';
import { sendMutation } from './support/person.ts';
import { leakIn, startWorld, type World } from './support/world.ts';

const editMutation = `mutation ($input: EditMessageInput!) {
  editMessage(input: $input) { message { text } cursor replayed errors { code message path } }
}`;
const createRoomMutation = `mutation ($input: CreateRoomInput!) {
  createRoom(input: $input) { room { id } errors { code message path } }
}`;
const updateRoomMutation = `mutation ($input: UpdateRoomInput!) {
  updateRoom(input: $input) { room { id } errors { code message path } }
}`;
const enterMutation = `mutation ($input: EnterAsGuestInput!) {
  enterAsGuest(input: $input) { viewer { user { id } } errors { code message path } }
}`;

const grinning = '\u{1F600}';
const badTexts: readonly [what: string, text: string, code: string][] = [
  ['of no length', '', 'TEXT_EMPTY'],
  ['of blanks alone', ' \t\n\u00a0\u3000', 'TEXT_EMPTY'],
  ['of zero-width characters alone', '\u200b\u200c\u200d\u2060\ufeff', 'TEXT_EMPTY'],
  ['of blanks and zero-width characters', ' \u200b \u00ad', 'TEXT_EMPTY'],
  ['of 4,001 letters', 'a'.repeat(4_001), 'TEXT_TOO_LONG'],
  ['of 4,001 emoji', grinning.repeat(4_001), 'TEXT_TOO_LONG'],
  ['with U+0000', 'a\0b', 'TEXT_INVALID'],
  ['of U+0000 alone', '\0', 'TEXT_INVALID'],
  ['with a lone high surrogate', 'a\ud83d', 'TEXT_INVALID'],
  ['with a lone low surrogate', '\ude00b', 'TEXT_INVALID'],
  ['with surrogates the wrong way round', '\ude00\ud83d', 'TEXT_INVALID'],
];

const badLines: readonly [what: string, line: string][] = [
  ['that is empty', ''],
  ['of zero-width characters alone', '\u200b\u2060'],
  ['of two lines', 'a\nb'],
  ['with U+0000', 'a\0'],
  ['with a lone surrogate', 'a\ud83d'],
  ['that is too long', 'a'.repeat(81)],
];

const cases: BadInput[] = [
  ...badTexts.flatMap(([what, text, code]) => [
    {
      what: `a text ${what}`,
      query: sendMutation,
      variables: ({ roomId }) => ({ input: { roomId, text, clientKey: 'not-remembered' } }),
      gives: refusal('sendMessage', code, ['input', 'text']),
    } satisfies BadInput,
    {
      what: `an edit to a text ${what}`,
      query: editMutation,
      variables: ({ messageId }) => ({ input: { messageId, text, expectedVersion: 1 } }),
      gives: refusal('editMessage', code, ['input', 'text']),
    } satisfies BadInput,
  ]),
  ...badLines.flatMap(([what, line]) => [
    {
      what: `a room name ${what}`,
      query: createRoomMutation,
      variables: { input: { name: line } },
      gives: refusal('createRoom', 'NAME_INVALID', ['input', 'name']),
    },
    {
      what: `a new room name ${what}`,
      query: updateRoomMutation,
      variables: ({ roomId }) => ({ input: { roomId, name: line } }),
      gives: refusal('updateRoom', 'NAME_INVALID', ['input', 'name']),
    } satisfies BadInput,
    {
      what: `a display name ${what}`,
      query: enterMutation,
      variables: { input: { displayName: line } },
      gives: refusal('enterAsGuest', 'DISPLAY_NAME_INVALID', ['input', 'displayName']),
    },
  ]),
  ...['a'.repeat(251), 'a\0', '\ud83d'].map((topic) => ({
    what: `the topic ${JSON.stringify(topic.slice(0, 5))}`,
    query: createRoomMutation,
    variables: { input: { name: 'Attic', topic } },
    gives: refusal('createRoom', 'TOPIC_INVALID', ['input', 'topic']),
  })),
  ...['a', 'a'.repeat(41), 'Attic', 'a--b', '-a', 'a b', 'a\0', 'ä'].map((slug) => ({
    what: `the slug ${JSON.stringify(slug.slice(0, 5))}`,
    query: createRoomMutation,
    variables: { input: { name: 'Attic', slug } },
    gives: refusal('createRoom', 'SLUG_INVALID', ['input', 'slug']),
  })),
  {
    what: 'a lone surrogate in a literal of the document',
    query: 'mutation { sendMessage(input: { roomId: "room_0", text: "\\uD83D" }) { errors { code } } }',
    gives: fault('GRAPHQL_PARSE_FAILED'),
  },
  {
    what: 'a text that is a number',
    query: sendMutation,
    variables: ({ roomId }) => ({ input: { roomId, text: 7 } }),
    gives: fault('BAD_USER_INPUT'),
  },
  {
    what: 'a text that is null',
    query: sendMutation,
    variables: ({ roomId }) => ({ input: { roomId, text: null } }),
    gives: fault('BAD_USER_INPUT'),
  },
  {
    what: 'U+0000 as a slug and as a handle to look for',
    query: '{ room(by: { slug: "a\\u0000" }) { id } user(by: { handle: "a\\u0000" }) { id } }',
    gives: ({ data, errors }) => expect({ data, errors }).toEqual({ data: { room: null, user: null } }),
  },
  {
    what: 'a lone surrogate as a slug and as a handle to look for',
    query: 'query ($name: String!) { room(by: { slug: $name }) { id } user(by: { handle: $name }) { id } }',
    variables: { name: '\ud83d' },
    gives: ({ data, errors }) => expect({ data, errors }).toEqual({ data: { room: null, user: null } }),
  },
];

describeBadInput('[W7] [E2]', cases);

describe.each(doorNames)('good text over %s', (name) => {
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

  it.each([
    ['4,000 emoji, of two UTF-16 units and four bytes each', grinning.repeat(4_000)],
    ['4,000 letters', 'a'.repeat(4_000)],
    ['blanks around a letter, as they came', '  a \n'],
    ['a zero-width joiner within an emoji', '\u{1F469}\u200d\u{1F680}'],
    ['characters that JSON escapes', '"\\\u0001\u2028</script>'],
  ])('[W7] takes %s', async (_, text) => {
    const { data } = await door.ask(sendMutation, { input: { roomId: world.roomId, text } });
    expect(data.sendMessage).toMatchObject({ message: { text }, errors: [] });
    const [row] = await world.server.database.query<{ text: string }>(
      'SELECT text FROM message ORDER BY position DESC LIMIT 1',
    );
    expect(row?.text).toBe(text);
  });
});

describe('what these tests look at', () => {
  it.each([
    'TypeError: x is not a function\\n    at send (/srv/parley/src/chat/text.ts:12:7)',
    'see /home/parley/dist/server',
    'Failed query: SELECT id FROM room',
    'duplicate key value violates unique constraint "room_slug"',
    'relation "event" does not exist, SQLSTATE 42P01',
  ])('sees what leaked in «%s»', (raw) => {
    expect(leakIn(`{"errors":[{"message":"${raw}"}]}`)).not.toBeNull();
  });

  it('sees a single row that was half written', async () => {
    await using world = await startWorld();
    const { database } = world.server;
    const before = await world.content();
    await database.query("UPDATE message SET text = 'changed' WHERE position = (SELECT max(position) FROM message)");
    const after = await world.content();
    expect(Object.keys(after).filter((table) => after[table] !== before[table])).toEqual(['message']);
  });
});
