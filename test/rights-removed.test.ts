import { describe, expect, it } from 'vitest';
import { rowIdOf } from './support/history.ts';
import { type Person, send } from './support/person.ts';
import { startWorld } from './support/world.ts';

const messagesStream = `subscription ($id: ID!) {
  messages(roomId: $id) { kind isCaughtUp message { text } end { code } }
}`;
const typingStream = 'subscription ($id: ID!) { typing(roomId: $id) { count end { code } } }';
const eventsStream = `subscription {
  events {
    __typename
    room { id }
    ... on Checkpoint { isCaughtUp }
    ... on MessageSent { message { text } }
    ... on MembershipEnded { roomId reason }
  }
}`;

async function change(owner: Person, verb: 'addMember' | 'removeMember', roomId: string, person: Person) {
  const type = verb === 'addMember' ? 'AddMemberInput' : 'RemoveMemberInput';
  const { data } = await owner.ask(
    `mutation ($input: ${type}!) { ${verb}(input: $input) { errors { code } member { id } } }`,
    {
      input: { roomId, userId: person.id },
    },
  );
  expect(data[verb].errors).toEqual([]);
  return data[verb].member.id as string;
}

const leave = 'mutation ($input: LeaveRoomInput!) { leaveRoom(input: $input) { errors { code } } }';

