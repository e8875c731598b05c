import { describe, expect, it } from 'vitest';
import { enterGuest, joinRoom, send } from './support/person.ts';
import { startWorld, type World } from './support/world.ts';
import type { Subscription } from './support/ws-client.ts';

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

/** What somebody read, and the stream that goes on after it. */
interface Reader {
  readonly read: readonly string[];
  readonly stream: Subscription;
}

/** Reads the newest messages of the room, then subscribes. `sent`: settles when the next message is acknowledged. */
type ReadAndSubscribe = (door: 'HTTP' | 'WebSocket', sent: () => Promise<void>) => Promise<Reader>;

/**
 * Lets 5 people send, and meanwhile `count` readers read and subscribe, each after one more message was
 * acknowledged. The number of readers that have not seen the history as it was in the end: each message once, in order.
 */
async function countMistaken(world: World, count: number, readAndSubscribe: ReadAndSubscribe): Promise<number> {
  const { server, ann, roomId } = world;
  let goesOn = true;
  let onSent = () => {};
  const sent = () =>
    new Promise<void>((resolve) => {
      onSent = resolve;
    });
  const sending = Array.from({ length: SENDERS }, async (_, index) => {
    const person = await enterGuest(server, `Sender ${index}`);
    await joinRoom(person, roomId);
    for (let number = 0; goesOn; number += 1) {
      await send(person, roomId, `${index}/${number}`);
      onSent();
    }
  });
  const readers: Reader[] = [];
  for (let index = 0; index < count; index += 1) {
    await sent();
    readers.push(await readAndSubscribe(index % 2 === 0 ? 'HTTP' : 'WebSocket', sent));
  }
  goesOn = false;
  await Promise.all(sending);
  await send(ann, roomId, LAST);

  const rows = await server.database.query<{ text: string }>(
    'SELECT text FROM message WHERE room_id = $1 ORDER BY position',
    [roomId.replace('room_', '')],
  );
  const history = rows.map(({ text }) => text);
  expect(history.length).toBeGreaterThan(count);
  // A read may show a message whose sender does not know yet, so not each shows more than the one before.
  expect(new Set(readers.map(({ read }) => read.at(-1))).size).toBeGreaterThan(count / 4);
  let mistaken = 0;
  for (const { read, stream } of readers) {
    const results = await stream.until(({ data }) => data.messages.message?.text === LAST);
    const streamed = results.flatMap(({ data }) => (data.messages.kind === 'SENT' ? [data.messages.message.text] : []));
    const seen = [...read, ...streamed].join();
    if (seen !== history.slice(history.indexOf(read[0] ?? '')).join()) mistaken += 1;
  }
  expect(world.bugs).toEqual([]);
  return mistaken;
}

// biome-ignore lint/suspicious/noExplicitAny: data of any shape.
const textsOf = (data: any): string[] => data.room.messages.nodes.map(({ text }: { text: string }) => text);

describe('reading, then subscribing', () => {
  it('[R1] has no gap and no repeat, 100 times of 100, while 5 people send', async () => {
    await using world = await startWorld();
    const { ann, roomId } = world;
    await using socket = await ann.connect();
    const mistaken = await countMistaken(world, READS, async (door) => {
      const asked = { id: roomId };
      const answer = door === 'HTTP' ? await ann.ask(readQuery, asked) : await socket.request(readQuery, asked);
      const { data, extensions } = answer;
      expect(data.asOf).toBe(extensions?.asOf);
      expect(data.again.messages.nodes[0].text).toBe(textsOf(data).at(-1));
      return { read: textsOf(data), stream: socket.subscribe(messagesStream, { id: roomId, after: data.asOf }) };
    });
    expect(mistaken).toBe(0);
  });

  it('shows repeats and gaps to the same check when position and messages come from two answers', async () => {
    await using world = await startWorld();
    const { ann, roomId } = world;
    await using socket = await ann.connect();
    const mistaken = await countMistaken(world, 10, async (door, sent) => {
      const one = await ann.ask(readQuery, { id: roomId });
      await sent();
      const other = await ann.ask(readQuery, { id: roomId });
      const [read, after] = door === 'HTTP' ? [one, other] : [other, one];
      const stream = socket.subscribe(messagesStream, { id: roomId, after: after.data.asOf });
      return { read: textsOf(read.data), stream };
    });
    expect(mistaken).toBeGreaterThan(0);
  });
});
