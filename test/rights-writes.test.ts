import { describe, expect, it } from 'vitest';
import { send, sendMutation } from './support/person.ts';
import { startWorld } from './support/world.ts';

const conflict = 'errors { code path ... on VersionConflict { currentVersion } }';
const edit = `mutation ($input: EditMessageInput!) { editMessage(input: $input) { message { text version } ${conflict} } }`;
const update = `mutation ($input: UpdateRoomInput!) { updateRoom(input: $input) { room { name version } ${conflict} } }`;
const remove = `mutation ($input: DeleteMessageInput!) {
  deleteMessage(input: $input) { message { id text version deletedAt } replayed ${conflict} }
}`;

describe('a key that was used', () => {
  it('[W5] gives the same outcome on another connection, and after the server came back', async () => {
    await using world = await startWorld();
    const { server, ann, roomId } = world;
    const input = { roomId, text: 'once', clientKey: 'a-key' };
    const first = await send(ann, roomId, 'once', 'a-key');
    const before = await world.content();
    {
      await using socket = await ann.connect();
      expect((await socket.request(sendMutation, { input })).data.sendMessage).toEqual({ ...first, replayed: true });
    }
    await server.stop();
    await server.start();
    expect(await send(ann, roomId, 'once', 'a-key')).toEqual({ ...first, replayed: true });
    await using socket = await ann.connect();
    expect((await socket.request(sendMutation, { input })).data.sendMessage).toEqual({ ...first, replayed: true });
    expect((await send(ann, roomId, 'twice', 'a-key')).errors[0].code).toBe('KEY_CONFLICT');
    expect(await world.content()).toEqual(before);
  });

  it('[W5] gives the message as it is now, edited or deleted since', async () => {
    await using world = await startWorld();
    const { ann, roomId } = world;
    const first = await send(ann, roomId, 'once', 'a-key');
    const messageId = first.message.id;
    await ann.ask(edit, { input: { messageId, text: 'better', expectedVersion: 1 } });
    expect(await send(ann, roomId, 'once', 'a-key')).toMatchObject({ message: { text: 'better' }, replayed: true });
    await ann.ask(remove, { input: { messageId } });
    expect(await send(ann, roomId, 'once', 'a-key')).toMatchObject({
      message: { id: messageId, text: null },
      cursor: first.cursor,
      replayed: true,
      errors: [],
    });
  });
});

describe('a change that names the version it saw', () => {
  it('[W8] is refused with the current version when an edit came between, and writes nothing', async () => {
    await using world = await startWorld();
    const { ann, messageId } = world;
    const first = await ann.ask(edit, { input: { messageId, text: 'second', expectedVersion: 1 } });
    expect(first.data.editMessage).toEqual({ message: { text: 'second', version: 2 }, errors: [] });
    const before = await world.content();
    for (const expectedVersion of [1, 3, 0, -1]) {
      const stale = await ann.ask(edit, { input: { messageId, text: 'stale', expectedVersion, clientKey: 'stale' } });
      expect(stale.data.editMessage).toEqual({
        message: null,
        errors: [{ code: 'VERSION_CONFLICT', path: ['input', 'expectedVersion'], currentVersion: 2 }],
      });
    }
    expect(await world.content()).toEqual(before);
  });

  it('[W8] of many at once, one wins and each other learns the version', async () => {
    await using world = await startWorld();
    const { ann, messageId } = world;
    const edits = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        ann.ask(edit, { input: { messageId, text: `edit ${index}`, expectedVersion: 1 } }),
      ),
    );
    const payloads = edits.map(({ data }) => data.editMessage);
    expect(payloads.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
    for (const { errors } of payloads.filter(({ message }) => message === null)) {
      expect(errors).toEqual([{ code: 'VERSION_CONFLICT', path: ['input', 'expectedVersion'], currentVersion: 2 }]);
    }
  });

  it('[W8] holds for rooms too', async () => {
    await using world = await startWorld();
    const { ann, roomId } = world;
    const first = await ann.ask(update, { input: { roomId, name: 'Hall', expectedVersion: 1 } });
    expect(first.data.updateRoom).toEqual({ room: { name: 'Hall', version: 2 }, errors: [] });
    const stale = await ann.ask(update, { input: { roomId, name: 'Attic', expectedVersion: 1 } });
    expect(stale.data.updateRoom.errors[0]).toMatchObject({ code: 'VERSION_CONFLICT', currentVersion: 2 });
  });

  it('[W8] finds a deleted message as a tombstone in its place, which no edit brings back', async () => {
    await using world = await startWorld();
    const { ann, roomId, messageId } = world;
    await send(ann, roomId, 'the second');
    const deleted = await ann.ask(remove, { input: { messageId } });
    expect(deleted.data.deleteMessage).toMatchObject({ message: { text: null, version: 2 }, errors: [] });
    const history = await ann.ask(
      'query ($id: ID!) { room(by: { id: $id }) { messages { nodes { id text deletedAt } } } }',
      { id: roomId },
    );
    expect(history.data.room.messages.nodes).toMatchObject([
      { id: messageId, text: null, deletedAt: deleted.data.deleteMessage.message.deletedAt },
      { text: 'the second', deletedAt: null },
    ]);
    const [row] = await world.server.database.query<{ text: string | null }>('SELECT text FROM message WHERE id = $1', [
      messageId.replace('message_', ''),
    ]);
    expect(row?.text).toBeNull();
    const back = await ann.ask(edit, { input: { messageId, text: 'back', expectedVersion: 2 } });
    expect(back.data.editMessage.errors[0].code).toBe('MESSAGE_DELETED');
  });
});
