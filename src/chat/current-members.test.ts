import { expect, test } from 'vitest';
import { CurrentMembers } from './current-members.ts';
import type { Member, RoomId, UserId } from './model.ts';

test('memberships are known by room and person, and counted once each', () => {
  const [kitchen, garden] = ['kitchen', 'garden'] as RoomId[] as [RoomId, RoomId];
  const [ada, ben] = ['ada', 'ben'] as UserId[] as [UserId, UserId];
  const member = (roomId: RoomId, userId: UserId, role = 'MEMBER') => ({ roomId, userId, role }) as Member;
  const members = new CurrentMembers([member(kitchen, ada), member(garden, ada), member(kitchen, ben)]);
  const owner = member(kitchen, ada, 'OWNER');
  members.set(owner);
  expect(members.get(kitchen, ada)).toBe(owner);
  expect(members.get(garden, ada)?.role).toBe('MEMBER');
  expect(members.get(garden, ben)).toBeUndefined();
  expect(members.size).toBe(3);
  members.delete(garden, ben);
  members.delete(kitchen, ada);
  expect(members.get(kitchen, ada)).toBeUndefined();
  expect(members.size).toBe(2);
  members.clear();
  expect(members.get(kitchen, ben)).toBeUndefined();
  expect(members.size).toBe(0);
});
