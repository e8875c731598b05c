import { describe, expect, onTestFinished, test } from 'vitest';
import { faultsOf } from './support/history.ts';
import { LogStream, type StreamedItem } from './support/log-stream.ts';
import { createRoom, enterGuest, joinRoom, type Person, send } from './support/person.ts';
import { startServer, type TestServer, type TestServerOptions } from './support/server.ts';
import { signInAgain } from './support/session.ts';

const member = 'member { id user { id } role joinedAt leftAt }';
const message = 'message { id text version clientKey author { id } sentAt editedAt deletedAt room { id name } }';
const fields = `__typename cursor at room { id name slug topic } actor { id displayName }
  ... on RoomUpdated { version }
  ... on MemberJoined { ${member} } ... on MemberLeft { ${member} reason } ... on MemberUpdated { ${member} role }
  ... on MessageSent { ${message} } ... on MessageEdited { ${message} version } ... on MessageDeleted { ${message} version }
  ... on MembershipEnded { roomId reason } ... on CredentialsEnded { sessionIds endReason }
  ... on UserUpdated { user { id displayName } }
  ... on Checkpoint { isCaughtUp } ... on StreamEnded { end { code } }`;
const streamQuery = `subscription ($after: Cursor, $filter: EventFilter) {
  events(after: $after, filter: $filter) { ${fields} }
}`;
const pageQuery = `query ($after: Cursor, $first: Int, $filter: EventFilter) {
  events(after: $after, first: $first, filter: $filter) { nodes { ${fields} } endCursor hasMore }
}`;

