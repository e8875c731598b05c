import { expect, test } from 'vitest';
import {
  emptyTimeline,
  type Message,
  type Timeline,
  withArrived,
  withChanged,
  withDraft,
  withDraftStatus,
  withNewestPage,
  withOlderPage,
  withoutDraft,
} from './timeline.ts';

const message = (id: string, change: Partial<Message> = {}): Message => ({
  id,
  author: { id: 'user_1', displayName: 'Ada', isBot: false },
  text: `text of ${id}`,
  clientKey: null,
  sentAt: '2026-01-01T00:00:00Z',
  editedAt: null,
  deletedAt: null,
  version: 1,
  ...change,
});
const idsOf = (timeline: Timeline) => timeline.messages.map(({ id }) => id);
const loaded = withNewestPage(emptyTimeline, { messages: [message('c'), message('d')], olderThan: 'page-c' });

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

test('a draft goes when the log brings its message, whether before or after the answer to sending', () => {
  const sent = withDraft(loaded, 'key-1', 'hello');
  const mine = message('e', { clientKey: 'key-1', text: 'hello' });

  const answerFirst = withArrived(withDraftStatus(sent, 'key-1', 'accepted'), mine);
  const eventFirst = withDraftStatus(withArrived(sent, mine), 'key-1', 'accepted');

  for (const timeline of [answerFirst, eventFirst]) {
    expect(timeline.drafts).toEqual([]);
    expect(idsOf(timeline)).toEqual(['c', 'd', 'e']);
  }
});

test('drafts of others` keys stay, in the order of writing', () => {
  const sent = withDraft(withDraft(loaded, 'key-1', 'one'), 'key-2', 'two');
  const timeline = withArrived(sent, message('e', { clientKey: 'key-1' }));
  expect(timeline.drafts.map((draft) => draft.text)).toEqual(['two']);
});

test('starting over from the newest page keeps drafts that it does not hold', () => {
  const sent = withDraft(withDraft(loaded, 'key-1', 'one'), 'key-2', 'two');
  const timeline = withNewestPage(sent, { messages: [message('e', { clientKey: 'key-1' })], olderThan: null });
  expect(timeline.drafts.map((draft) => draft.clientKey)).toEqual(['key-2']);
});

test('a failed draft tells why, can be sent again, and can be discarded', () => {
  const failed = withDraftStatus(withDraft(loaded, 'key-1', 'one'), 'key-1', 'failed', 'No connection.');
  expect(failed.drafts[0]).toMatchObject({ status: 'failed', problem: 'No connection.' });
  expect(withDraftStatus(failed, 'key-1', 'sending').drafts[0]).toMatchObject({ status: 'sending', problem: null });
  expect(withoutDraft(failed, 'key-1').drafts).toEqual([]);
});
