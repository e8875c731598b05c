import { expect, test } from 'vitest';
import { type Message, type Timeline, withArrived, withChanged, withOlderPage } from './timeline.ts';

const message = (id: string, change: Partial<Message> = {}): Message => ({
  id,
  author: { id: 'user_1', displayName: 'Ada', isBot: false, isDeleted: false, avatarUrl: null },
  text: `text of ${id}`,
  clientKey: null,
  sentAt: '2026-01-01T00:00:00Z',
  editedAt: null,
  deletedAt: null,
  version: 1,
  ...change,
});
const idsOf = (timeline: Timeline) => timeline.messages.map(({ id }) => id);
const loaded: Timeline = { messages: [message('c'), message('d')], olderThan: 'page-c' };

test('messages stand in the order in which the log brings them, not in the order of their ids', () => {
  const timeline = withArrived(withArrived(loaded, message('z')), message('a'));
  expect(idsOf(timeline)).toEqual(['c', 'd', 'z', 'a']);
});

test('a message that comes twice is there once', () => {
  const timeline = withArrived(withArrived(loaded, message('e')), message('e'));
  expect(idsOf(timeline)).toEqual(['c', 'd', 'e']);
  expect(idsOf(withArrived(loaded, message('d')))).toEqual(['c', 'd']);
});

test('an older page goes in front, and what it shares with the timeline stays once', () => {
  const timeline = withOlderPage(loaded, { messages: [message('a'), message('b'), message('c')], olderThan: null });
  expect(idsOf(timeline)).toEqual(['a', 'b', 'c', 'd']);
  expect(timeline.olderThan).toBeNull();
});

test('a change replaces an older version, and never a newer one', () => {
  const edited = withChanged(loaded, message('c', { text: 'new', version: 2 }));
  expect(edited.messages[0]?.text).toBe('new');
  expect(withChanged(edited, message('c', { text: 'late', version: 1 })).messages[0]?.text).toBe('new');
  expect(withArrived(edited, message('c')).messages[0]?.text).toBe('new');
});

test('a change of a message that is not loaded leaves the timeline as it is', () => {
  expect(withChanged(loaded, message('old', { version: 2 }))).toBe(loaded);
});
