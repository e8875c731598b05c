import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BadInput, describeBadInput } from './support/bad-input.ts';
import { type Expectation, fault, nothing, openDoor, refusal, type SocketDoor } from './support/doors.ts';
import { startWorld, type World } from './support/world.ts';

type Kind = 'room' | 'message' | 'user' | 'member';

const unknown = (kind: Kind) => `${kind}_${randomUUID().replaceAll('-', '')}`;

/** Ids that name nothing of the kind. */
function badIdsOf(kind: Kind): readonly [what: string, id: string | ((world: World) => string)][] {
  const otherKind: Kind = kind === 'user' ? 'room' : 'user';
  return [
    ['that is unknown', unknown(kind)],
    ['of another type', ({ ann, roomId }) => (otherKind === 'user' ? ann.id : roomId)],
    ['that is empty', ''],
    ['that is rubbish', "'; DROP TABLE message; --"],
    ['with U+0000', `${unknown(kind)}\0`],
    ['that is a lone surrogate', '\ud83d'],
    ['in capitals', unknown(kind).toUpperCase()],
    ['with a UUID in its usual form', `${kind}_${randomUUID()}`],
    ['of 100,000 characters', `${kind}_${'0'.repeat(100_000)}`],
    [
      'of somebody else',
      ({ privateRoomId, privateMessageId, ann }) =>
        kind === 'room' ? privateRoomId : kind === 'message' ? privateMessageId : ann.id.replace('user', kind),
    ],
  ];
}

/** What a mutation needs besides the id at fault. */
interface Target {
  readonly mutation: string;
  readonly type: string;
  readonly field: string;
  readonly kind: Kind;
  readonly rest: (world: World) => object;
}

const targets: readonly Target[] = [
  { mutation: 'sendMessage', type: 'SendMessageInput', field: 'roomId', kind: 'room', rest: () => ({ text: 'x' }) },
  { mutation: 'setTyping', type: 'SetTypingInput', field: 'roomId', kind: 'room', rest: () => ({ isTyping: true }) },
  { mutation: 'joinRoom', type: 'JoinRoomInput', field: 'roomId', kind: 'room', rest: () => ({}) },
  { mutation: 'leaveRoom', type: 'LeaveRoomInput', field: 'roomId', kind: 'room', rest: () => ({}) },
  { mutation: 'updateRoom', type: 'UpdateRoomInput', field: 'roomId', kind: 'room', rest: () => ({ name: 'x' }) },
  {
    mutation: 'addMember',
    type: 'AddMemberInput',
    field: 'roomId',
    kind: 'room',
    rest: ({ bob }) => ({ userId: bob.id }),
  },
  {
    mutation: 'removeMember',
    type: 'RemoveMemberInput',
    field: 'roomId',
    kind: 'room',
    rest: ({ bob }) => ({ userId: bob.id }),
  },
  {
    mutation: 'setMemberRole',
    type: 'SetMemberRoleInput',
    field: 'roomId',
    kind: 'room',
    rest: ({ bob }) => ({ userId: bob.id, role: 'OWNER' }),
  },
  {
    mutation: 'editMessage',
    type: 'EditMessageInput',
    field: 'messageId',
    kind: 'message',
    rest: () => ({ text: 'x', expectedVersion: 1 }),
  },
  { mutation: 'deleteMessage', type: 'DeleteMessageInput', field: 'messageId', kind: 'message', rest: () => ({}) },
  { mutation: 'addMember', type: 'AddMemberInput', field: 'userId', kind: 'user', rest: ({ roomId }) => ({ roomId }) },
  {
    mutation: 'removeMember',
    type: 'RemoveMemberInput',
    field: 'userId',
    kind: 'user',
    rest: ({ roomId }) => ({ roomId }),
  },
];

/** The kinds of bad ids that every mutation is asked with. */
const alike = ['that is unknown', 'of another type', 'that is rubbish', 'of somebody else'];

function ofTarget({ mutation, type, field, kind, rest }: Target): BadInput[] {
  const withKey = mutation === 'setTyping' ? {} : { clientKey: 'not-remembered' };
  return badIdsOf(kind)
    .filter(([what]) => kind !== 'user' || what !== 'of somebody else')
    .filter(([what]) => ['sendMessage', 'editMessage'].includes(mutation) || alike.includes(what))
    .map(([what, id]) => ({
      what: `a ${kind} id ${what}, to ${mutation}`,
      query: `mutation ($input: ${type}!) { ${mutation}(input: $input) { errors { code message path } } }`,
      variables: (world: World) => ({
        input: { ...rest(world), ...withKey, [field]: typeof id === 'string' ? id : id(world) },
      }),
      gives: refusal(mutation, 'NOT_FOUND', ['input', field]),
    }));
}

