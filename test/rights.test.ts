import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Door, doorNames, openDoor, type SocketDoor } from './support/doors.ts';
import { expectNoLeak, startWorld, type World } from './support/world.ts';

/** What bob's private room is known by, to those who know it. */
interface Names {
  readonly roomId: string;
  readonly slug: string;
  readonly messageId: string;
  readonly memberId: string;
}

const unknownId = (kind: string) => `${kind}_${randomUUID().replaceAll('-', '')}`;

let world: World;
let hidden: Names;
/** Names of the same form that name nothing. */
let unknown: Names;

beforeAll(async () => {
  world = await startWorld();
  const { bob, privateRoomId: roomId, privateMessageId: messageId } = world;
  const { data } = await bob.ask('query ($id: ID!) { room(by: { id: $id }) { slug viewerMember { id } } }', {
    id: roomId,
  });
  hidden = { roomId, messageId, slug: data.room.slug, memberId: data.room.viewerMember.id };
  unknown = {
    roomId: unknownId('room'),
    messageId: unknownId('message'),
    slug: hidden.slug.replace(/[0-9a-f]{10}$/, '0123456789'),
    memberId: unknownId('member'),
  };
});
afterAll(() => world[Symbol.asyncDispose]());

const errors = 'errors { code message path }';

/** Every way by which a person may come upon a room, with the names of it that they have heard. */
const ways: readonly [name: string, query: string, variables: (names: Names) => object][] = [
  ['room by id', 'query ($id: ID!) { room(by: { id: $id }) { id name } }', ({ roomId }) => ({ id: roomId })],
  ['room by slug', 'query ($slug: String!) { room(by: { slug: $slug }) { id name } }', ({ slug }) => ({ slug })],
  ['the room as a node', 'query ($id: ID!) { node(id: $id) { id __typename } }', ({ roomId }) => ({ id: roomId })],
  [
    'a message as a node',
    'query ($id: ID!) { node(id: $id) { id __typename } }',
    ({ messageId }) => ({ id: messageId }),
  ],
  ['a member as a node', 'query ($id: ID!) { node(id: $id) { id __typename } }', ({ memberId }) => ({ id: memberId })],
  [
    'all of them as nodes',
    'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
    ({ roomId, messageId, memberId }) => ({ ids: [roomId, messageId, memberId] }),
  ],
  [
    'its members and messages',
    'query ($id: ID!) { room(by: { id: $id }) { members { nodes { id } } messages { nodes { text } } } }',
    ({ roomId }) => ({ id: roomId }),
  ],
  [
    'messages around one',
    'query ($id: ID!, $messageId: ID!) { room(by: { id: $id }) { messagesAround(messageId: $messageId) { nodes { id } } } }',
    ({ roomId, messageId }) => ({ id: roomId, messageId }),
  ],
  [
    'a filter of events',
    'query ($ids: [ID!]!) { events(filter: { roomIds: $ids }) { nodes { cursor } } }',
    ({ roomId }) => ({ ids: [roomId] }),
  ],
  [
    'sendMessage',
    `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } ${errors} } }`,
    ({ roomId }) => ({ input: { roomId, text: 'hello?' } }),
  ],
  [
    'setTyping',
    `mutation ($input: SetTypingInput!) { setTyping(input: $input) { ${errors} } }`,
    ({ roomId }) => ({ input: { roomId, isTyping: true } }),
  ],
  [
    'joinRoom',
    `mutation ($input: JoinRoomInput!) { joinRoom(input: $input) { member { id } ${errors} } }`,
    ({ roomId }) => ({ input: { roomId } }),
  ],
  [
    'leaveRoom',
    `mutation ($input: LeaveRoomInput!) { leaveRoom(input: $input) { member { id } ${errors} } }`,
    ({ roomId }) => ({ input: { roomId } }),
  ],
  [
    'updateRoom',
    `mutation ($input: UpdateRoomInput!) { updateRoom(input: $input) { room { id } ${errors} } }`,
    ({ roomId }) => ({ input: { roomId, name: 'Mine' } }),
  ],
  [
    'addMember',
    `mutation ($input: AddMemberInput!) { addMember(input: $input) { member { id } ${errors} } }`,
    ({ roomId }) => ({ input: { roomId, userId: world.ann.id } }),
  ],
  [
    'removeMember',
    `mutation ($input: RemoveMemberInput!) { removeMember(input: $input) { member { id } ${errors} } }`,
    ({ roomId }) => ({ input: { roomId, userId: world.bob.id } }),
  ],
  [
    'setMemberRole',
    `mutation ($input: SetMemberRoleInput!) { setMemberRole(input: $input) { member { id } ${errors} } }`,
    ({ roomId }) => ({ input: { roomId, userId: world.bob.id, role: 'MEMBER' } }),
  ],
  [
    'editMessage',
    `mutation ($input: EditMessageInput!) { editMessage(input: $input) { message { id } ${errors} } }`,
    ({ messageId }) => ({ input: { messageId, text: 'changed', expectedVersion: 1 } }),
  ],
  [
    'deleteMessage',
    `mutation ($input: DeleteMessageInput!) { deleteMessage(input: $input) { message { id } ${errors} } }`,
    ({ messageId }) => ({ input: { messageId } }),
  ],
  [
    'createRoom with its slug',
    `mutation ($input: CreateRoomInput!) { createRoom(input: $input) { room { slug } ${errors} } }`,
    ({ slug }) => ({ input: { name: 'Mine', slug } }),
  ],
];

