import { expect, test } from 'vitest';
import { send } from './support/person.ts';
import { startWorld } from './support/world.ts';

const stream = `subscription ($id: ID!, $after: Cursor) {
  messages(roomId: $id, after: $after) {
    kind cursor isCaughtUp message { text room { messages(last: 5) { nodes { text } } } }
  }
}`;
const deletion = 'mutation ($input: DeleteMessageInput!) { deleteMessage(input: $input) { errors { code } } }';

test('[R3] a stream that reaches other messages than its own shows none that was deleted meanwhile', async () => {
  await using world = await startWorld();
  const { ann, bob, roomId } = world;
  await using socket = await bob.connect();
  const live = socket.subscribe(stream, { id: roomId });
  const [start] = await live.until(({ data }) => data.messages.isCaughtUp);
  const secret = await send(ann, roomId, 'secret');
  await send(ann, roomId, 'second');
  const before = await live.until(({ data }) => data.messages.message?.text === 'second');
  expect(JSON.stringify(before.at(-1))).toContain('secret');
  await ann.ask(deletion, { input: { messageId: secret.message.id } });
  await live.until(({ data }) => data.messages.kind === 'DELETED');

  const resumed = socket.subscribe(stream, { id: roomId, after: start.data.messages.cursor });
  const seen = await resumed.until(({ data }) => data.messages.kind === 'DELETED');
  expect(seen.map(({ data }) => data.messages.kind)).toEqual(['CHECKPOINT', 'SENT', 'SENT', 'DELETED']);
  expect(JSON.stringify(seen)).not.toContain('secret');
});
