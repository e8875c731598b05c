import { expect, test } from 'vitest';
import { startWorld } from './support/world.ts';

test('[E2] an operation waits for no connection while it holds another, so that a few do not block all', async () => {
  await using world = await startWorld({ poolSize: 2 });
  const { ann, roomId, messageId } = world;
  const changes = `mutation ($roomId: ID!, $messageId: ID!) {
    setTyping(input: { roomId: $roomId, isTyping: true }) { errors { code } }
    deleteMessage(input: { messageId: $messageId }) { message { room { viewerMember { role } } } errors { code } }
    again: setTyping(input: { roomId: $roomId, isTyping: false }) { errors { code } }
    editMessage(input: { messageId: $messageId, text: "late", expectedVersion: 1 }) { errors { code } }
  }`;
  const answers = await Promise.all(Array.from({ length: 8 }, () => ann.ask(changes, { roomId, messageId })));
  for (const { data, errors } of answers) {
    expect(errors).toBeUndefined();
    expect(data.deleteMessage).toEqual({ message: { room: { viewerMember: { role: 'OWNER' } } }, errors: [] });
    expect(data.editMessage.errors).toEqual([{ code: 'MESSAGE_DELETED' }]);
  }
});
