import { expect, test } from 'vitest';
import type { OutboxState } from '../live/outbox.ts';
import type { SendEntry } from '../live/outbox-store.ts';
import { draftsOf } from './drafts.ts';
import type { Message } from './timeline.ts';

const entry = (order: number, change: Partial<SendEntry> = {}): SendEntry => ({
  kind: 'send',
  mayRepeat: true,
  order,
  userId: 'user_1',
  roomId: 'room_1',
  roomName: 'Lobby',
  clientKey: `key-${order}`,
  text: `text ${order}`,
  problem: null,
  ...change,
});
const accepted = (order: number) => ({ entry: entry(order), made: { messageId: 'message_1', version: 1 } });
const message = (clientKey: string): Message => ({
  id: `message of ${clientKey}`,
  author: { id: 'user_1', displayName: 'Ada', isBot: false, isDeleted: false, avatarUrl: null },
  text: 'text',
  clientKey,
  sentAt: '2026-01-01T00:00:00Z',
  editedAt: null,
  deletedAt: null,
  version: 1,
});
const seen = (outbox: Partial<OutboxState>, { messages = [] as Message[], isOnline = true } = {}) =>
  draftsOf({
    outbox: { entries: [], accepted: [], trouble: null, isLasting: true, ...outbox },
    roomId: 'room_1',
    messages,
    isOnline,
  });

test('a draft goes when the log brings its message, whether before or after the answer to sending', () => {
  const messages = [message('key-1')];
  expect(seen({ accepted: [accepted(1)] }, { messages })).toEqual([]);
  expect(seen({ entries: [entry(1)] }, { messages })).toEqual([]);
  expect(seen({ accepted: [accepted(1)] })).toMatchObject([{ clientKey: 'key-1', status: 'accepted' }]);
});

test('drafts of other keys stay, in the order of writing, whatever has become of each', () => {
  const outbox = { accepted: [accepted(3)], entries: [entry(4), entry(2, { problem: 'No.' })] };
  const drafts = seen(outbox, { messages: [message('key-1')] });
  expect(drafts.map(({ text, status }) => [text, status])).toEqual([
    ['text 2', 'refused'],
    ['text 3', 'accepted'],
    ['text 4', 'sending'],
  ]);
});

test('those of another room are not shown', () => {
  expect(seen({ entries: [entry(1, { roomId: 'room_2' })] })).toEqual([]);
});

test('what cannot go out waits and says why, and a refused one tells why, in trouble too', () => {
  const entries = [entry(1, { problem: 'No.' }), entry(2)];
  expect(seen({ entries, trouble: 'Too much.' })).toMatchObject([
    { status: 'refused', problem: 'No.' },
    { status: 'waiting', problem: 'Too much.' },
  ]);
  expect(seen({ entries: [entry(2)] }, { isOnline: false })).toMatchObject([
    { status: 'waiting', problem: 'It goes out when the connection is back.' },
  ]);
});
