import { expect, test } from 'vitest';
import { beginsWithOlder, cursorOf, resumeVariables } from './resume.ts';

test('the cursor of an item is found in its root field, and null where there is none', () => {
  expect(cursorOf({ messages: { kind: 'SENT', cursor: 'c1' } })).toBe('c1');
  expect(cursorOf({ __typename: 'Subscription', messages: { cursor: 'c1' } })).toBe('c1');
  expect(cursorOf({ typing: { count: 0 } })).toBeNull();
  expect(cursorOf({ messages: null })).toBeNull();
  expect(cursorOf(null)).toBeNull();
});

test('going on after a cursor replaces `after` and takes back `last`, which the server refuses beside it', () => {
  const query = 'subscription S($last: Int = 5, $after: Cursor) { messages { cursor } }';
  expect(resumeVariables(query, { roomId: 'r', last: 5 }, 'c2')).toEqual({ roomId: 'r', last: null, after: 'c2' });
});

test('a document without $after gets no variable that it does not declare', () => {
  expect(resumeVariables('subscription { typing { count } }', { roomId: 'r' }, 'c2')).toEqual({ roomId: 'r' });
});

test('a stream begins with older messages where `last` has a value, given or by default, and `after` has none', () => {
  const byDefault = 'subscription S($last: Int = 5, $after: Cursor) { messages { cursor } }';
  const given = 'subscription S($last: Int, $after: Cursor) { messages { cursor } }';
  expect(beginsWithOlder(byDefault, {})).toBe(true);
  expect(beginsWithOlder(byDefault, { last: null })).toBe(false);
  expect(beginsWithOlder(given, {})).toBe(false);
  expect(beginsWithOlder(given, { last: 3 })).toBe(true);
  expect(beginsWithOlder(given, { last: 3, after: 'c' })).toBe(false);
});
