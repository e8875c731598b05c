import { expect, test } from 'vitest';
import type { UserId } from '../model.ts';
import { createSessionMaker } from './new-session.ts';

const DAY_MS = 86_400_000;
const maker = createSessionMaker({
  clock: () => 0,
  newId: () => 'id',
  newToken: () => 'token',
  guestDays: 30,
  memberDays: 90,
});
const ann = { id: 'ann' as UserId, isGuest: true };

test.each([
  ['Firefox', 'Firefox'],
  ['two\r\nlines\tand\0more', 'two lines and more'],
  ['\u202eright to left', 'right to left'],
  ['x'.repeat(1_000), 'x'.repeat(250)],
  ['🦦'.repeat(1_000), '🦦'.repeat(250)],
  ['lone \ud800', 'lone \ufffd'],
  [' \t ', null],
  [null, null],
])('of the program that signs in %j is kept as %j', (userAgent, kept) => {
  const { session } = maker.make(ann, { userAgent, address: '127.0.0.1' });
  expect(session).toMatchObject({ userAgent: kept, address: '127.0.0.1' });
});

test('a member stays signed in for longer than a guest, and the row does not hold the token', () => {
  const origin = { userAgent: null, address: null };
  const { session, token } = maker.make(ann, origin);
  expect(session.expiresAt.getTime()).toBe(30 * DAY_MS);
  expect(maker.make({ ...ann, isGuest: false }, origin).session.expiresAt.getTime()).toBe(90 * DAY_MS);
  expect(token).toBe('token');
  expect(Object.values(session)).not.toContain('token');
});
