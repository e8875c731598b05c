import { expect, onTestFinished, test } from 'vitest';
import { startNodes } from './support/nodes.ts';
import { enterGuest, joinRoom, type Person, send } from './support/person.ts';
import { startRedis } from './support/redis.ts';
import type { TestServer } from './support/server.ts';

const lobbyQuery = `query { room(by: { slug: "lobby" }) { id messages(last: 10) { nodes { id author { id } } } } }`;

test('the parrot of the demo answers a message once, however many nodes there are', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis[Symbol.asyncDispose]());
  const options = { redisUrl: redis.url, hasDemo: true };
  const { nodes } = await startNodes([options, options, options]);
  const [first, second] = nodes as [TestServer, TestServer];
  const person = await enterGuest(first, 'Ada');
  const room = (await person.ask(lobbyQuery)).data.room;
  await joinRoom(person, room.id);
  const elsewhere = await enterGuest(second, 'Grace');
  await joinRoom(elsewhere, room.id);

  const asked = await send(person, room.id, 'Who is there?');
  await answersTo(person, asked.message.id, [person.id, elsewhere.id], 1);
  // All parrots began to type in answer to the first at once; when one has answered another, they have all spoken.
  await send(elsewhere, room.id, 'Say it again!');
  expect(await answersTo(person, asked.message.id, [person.id, elsewhere.id], 2)).toBe(2);
});

/** How many messages of others are behind one; waits until there are so many. */
async function answersTo(person: Person, messageId: string, own: readonly string[], count: number): Promise<number> {
  for (;;) {
    const { nodes } = (await person.ask(lobbyQuery)).data.room.messages as {
      nodes: { id: string; author: { id: string } }[];
    };
    const behind = nodes.slice(nodes.findIndex(({ id }) => id === messageId) + 1);
    const answers = behind.filter(({ author }) => !own.includes(author.id)).length;
    if (answers >= count) return answers;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
