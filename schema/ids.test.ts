import { expect, test } from 'vitest';
import type { RoomId } from '../src/chat/model.ts';
import { decodeId, encodeId, idOf, isStorable } from './ids.ts';

const uuid = '0198c0de-1234-7abc-8def-0123456789ab' as RoomId;
const globalId = 'room_0198c0de12347abc8def0123456789ab';

test('a global id is the kind and the 32 digits of the UUID, and leads back to it', () => {
  expect(encodeId('room', uuid)).toBe(globalId);
  expect(decodeId(globalId)).toEqual({ kind: 'room', id: uuid });
  expect(idOf('room', globalId)).toBe(uuid);
});

test('an id of another kind names nothing', () => {
  expect(idOf('user', globalId)).toBeNull();
});

test.each([
  '',
  'room_',
  uuid,
  `room_${uuid}`,
  globalId.toUpperCase(),
  globalId.replace('c', 'C'),
  globalId.slice(0, -1),
  `${globalId}0`,
  `${globalId}\n`,
  ` ${globalId}`,
  globalId.replace('room', 'passport'),
  globalId.replace('room', 'toString'),
  globalId.replace('0', 'g'),
])('rubbish is no id: %j', (rubbish) => {
  expect(decodeId(rubbish)).toBeNull();
});

test('names that the database could not store are told apart before it is asked', () => {
  expect(['lobby', 'Käse', '🧀'].map(isStorable)).toEqual([true, true, true]);
  expect(['a\0b', '\ud800', 'x\udc00'].map(isStorable)).toEqual([false, false, false]);
});
