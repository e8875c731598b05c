import { expect, test } from 'vitest';
import type { Member, RoomId, SessionId, UserId } from './model.ts';
import { Reading } from './reading.ts';
import { viewerMember } from './rooms.ts';

test('memberships of many rooms are read in one statement, and each once', async () => {
  const statements: (readonly unknown[])[] = [];
  const reading = new Reading({
    async query<Row>(_sql: string, parameters: readonly unknown[] = []) {
      statements.push(parameters);
      return [{ roomId: 'room 2', userId: 'ann', role: 'OWNER' } as Partial<Member>] as Row[];
    },
  });
  const user = {
    id: 'ann' as UserId,
    handle: null,
    displayName: 'Ann',
    isGuest: true,
    isBot: false,
    avatarHash: null,
    isDeleted: false,
  };
  const ann = { user, credentialId: 'session' as SessionId, scopes: null, expiresAt: null };
  const roomIds = ['room 1', 'room 2', 'room 3', 'room 2'] as RoomId[];
  const found = await Promise.all(roomIds.map((roomId) => viewerMember(reading, ann, roomId)));
  expect(found.map((member) => member?.role ?? null)).toEqual([null, 'OWNER', null, 'OWNER']);
  await viewerMember(reading, ann, 'room 3' as RoomId);
  expect(statements).toEqual([
    [
      ['room 1', 'room 2', 'room 3'],
      ['ann', 'ann', 'ann'],
    ],
  ]);
});