describe('events', () => {
  test('[R3] each kind has the same facts live, resumed and queried, before and after a restart', async () => {
    const { server, owner, beginning, follow } = await setUp();
    const ann = await enterGuest(server, 'ann');
    const live = await Promise.all([follow(owner), follow(ann)]);
    await liveThroughEveryKind(server, owner, ann);
    const head = server.node.engine.hub.mark.position;
    for (const stream of live) await stream.reached(head);

    const kinds = new Set(live.flatMap((stream) => stream.events.map(({ kind }) => kind)));
    const { data } = await owner.ask('{ __type(name: "EventKind") { enumValues { name } } }');
    expect([...kinds].map((kind) => kind.toUpperCase()).sort()).toEqual(
      data.__type.enumValues.map(({ name }: { name: string }) => name.replaceAll('_', '')).sort(),
    );
    for (const run of ['from the ring', 'from the database']) {
      if (run === 'from the database') {
        await server.stop();
        await server.start();
      }
      for (const [n, person] of [owner, ann].entries()) {
        const resumed = await (await follow(person, { after: beginning })).reached(head);
        const queried = await readPages(person);
        expect(resumed.events.map(({ value }) => value)).toEqual(queried);
        const here = new Set(resumed.positions);
        const seen = (live[n] as LogStream).events.filter(({ position }) => here.has(position));
        expect(seen.map(factsOf)).toEqual(resumed.events.map(factsOf));
        expect(resumed.events.length).toBeGreaterThan(3);
      }
    }
  });

  test('[A2] who makes a room sees it made, live and in replay', async () => {
    const { server, owner, beginning, follow } = await setUp();
    const live = await follow(owner);
    const roomId = await createRoom(owner, 'the new one', 'PRIVATE');
    const replayed = await follow(owner, { after: beginning });
    for (const stream of [live, replayed]) {
      await stream.reached(server.node.engine.hub.mark.position);
      expect(stream.events.map(({ kind }) => kind)).toEqual(['RoomCreated', 'MemberJoined']);
      expect(stream.events[0]?.value.room).toMatchObject({ id: roomId, name: 'the new one' });
    }
  });

  test('[R2] the cursor of each item resumes right after it', async () => {
    const { server, owner, beginning, follow } = await setUp();
    await liveThroughEveryKind(server, owner, await enterGuest(server, 'ann'));
    const head = server.node.engine.hub.mark.position;
    const { items, positions } = await (await follow(owner, { after: beginning })).reached(head);
    for (const { value, position } of items) {
      const resumed = await (await follow(owner, { after: value.cursor })).reached(head);
      const later = positions.filter((one) => one > position);
      expect(faultsOf(later, resumed.positions)).toEqual([]);
      const [page] = await readPagesFrom(owner, value.cursor);
      expect(page?.cursor).toBe(resumed.events[0]?.value.cursor);
    }
  });

  test('[R4] the first item is a checkpoint, then one when caught up, and then one every now and then', async () => {
    const { server, owner, beginning, follow } = await setUp({ checkpointIntervalMs: 100 });
    const roomId = await createRoom(owner, 'quiet');
    const now = await follow(owner, { filter: { kinds: ['ROOM_UPDATED'] } });
    const { mark } = server.node.engine.hub;
    expect(now.items[0]).toMatchObject({ kind: 'Checkpoint', position: mark.position, value: { isCaughtUp: true } });
    const replayed = await follow(owner, { after: beginning });
    await replayed.until(({ items }) => items.some(({ value }) => value.isCaughtUp));
    expect(replayed.items.slice(0, 4).map(({ kind, value }) => [kind, value.isCaughtUp])).toEqual([
      ['Checkpoint', false],
      ['RoomCreated', undefined],
      ['MemberJoined', undefined],
      ['Checkpoint', true],
    ]);
    expect(replayed.items[0]?.value.cursor).toBe(beginning);

    await send(owner, roomId, 'nothing that the filter lets through');
    await now.reached(mark.position + 1);
    expect(now.events).toEqual([]);
    expect(now.items.at(-1)).toMatchObject({
      kind: 'Checkpoint',
      value: { isCaughtUp: true, room: null, actor: null },
    });
    const count = now.items.length;
    await now.until(({ items }) => items.length > count + 2);
  });

  test('[A2] filters narrow by rooms, actors and kinds, alike live, in replay and queried', async () => {
    const { server, owner, beginning, follow } = await setUp();
    const [ann, bob] = await Promise.all([enterGuest(server, 'ann'), enterGuest(server, 'bob')]);
    const open = await createRoom(owner, 'open');
    const secret = await createRoom(owner, 'secret', 'PRIVATE');
    const own = await createRoom(ann, 'own');
    const filters = {
      'a public room of others': { roomIds: [open] },
      'an own room': { roomIds: [own] },
      both: { roomIds: [open, own] },
      actors: { actorIds: [bob.id] },
      'kinds of a public room': { roomIds: [open], kinds: ['MESSAGE_SENT'] },
      'an actor in a room': { roomIds: [open, own], actorIds: [bob.id], kinds: ['MESSAGE_SENT', 'MEMBER_JOINED'] },
      'no room at all': { roomIds: [] },
    };
    const live = await Promise.all(Object.values(filters).map((filter) => follow(ann, { filter })));
    const start = server.node.engine.hub.mark.position;
    await joinRoom(bob, open);
    await joinRoom(bob, own);
    for (const [person, roomId] of [
      [bob, open],
      [bob, own],
      [owner, open],
      [ann, own],
      [owner, secret],
    ] as const) {
      await send(person, roomId, 'words');
    }
    await ann.ask(changeOf('removeMember', 'RemoveMemberInput'), { input: { roomId: own, userId: bob.id } });
    const head = server.node.engine.hub.mark.position;

    const expected = [
      ['MemberJoined open', 'MessageSent open', 'MessageSent open'],
      ['MemberJoined own', 'MessageSent own', 'MessageSent own', 'MemberLeft own'],
      [
        ...['MemberJoined open', 'MemberJoined own', 'MessageSent open', 'MessageSent own'],
        ...['MessageSent open', 'MessageSent own', 'MemberLeft own'],
      ],
      ['MemberJoined own', 'MessageSent own'],
      ['MessageSent open', 'MessageSent open'],
      ['MemberJoined open', 'MemberJoined own', 'MessageSent open', 'MessageSent own'],
      [],
    ];
    const shown = (values: readonly StreamedItem['value'][]) =>
      values.map(({ __typename, room }) => `${__typename} ${room.name}`);
    for (const [n, filter] of Object.values(filters).entries()) {
      const sentinel = (await follow(ann, { after: beginning, filter })).until(({ items }) =>
        items.some(({ value }) => value.isCaughtUp),
      );
      const replayed = (await sentinel).events.filter(({ position }) => position > start);
      const queried = (await readPages(ann, filter)).filter((value) => positionOf(server, value.cursor) > start);
      expect(shown(replayed.map(({ value }) => value))).toEqual(expected[n]);
      expect(queried).toEqual(replayed.map(({ value }) => value));
      await live[n]?.reached(Math.min(head, replayed.at(-1)?.position ?? 0));
      expect(live[n]?.events.map(factsOf)).toEqual(replayed.map(factsOf));
    }
    const refused = new LogStream(server, ann, { query: streamQuery, variables: { filter: { roomIds: [secret] } } });
    await expect(refused.until(({ items }) => items.length > 0)).rejects.toThrow('refused');
  });
});