describe('who is no longer a member of a private room', () => {
  it.each(['removed', 'left'] as const)(
    '[A4] gets the last word on every stream of it, and nothing after: %s',
    async (how) => {
      await using world = await startWorld();
      const { ann, bob, roomId: kitchen, privateRoomId: cellar } = world;
      await change(bob, 'addMember', cellar, ann);
      await using socket = await ann.connect();
      const messages = socket.subscribe(messagesStream, { id: cellar });
      const typing = socket.subscribe(typingStream, { id: cellar });
      const events = socket.subscribe(eventsStream);
      await messages.until(({ data }) => data.messages.isCaughtUp);
      await typing.next();
      await events.until(({ data }) => data.events.isCaughtUp);

      await send(bob, cellar, 'before');
      if (how === 'removed') await change(bob, 'removeMember', cellar, ann);
      else await ann.ask(leave, { input: { roomId: cellar } });
      await send(bob, cellar, 'after');
      await send(bob, kitchen, 'elsewhere');

      expect(await messages.ended).toEqual({ kind: 'complete' });
      expect(messages.results.waiting.map(({ data }) => data.messages)).toEqual([
        { kind: 'SENT', isCaughtUp: false, message: { text: 'before' }, end: null },
        { kind: 'ENDED', isCaughtUp: false, message: null, end: { code: 'NO_LONGER_READABLE' } },
      ]);
      expect(await typing.ended).toEqual({ kind: 'complete' });
      expect(typing.results.waiting.at(-1)?.data.typing.end).toEqual({ code: 'NO_LONGER_READABLE' });

      const seen = await events.until(({ data }) => data.events.message?.text === 'elsewhere');
      expect(seen.map(({ data }) => data.events).filter(({ __typename: name }) => name !== 'Checkpoint')).toEqual([
        { __typename: 'MessageSent', room: { id: cellar }, message: { text: 'before' } },
        { __typename: 'MembershipEnded', room: null, roomId: cellar, reason: how.toUpperCase() },
        { __typename: 'MessageSent', room: { id: kitchen }, message: { text: 'elsewhere' } },
      ]);
      expect(world.bugs).toEqual([]);
    },
  );

  it('[A3] reads nothing of it any more, not even their own words, and all of it when they are back', async () => {
    await using world = await startWorld();
    const { ann, bob, privateRoomId: cellar } = world;
    const memberId = await change(bob, 'addMember', cellar, ann);
    const own = await send(ann, cellar, 'mine');
    const reads = `query ($room: ID!, $message: ID!, $member: ID!) {
      room(by: { id: $room }) { messages { nodes { text } } }
      node(id: $message) { id }
      nodes(ids: [$room, $message, $member]) { id }
      events(filter: { kinds: [MESSAGE_SENT] }) { nodes { ... on MessageSent { message { text } } } }
    }`;
    const names = { room: cellar, message: own.message.id, member: memberId };
    const textsOf = (data: { events: { nodes: { message: { text: string } }[] } }) =>
      data.events.nodes.map(({ message }) => message.text);

    await change(bob, 'removeMember', cellar, ann);
    const removed = await ann.ask(reads, names);
    expect(removed.errors).toBeUndefined();
    expect(removed.data).toMatchObject({ room: null, node: null, nodes: [null, null, null] });
    expect(textsOf(removed.data)).toEqual(['the first']);
    const edit = await ann.ask(
      'mutation ($input: EditMessageInput!) { editMessage(input: $input) { errors { code } } }',
      { input: { messageId: own.message.id, text: 'taken back', expectedVersion: 1 } },
    );
    expect(edit.data.editMessage.errors).toEqual([{ code: 'NOT_FOUND' }]);

    await send(bob, cellar, 'while ann was away');
    await change(bob, 'addMember', cellar, ann);
    const back = await ann.ask(reads, names);
    const texts = back.data.room.messages.nodes.map(({ text }: { text: string }) => text);
    expect(texts).toEqual(['hidden', 'mine', 'while ann was away']);
    expect(back.data.node).toEqual({ id: own.message.id });
    // Their spans of membership: what was said in between is history to them, but no event.
    expect(textsOf(back.data)).toEqual(['the first', 'mine']);
  });

  it('[W5] replays their own key: done before, and not theirs to see until they are back', async () => {
    await using world = await startWorld();
    const { ann, bob, privateRoomId: cellar } = world;
    await change(bob, 'addMember', cellar, ann);
    const first = await send(ann, cellar, 'once', 'key-of-ann');
    await change(bob, 'removeMember', cellar, ann);
    const before = await world.content();
    const replay = await send(ann, cellar, 'once', 'key-of-ann');
    expect(replay).toEqual({ message: null, cursor: first.cursor, replayed: true, errors: [] });
    expect((await send(ann, cellar, 'once', 'another-key')).errors[0].code).toBe('NOT_FOUND');
    expect(await world.content()).toEqual(before);
    await change(bob, 'addMember', cellar, ann);
    expect(await send(ann, cellar, 'once', 'key-of-ann')).toEqual({ ...first, replayed: true });
  });

  it('[A2] [A4] got in events what their spans of membership hold, live and in replay, while many sent', async () => {
    await using world = await startWorld();
    const { ann, bob, privateRoomId: cellar } = world;
    await using socket = await ann.connect();
    const events = socket.subscribe(eventsStream);
    await events.until(({ data }) => data.events.isCaughtUp);

    let goesOn = true;
    const senders = Array.from({ length: 4 }, async (_, sender) => {
      for (let count = 0; goesOn; count += 1) await send(bob, cellar, `${sender}/${count}`);
    });
    for (let round = 0; round < 8; round += 1) {
      await change(bob, 'addMember', cellar, ann);
      await send(bob, cellar, `in round ${round}`);
      await change(bob, 'removeMember', cellar, ann);
      await send(bob, cellar, `between ${round}`);
    }
    goesOn = false;
    await Promise.all(senders);
    await change(bob, 'addMember', cellar, ann);
    await send(bob, cellar, 'the last');

    const rows = await world.server.database.query<{ text: string; entitled: boolean }>(
      `SELECT text, EXISTS (SELECT 1 FROM member WHERE room_id = message.room_id AND user_id = $2
          AND joined_position < message.position AND message.position < coalesce(left_position, message.position + 1)
        ) AS entitled
       FROM message WHERE room_id = $1 ORDER BY position`,
      [rowIdOf(cellar), rowIdOf(ann.id)],
    );
    const entitled = rows.filter((row) => row.entitled).map(({ text }) => text);
    expect(entitled.length).toBeGreaterThan(8);
    expect(rows.length - entitled.length).toBeGreaterThan(8);

    const live = await events.until(({ data }) => data.events.message?.text === 'the last');
    expect(live.flatMap(({ data }) => data.events.message?.text ?? [])).toEqual(entitled);
    const wordsToAnn = live.map(({ data }) => data.events.__typename).filter((name) => name === 'MembershipEnded');
    expect(wordsToAnn).toHaveLength(8);

    expect(await replayOf(ann, cellar)).toEqual(entitled);
    expect(world.bugs).toEqual([]);
  });
});

/** Texts of all messages that the query `events` gives of a room. */
async function replayOf(person: Person, roomId: string): Promise<string[]> {
  const query = `query ($after: Cursor, $filter: EventFilter) {
    events(after: $after, filter: $filter, first: 100) {
      nodes { ... on MessageSent { message { text } } } endCursor hasMore
    }
  }`;
  const texts: string[] = [];
  let after: string | null = null;
  for (let hasMore = true; hasMore; ) {
    const filter = { roomIds: [roomId], kinds: ['MESSAGE_SENT'] };
    const { data } = await person.ask(query, { after, filter });
    texts.push(...data.events.nodes.map(({ message }: { message: { text: string } }) => message.text));
    after = data.events.endCursor;
    hasMore = data.events.hasMore;
  }
  return texts;
}