const streams: readonly [name: string, query: string][] = [
  ['messages', 'subscription ($id: ID!) { messages(roomId: $id) { kind } }'],
  ['typing', 'subscription ($id: ID!) { typing(roomId: $id) { count } }'],
  ['presence', 'subscription ($id: ID!) { presence(roomId: $id) { count } }'],
  ['events', 'subscription ($id: ID!) { events(filter: { roomIds: [$id] }) { cursor } }'],
];

/** The answer without what may differ: the names that were asked for, and the number of the operation on its socket. */
function sameOf(raw: string, names: Names): string {
  const unnumbered = raw.replaceAll(/"id":"\d+",/g, '');
  return Object.values(names).reduce((text, name) => text.replaceAll(name, '…'), unnumbered);
}

describe.each(doorNames)('a private room, asked for over %s', (name) => {
  let ann: Door;
  let bob: Door;
  beforeAll(async () => {
    ann = await openDoor(name, world.server.url, world.ann.token);
    bob = await openDoor(name, world.server.url, world.bob.token);
  });
  afterAll(async () => {
    await ann[Symbol.asyncDispose]();
    await bob[Symbol.asyncDispose]();
  });

  it.each(ways)('[A1] looks to a stranger like one that does not exist, by %s', async (_, query, variables) => {
    const before = await world.content();
    const ofHidden = await ann.ask(query, variables(hidden));
    const ofUnknown = await ann.ask(query, variables(unknown));
    expect(sameOf(ofHidden.raw, hidden)).toBe(sameOf(ofUnknown.raw, unknown));
    expect(ofHidden.status).toBe(ofUnknown.status);
    expectNoLeak(ofHidden.raw);
    expect(await world.content()).toEqual(before);
  });

  it('[A1] is in none of the lists of a stranger', async () => {
    const lists = `{
      rooms(first: 100) { nodes { id } }
      viewer { rooms(first: 100) { nodes { id } } }
      events(first: 100) { nodes { room { id } } }
    }`;
    expect((await ann.ask(lists)).raw).not.toContain(hidden.roomId);
    expect((await bob.ask(lists)).raw).toContain(hidden.roomId);
  });

  it('[A1] is there for its member, by the same ways', async () => {
    for (const [way, query, variables] of ways.slice(0, 9)) {
      const { data, errors: refused } = await bob.ask(query, variables(hidden));
      expect([way, refused]).toEqual([way, undefined]);
      expect(JSON.stringify(data)).not.toMatch(/:null|\[null/);
    }
  });
});

describe('the streams of a private room', () => {
  it.each(streams)('[A1] are refused to a stranger like those of one that does not exist: %s', async (_, query) => {
    await using ann = (await openDoor('WebSocket', world.server.url, world.ann.token)) as SocketDoor;
    const ofHidden = await ann.refused(query, { id: hidden.roomId });
    const ofUnknown = await ann.refused(query, { id: unknown.roomId });
    expect(ofHidden.errors).toEqual(ofUnknown.errors);
    expect(ofHidden.errors?.[0]?.extensions.code).toBe('NOT_FOUND');
  });

  it.each(streams)('[A1] are open to its member: %s', async (_, query) => {
    await using bob = await world.bob.connect();
    expect((await bob.subscribe(query, { id: hidden.roomId }).next()).errors).toBeUndefined();
  });
});

describe('who is signed out', () => {
  it.each(doorNames)('[A1] learns of no room over %s, public or private', async (name) => {
    await using signedOut = await openDoor(name, world.server.url, null);
    for (const [, query, variables] of ways) {
      const ofHidden = await signedOut.ask(query, variables(hidden));
      expect(new Set(ofHidden.errors?.map(({ extensions }) => extensions.code))).toEqual(new Set(['UNAUTHENTICATED']));
      expect(ofHidden.errors).toEqual((await signedOut.ask(query, variables(unknown))).errors);
    }
    expect((await signedOut.ask('{ rooms { nodes { id } } }')).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });
});
