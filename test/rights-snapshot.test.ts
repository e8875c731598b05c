import { describe, expect, it } from 'vitest';
import { enterGuest, joinRoom, send } from './support/person.ts';
import { startWorld } from './support/world.ts';

const readQuery = `query ($id: ID!) {
  room(by: { id: $id }) { messages(last: 100) { nodes { text } } }
  again: room(by: { id: $id }) { messages(last: 1) { nodes { text } } }
  asOf
}`;
const messagesStream = `subscription ($id: ID!, $after: Cursor) {
  messages(roomId: $id, after: $after) { kind message { text } }
}`;

const READS = 100;
const SENDERS = 5;
const LAST = 'the last of all';

describe('reading, then subscribing', () => {
  it('[R1] has no gap and no repeat, 100 times of 100, while 5 people send', async () => {
    await using world = await startWorld();
    const { server, ann, roomId } = world;
    const people = await Promise.all(
      Array.from({ length: SENDERS }, async (_, index) => {
        const person = await enterGuest(server, `Sender ${index}`);
        await joinRoom(person, roomId);
        return person;
      }),
    );
    let goesOn = true;
    let onSent = () => {};
    const sending = people.map(async (person, index) => {
      for (let count = 0; goesOn; count += 1) {
        await send(person, roomId, `${index}/${count}`);
        onSent();
      }
    });

    await using socket = await ann.connect();
    const seen: { read: string[]; stream: ReturnType<typeof socket.subscribe> }[] = [];
    for (let index = 0; index < READS; index += 1) {
      const moved = new Promise<void>((resolve) => {
        onSent = resolve;
      });
      // Both doors take turns.
      const answer =
        index % 2 === 0 ? await ann.ask(readQuery, { id: roomId }) : await socket.request(readQuery, { id: roomId });
      const { data, extensions } = answer;
      expect(data.asOf).toBe(extensions?.asOf);
      const read: string[] = data.room.messages.nodes.map(({ text }: { text: string }) => text);
      expect(data.again.messages.nodes[0].text).toBe(read.at(-1));
      seen.push({ read, stream: socket.subscribe(messagesStream, { id: roomId, after: data.asOf }) });
      // The next read finds more than this one, and others are under way.
      await moved;
    }
    goesOn = false;
    await Promise.all(sending);
    await send(ann, roomId, LAST);

    const rows = await server.database.query<{ text: string }>(
      'SELECT text FROM message WHERE room_id = $1 ORDER BY position',
      [roomId.replace('room_', '')],
    );
    const history = rows.map(({ text }) => text);
    expect(history.length).toBeGreaterThan(READS);
    for (const { read, stream } of seen) {
      const results = await stream.until(({ data }) => data.messages.message?.text === LAST);
      const streamed = results.flatMap(({ data }) =>
        data.messages.kind === 'SENT' ? [data.messages.message.text] : [],
      );
      expect([...read, ...streamed]).toEqual(history.slice(history.indexOf(read[0] ?? '')));
    }
    // The reads lay in the midst of the sending, or they would have shown nothing.
    expect(new Set(seen.map(({ read }) => read.at(-1))).size).toBeGreaterThan(READS / 4);
    expect(world.bugs).toEqual([]);
  });
});
