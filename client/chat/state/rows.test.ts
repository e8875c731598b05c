import { expect, test } from 'vitest';
import { rowsOf } from './rows.ts';
import type { Message } from './timeline.ts';

const message = (id: string, sentAt: Date, authorId = 'user_1'): Message => ({
  id,
  author: { id: authorId, displayName: authorId, isBot: false, isDeleted: false, avatarUrl: null },
  text: id,
  clientKey: null,
  sentAt: sentAt.toISOString(),
  editedAt: null,
  deletedAt: null,
  version: 1,
});

test('each day begins with a separator', () => {
  const rows = rowsOf([
    message('a', new Date(2026, 0, 1, 12)),
    message('b', new Date(2026, 0, 1, 23, 59)),
    message('c', new Date(2026, 0, 2, 0, 1)),
  ]);
  expect(rows.map((row) => row.kind)).toEqual(['day', 'message', 'message', 'day', 'message']);
});

test('a message soon after one by the same author continues it, on the same day only', () => {
  const rows = rowsOf([
    message('a', new Date(2026, 0, 1, 23, 50)),
    message('b', new Date(2026, 0, 1, 23, 52)),
    message('c', new Date(2026, 0, 1, 23, 53), 'user_2'),
    message('d', new Date(2026, 0, 1, 23, 59), 'user_2'),
    message('e', new Date(2026, 0, 2, 0, 1), 'user_2'),
  ]);
  const continued = rows.flatMap((row) => (row.kind === 'message' && row.isContinued ? [row.message.id] : []));
  expect(continued).toEqual(['b']);
});