/** Reads by an id, and what they give for one that names nothing to see. */
const reads: readonly [name: string, kind: Kind, query: string, gives: Expectation][] = [
  ['node', 'message', 'query ($id: ID!) { node(id: $id) { id } }', nothing({ node: null })],
  ['nodes', 'message', 'query ($id: ID!) { nodes(ids: [$id]) { id } }', nothing({ nodes: [null] })],
  ['room', 'room', 'query ($id: ID!) { room(by: { id: $id }) { id } }', nothing({ room: null })],
  ['user', 'user', 'query ($id: ID!) { user(by: { id: $id }) { id } }', nothing({ user: null })],
  [
    'events of rooms',
    'room',
    'query ($id: ID!) { events(filter: { roomIds: [$id] }) { endCursor } }',
    fault('NOT_FOUND'),
  ],
  [
    'events of people',
    'user',
    'query ($id: ID!) { events(filter: { actorIds: [$id] }) { endCursor } }',
    fault('NOT_FOUND'),
  ],
];

describeBadInput('[A1] [E1]', [
  ...targets.flatMap(ofTarget),
  ...reads.flatMap(([name, kind, query, gives]): BadInput[] =>
    badIdsOf(kind)
      // Those name something that ann may read.
      .filter(([what]) => !(kind === 'user' && what === 'of somebody else'))
      .filter(([what]) => !(name.startsWith('node') && what === 'of another type'))
      .map(([what, id]) => ({
        what: `a ${kind} id ${what}, to read ${name}`,
        query,
        variables: (world) => ({ id: typeof id === 'string' ? id : id(world) }),
        gives,
      })),
  ),
  ...badIdsOf('message').map(
    ([what, id]): BadInput => ({
      what: `a message id ${what}, to read around it`,
      query: `query ($roomId: ID!, $id: ID!) {
        room(by: { id: $roomId }) { messagesAround(messageId: $id) { nodes { id } } }
      }`,
      variables: (world) => ({ roomId: world.roomId, id: typeof id === 'string' ? id : id(world) }),
      gives: fault('NOT_FOUND', { argument: 'messageId' }),
    }),
  ),
  {
    what: 'an id that is an object',
    query: 'query ($id: ID!) { node(id: $id) { id } }',
    variables: { id: { $ne: null } },
    gives: fault('BAD_USER_INPUT'),
  },
  {
    what: 'two ways to name a room at once',
    query: 'query ($by: RoomRef!) { room(by: $by) { id } }',
    variables: ({ roomId }) => ({ by: { id: roomId, slug: 'kitchen' } }),
    gives: fault('BAD_USER_INPUT'),
  },
  {
    what: 'no way to name a room',
    query: '{ room(by: {}) { id } }',
    gives: fault('GRAPHQL_VALIDATION_FAILED'),
  },
]);

describe('ids of subscriptions', () => {
  let world: World;
  let door: SocketDoor;
  beforeAll(async () => {
    world = await startWorld();
    door = (await openDoor('WebSocket', world.server.url, world.ann.token)) as SocketDoor;
  });
  afterAll(async () => {
    await door[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  it.each([
    ['messages', 'subscription ($id: ID!) { messages(roomId: $id) { kind } }'],
    ['typing', 'subscription ($id: ID!) { typing(roomId: $id) { count } }'],
    ['presence', 'subscription ($id: ID!) { presence(roomId: $id) { count } }'],
    ['events', 'subscription ($id: ID!) { events(filter: { roomIds: [$id] }) { cursor } }'],
  ])('[A1] [E2] that name no room end %s before the first item, and the socket goes on', async (_, query) => {
    const before = await world.content();
    for (const [, id] of badIdsOf('room')) {
      fault('NOT_FOUND')(await door.refused(query, { id: typeof id === 'string' ? id : id(world) }));
    }
    expect(await world.content()).toEqual(before);
    const good = door.client.subscribe(query, { id: world.roomId });
    expect((await good.next()).data).toBeTruthy();
    good.complete();
    expect(world.bugs).toEqual([]);
  });
});