describe('what events lead to', () => {
  test('[R3] is as it is now, also where it was shown as it was before', async () => {
    const { server, owner, beginning, follow } = await setUp();
    const ann = await enterGuest(server, 'ann');
    const live = await follow(owner);
    const roomId = await createRoom(owner, 'old name');
    await joinRoom(ann, roomId);
    const deleted = (await send(ann, roomId, 'to be deleted')).message.id;
    const edited = (await send(ann, roomId, 'to be edited')).message.id;
    await live.reached(server.node.engine.hub.mark.position);
    // Keeps payloads of a second group in the ring too, made from the log.
    await (await follow(ann, { after: beginning, filter: { roomIds: [roomId] } })).reached(5);

    const asked = [
      [ann, 'deleteMessage', 'DeleteMessageInput', { messageId: deleted }, 'to be deleted'],
      [
        ann,
        'editMessage',
        'EditMessageInput',
        { messageId: edited, text: 'edited', expectedVersion: 1 },
        'to be edited',
      ],
      [owner, 'updateRoom', 'UpdateRoomInput', { roomId, name: 'new name' }, 'old name'],
      [owner, 'setMemberRole', 'SetMemberRoleInput', { roomId, userId: ann.id, role: 'OWNER' }, 'old name'],
      [ann, 'updateProfile', 'UpdateProfileInput', { displayName: 'new ann' }, '"displayName":"ann"'],
    ] as const;
    for (const [person, name, input, value, gone] of asked) {
      const { data } = await person.ask(changeOf(name, input), { input: value });
      expect(data[name].errors).toEqual([]);
      const { position } = server.node.engine.hub.mark;
      const resumed = await (await follow(owner, { after: beginning })).reached(position);
      expect(resumed.positions.at(-1)).toBe(position);
      expect(JSON.stringify(resumed.items)).not.toContain(gone);
    }
    const head = server.node.engine.hub.mark.position;
    expect(JSON.stringify((await live.reached(head)).items)).toContain('to be deleted');

    for (const filter of [null, { roomIds: [roomId] }]) {
      const resumed = await (await follow(owner, { after: beginning, filter })).reached(head);
      const bytes = JSON.stringify(resumed.items);
      for (const gone of ['to be deleted', 'to be edited', 'old name']) expect(bytes).not.toContain(gone);
      const [, , joined, tombstone, changed] = resumed.events.map(({ value }) => value);
      expect(joined.member.role).toBe('OWNER');
      expect(tombstone).toMatchObject({ __typename: 'MessageSent', message: { text: null, version: 2 } });
      expect(tombstone.message.deletedAt).not.toBeNull();
      expect(changed.message).toMatchObject({ text: 'edited', version: 2 });
      expect(resumed.events.map(({ value }) => value)).toEqual(await readPages(owner, filter));
    }
  });
});

