import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doorNames, fault, openDoor } from './support/doors.ts';
import { createRoom, enterGuest, joinRoom, type Person, send, sendMutation } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

const history = 'query ($id: ID!) { room(by: { id: $id }) { messages(last: 50) { nodes { text author { id } } } } }';

let server: TestServer;
let ada: Person;
let bo: Person;
let roomId: string;
beforeAll(async () => {
  server = await startServer();
  ada = await enterGuest(server, 'Ada');
  bo = await enterGuest(server, 'Bo');
  roomId = await createRoom(ada, 'Kitchen');
  await joinRoom(bo, roomId);
});
afterAll(() => server[Symbol.asyncDispose]());

describe.each(doorNames)('over %s', (doorName) => {
  it('[W9] a send that says whose it is is written as that person', async () => {
    await using door = await openDoor(doorName, server.url, ada.token);
    const text = `of Ada over ${doorName}`;
    const { data } = await door.ask(sendMutation, { input: { roomId, text, asUserId: ada.id } });
    expect(data.sendMessage.errors).toEqual([]);
    expect(await authorsOf(text)).toEqual([ada.id]);
  });

  it.each([
    ['somebody else', () => ada.id],
    ['nobody', () => `user_${'0'.repeat(32)}`],
    ['a room', () => roomId],
    ['rubbish', () => '\u0000'],
  ])('[W9] one that names %s is refused, is not written, and its key is free', async (name, asUserId) => {
    await using door = await openDoor(doorName, server.url, bo.token);
    const text = `${name} over ${doorName}`;
    const clientKey = text.replaceAll(' ', '-');
    fault('UNAUTHENTICATED')(
      await door.ask(sendMutation, { input: { roomId, text, clientKey, asUserId: asUserId() } }),
    );
    expect(await authorsOf(text)).toEqual([]);
    const { data } = await door.ask(sendMutation, { input: { roomId, text, clientKey, asUserId: bo.id } });
    expect(data.sendMessage).toMatchObject({ replayed: false, errors: [] });
    expect(await authorsOf(text)).toEqual([bo.id]);
  });

  it('[W9] an edit or a deletion that says whose it is is done as that person or not at all, by an owner of the room neither', async () => {
    const { message } = await send(bo, roomId, `change over ${doorName}`);
    const edited = { messageId: message.id, text: `changed over ${doorName}`, expectedVersion: 1, asUserId: bo.id };
    const deleted = { messageId: message.id, asUserId: bo.id };
    await using owner = await openDoor(doorName, server.url, ada.token);
    fault('UNAUTHENTICATED')(await owner.ask(editMutation, { input: edited }));
    fault('UNAUTHENTICATED')(await owner.ask(deleteMutation, { input: deleted }));
    await using author = await openDoor(doorName, server.url, bo.token);
    const versions = [
      (await author.ask(editMutation, { input: edited })).data.editMessage,
      (await author.ask(deleteMutation, { input: deleted })).data.deleteMessage,
    ];
    expect(versions).toMatchObject([
      { message: { version: 2 }, errors: [] },
      { message: { version: 3 }, errors: [] },
    ]);
  });
});

const editMutation =
  'mutation ($input: EditMessageInput!) { editMessage(input: $input) { message { version } errors { code } } }';
const deleteMutation =
  'mutation ($input: DeleteMessageInput!) { deleteMessage(input: $input) { message { version } errors { code } } }';

/** Global ids of those who said a text. */
async function authorsOf(text: string): Promise<string[]> {
  const { data } = await ada.ask(history, { id: roomId });
  const nodes: { text: string; author: { id: string } }[] = data.room.messages.nodes;
  return nodes.filter((message) => message.text === text).map(({ author }) => author.id);
}
