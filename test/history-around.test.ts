import { expect, test } from 'vitest';
import { send } from './support/person.ts';
import { startWorld } from './support/world.ts';

const around = `query ($id: ID!, $messageId: ID!, $count: Int!) {
  room(by: { id: $id }) {
    messagesAround(messageId: $messageId, count: $count) { nodes { text } pageInfo { hasPreviousPage hasNextPage } }
  }
}`;

test('[R7] around any message, pages of any size have what is there and say what is left', async () => {
  await using world = await startWorld();
  const { ann, roomId } = world;
  const all = [{ id: world.messageId, text: 'the first' }];
  for (const text of ['2', '3', '4', '5']) all.push((await send(ann, roomId, text)).message);
  for (const [place, { id }] of all.entries()) {
    for (const count of [1, 2, 3, 4, 100]) {
      const { data } = await ann.ask(around, { id: roomId, messageId: id, count });
      const { nodes, pageInfo } = data.room.messagesAround;
      const first = Math.max(0, place - (count >> 1));
      const shown = all.slice(first, first + count);
      expect(nodes).toEqual(shown.map(({ text }) => ({ text })));
      expect(pageInfo).toEqual({ hasPreviousPage: first > 0, hasNextPage: first + count < all.length });
    }
  }
});