interface Start {
  readonly after?: string;
  readonly filter?: object | null;
}

async function setUp(options: TestServerOptions = {}) {
  const server = await startServer({ checkpointIntervalMs: 300, ...options });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const owner = await enterGuest(server, 'owner');
  const beginning: string = (await owner.ask('{ asOf }')).data.asOf;
  const streams: LogStream[] = [];
  onTestFinished(async () => void (await Promise.all(streams.map((stream) => stream[Symbol.asyncDispose]()))));
  const follow = (person: Person, start: Start = {}) => {
    const stream = new LogStream(server, person, { query: streamQuery, variables: { ...start } });
    streams.push(stream);
    return stream.until(({ items }) => items.length > 0);
  };
  return { server, owner, beginning, follow };
}

async function liveThroughEveryKind(server: TestServer, owner: Person, ann: Person): Promise<void> {
  const roomId = await createRoom(owner, 'first', 'PRIVATE');
  const open = await createRoom(owner, 'open');
  const change = async (person: Person, name: string, input: string, value: object) => {
    const { data } = await person.ask(changeOf(name, input), { input: value });
    expect(data[name].errors).toEqual([]);
  };
  await change(owner, 'updateRoom', 'UpdateRoomInput', { roomId, name: 'second', topic: 'all kinds' });
  await change(owner, 'addMember', 'AddMemberInput', { roomId, userId: ann.id });
  await change(owner, 'setMemberRole', 'SetMemberRoleInput', { roomId, userId: ann.id, role: 'OWNER' });
  const { id: messageId } = (await send(ann, roomId, 'first words', 'a-key')).message;
  await change(ann, 'editMessage', 'EditMessageInput', { messageId, text: 'other words', expectedVersion: 1 });
  await change(ann, 'deleteMessage', 'DeleteMessageInput', { messageId });
  await change(owner, 'removeMember', 'RemoveMemberInput', { roomId, userId: ann.id });
  await joinRoom(ann, open);
  await send(ann, open, 'good bye');
  await change(ann, 'leaveRoom', 'LeaveRoomInput', { roomId: open });
  await change(ann, 'updateProfile', 'UpdateProfileInput', { displayName: 'Annabel' });
  await (await signInAgain(server, owner)).ask('mutation { signOut { signedOut } }');
}

function changeOf(name: string, input: string): string {
  return `mutation ($input: ${input}!) { ${name}(input: $input) { errors { code message } } }`;
}

/** What an event says for ever: kind, place, ids, versions and roles of its own. */
function factsOf({ value }: StreamedItem) {
  const { __typename, cursor, at, room, actor, version, role, reason, roomId, sessionIds, endReason } = value;
  const ids = [room?.id, actor?.id, value.member?.id, value.member?.user.id, value.message?.id, value.user?.id];
  return { __typename, cursor, at, version, role, reason, roomId, sessionIds, endReason, ids };
}

async function readPages(person: Person, filter: object | null = null): Promise<StreamedItem['value'][]> {
  const nodes: StreamedItem['value'][] = [];
  for (let after: string | null = null; ; ) {
    const { data } = await person.ask(pageQuery, { after, first: 3, filter });
    nodes.push(...data.events.nodes);
    if (!data.events.hasMore) return nodes;
    after = data.events.endCursor;
  }
}

async function readPagesFrom(person: Person, after: string): Promise<StreamedItem['value'][]> {
  return (await person.ask(pageQuery, { after, first: 1 })).data.events.nodes;
}

function positionOf(server: TestServer, cursor: string): number {
  return server.node.engine.services.cursors.decode(cursor).position;
}
