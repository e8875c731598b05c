import { expect, test } from 'vitest';
import { initialsOf, tintOf } from './initials.ts';

test.each([
  ['Ada Otter', 'AO'],
  ['  ada   augusta  otter ', 'AO'],
  ['ada', 'A'],
  ['(Ada) Otter', 'AO'],
  ['Guest 17', 'G1'],
  ['👩‍🚀 Ada', '👩‍🚀'],
  ['Ada 🦦', 'A'],
  ['éa', 'É'],
  ['李小龍', '李'],
  ['***', '*'],
  ['   ', ''],
])('%s is shown as %s', (name, initials) => {
  expect(initialsOf(name)).toBe(initials);
});

test('a person keeps their colour, and people have different ones', () => {
  const ids = Array.from({ length: 64 }, (_, n) => `user_${(n * 7_919).toString(16).padStart(32, '0')}`);
  expect(ids.map(tintOf)).toEqual(ids.map(tintOf));
  expect(new Set(ids.map(tintOf))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7]));
});
