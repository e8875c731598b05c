import { expect, test } from 'vitest';
import { createRoom, enterGuest, joinRoom } from './support/person.ts';
import { startServer } from './support/server.ts';

const leave = 'mutation ($input: LeaveRoomInput!) { leaveRoom(input: $input) { errors { code } } }';
const join = 'mutation ($input: JoinRoomInput!) { joinRoom(input: $input) { member { role } errors { code } } }';

test('[W4] a room that everybody left belongs to who comes next, and to nobody else', async () => {
  await using server = await startServer();
  const [ann, bob, cleo] = await Promise.all(['Ann', 'Bob', 'Cleo'].map((name) => enterGuest(server, name)));
  if (!ann || !bob || !cleo) throw new Error('three people were asked for');
  const roomId = await createRoom(ann, 'Attic');
  await ann.ask(leave, { input: { roomId } });
  // Both in one transaction, or one after the other: there is one owner either way.
  const joined = await Promise.all([bob, cleo].map((person) => person.ask(join, { input: { roomId } })));
  expect(joined.map(({ data }) => data.joinRoom.member.role).sort()).toEqual(['MEMBER', 'OWNER']);
  await joinRoom(ann, roomId);
  const { data } = await ann.ask('query ($id: ID!) { room(by: { id: $id }) { members { nodes { role } } } }', {
    id: roomId,
  });
  expect(data.room.members.nodes.map(({ role }: { role: string }) => role)).toEqual(['OWNER', 'MEMBER', 'MEMBER']);
});
