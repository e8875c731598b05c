import { expect, test } from 'vitest';
import { Outbox } from './outbox.ts';
import type { Outcome } from './outbox-order.ts';
import { type OutboxEntry, passingStore } from './outbox-store.ts';

const accepted: Outcome = { kind: 'accepted', made: { messageId: 'message_1', version: 1 } };
const later: Outcome = { kind: 'later', problem: 'Away.', waitMs: 0 };

/** An outbox whose sends are answered by `answer`, and whose waiting ends when `retryNow` is called. */
function outboxWith(
  answer: (entry: OutboxEntry) => Outcome | Promise<Outcome>,
  { userId = 'user_1', store = passingStore() } = {},
) {
  const tried: string[] = [];
  let retryNow = () => {};
  let others = 0;
  const outbox = new Outbox({
    userId,
    openStore: async () => store,
    send: async (entry) => {
      tried.push(entry.text);
      return answer(entry);
    },
    onOtherPerson: () => {
      others += 1;
    },
    clock: {
      now: () => 0,
      later(_ms, callback) {
        retryNow = callback;
        return () => {};
      },
    },
  });
  const put = (text: string) => outbox.put({ roomId: 'room_1', roomName: 'Lobby', text });
  return { outbox, put, tried, store, retryNow: () => retryNow(), others: () => others };
}

test('messages go out one after another in the order of writing, and are gone when the server has them', async () => {
  const { put, tried, store } = outboxWith(() => accepted);
  await Promise.all(['one', 'two', 'three'].map(put));
  await expect.poll(() => store.entriesOf('user_1')).toEqual([]);
  expect(tried).toEqual(['one', 'two', 'three']);
});

test('one that cannot go out now holds up those behind it, and goes first when the server is back, under its key', async () => {
  let isAway = true;
  const keys: string[] = [];
  const { put, tried, store, retryNow, outbox } = outboxWith(({ clientKey }) => {
    keys.push(clientKey);
    return isAway ? later : accepted;
  });
  await put('one');
  await put('two');
  await expect.poll(() => outbox.store.get().trouble).toBe('Away.');
  expect(new Set(tried)).toEqual(new Set(['one']));
  isAway = false;
  tried.length = 0;
  retryNow();
  await expect.poll(() => store.entriesOf('user_1')).toEqual([]);
  expect(tried).toEqual(['one', 'two']);
  expect(new Set(keys).size).toBe(2);
  expect(outbox.store.get().trouble).toBeNull();
});

test('a refused one stands aside until it is sent again or thrown away', async () => {
  let refuses = true;
  const { put, store, outbox } = outboxWith(({ text }) =>
    text === 'bad' && refuses ? { kind: 'refused', problem: 'No.' } : accepted,
  );
  await put('bad');
  await put('good');
  await expect.poll(async () => (await store.entriesOf('user_1')).map(({ text }) => text)).toEqual(['bad']);
  const [entry] = await store.entriesOf('user_1');
  expect(entry?.problem).toBe('No.');
  refuses = false;
  await outbox.retry(entry?.order ?? 0);
  await expect.poll(() => store.entriesOf('user_1')).toEqual([]);
});

test('what one person wrote is not sent by the outbox of another, nor when the cookie is found to be of another', async () => {
  const { put, store, others, tried } = outboxWith(() => ({ kind: 'not as this person' }));
  await put('mine');
  await expect.poll(others).toBeGreaterThan(0);
  const other = outboxWith(() => accepted, { userId: 'user_2', store });
  await other.put('of another');
  await expect.poll(() => other.tried).toEqual(['of another']);
  expect((await store.entriesOf('user_1')).map(({ text }) => text)).toEqual(['mine']);
  expect(new Set(tried)).toEqual(new Set(['mine']));
});

const target = { roomId: 'room_1', roomName: 'Lobby', sendKey: null };

test('what changes a message that is not sent goes out behind it, under its new id and version, and each edit on top of the one before', async () => {
  const changes: unknown[] = [];
  let isAway = true;
  const { put, outbox, store, retryNow } = outboxWith((entry) => {
    if (isAway) return later;
    if (entry.kind === 'send') return { kind: 'accepted', made: { messageId: 'message_7', version: 1 } };
    const version = entry.kind === 'edit' ? (entry.expectedVersion ?? 0) + 1 : 4;
    changes.push([entry.kind, entry.messageId, entry.kind === 'edit' ? entry.expectedVersion : null]);
    return { kind: 'accepted', made: { messageId: 'message_7', version } };
  });
  await put('one');
  const [{ clientKey: sendKey } = { clientKey: '' }] = await store.entriesOf('user_1');
  const unsent = { ...target, messageId: null, sendKey };
  await outbox.edit({ ...unsent, text: 'two', expectedVersion: null });
  await outbox.edit({ ...unsent, text: 'three', expectedVersion: null });
  await outbox.delete({ ...unsent, text: 'three' });
  await expect.poll(() => outbox.store.get().trouble).toBe('Away.');
  isAway = false;
  retryNow();
  await expect.poll(() => store.entriesOf('user_1')).toEqual([]);
  expect(changes).toEqual([
    ['edit', 'message_7', 1],
    ['edit', 'message_7', 2],
    ['delete', 'message_7', null],
  ]);
});

test('an edit that met a newer version keeps its text, and goes over that one under another key when it is said so', async () => {
  const asked: [string, number | null][] = [];
  const { outbox, store } = outboxWith((entry) => {
    if (entry.kind !== 'edit') return accepted;
    asked.push([entry.clientKey, entry.expectedVersion]);
    if (entry.expectedVersion === 1) return { kind: 'refused', problem: 'Changed.', currentVersion: 5 };
    return { kind: 'accepted', made: { messageId: 'message_1', version: 6 } };
  });
  await outbox.edit({ ...target, messageId: 'message_1', text: 'mine', expectedVersion: 1 });
  await expect.poll(async () => (await store.entriesOf('user_1'))[0]?.problem).toBe('Changed.');
  const [kept] = await store.entriesOf('user_1');
  expect(kept).toMatchObject({ text: 'mine', mayRepeat: true });
  await outbox.retry(kept?.order ?? 0);
  await expect.poll(() => store.entriesOf('user_1')).toEqual([]);
  expect(asked.map(([, version]) => version)).toEqual([1, 5]);
  expect(new Set(asked.map(([key]) => key)).size).toBe(2);
});

test('who throws a message away throws away what would have changed it; a change without its message is refused', async () => {
  const { put, outbox, store } = outboxWith(({ kind }) =>
    kind === 'send' ? { kind: 'refused', problem: 'No.' } : accepted,
  );
  await put('one');
  await expect.poll(async () => (await store.entriesOf('user_1'))[0]?.problem).toBe('No.');
  const [sent] = await store.entriesOf('user_1');
  const unsent = { ...target, messageId: null, sendKey: sent?.clientKey ?? '' };
  await outbox.edit({ ...unsent, text: 'two', expectedVersion: null });
  expect((await store.entriesOf('user_1')).map(({ problem }) => problem)).toEqual(['No.', null]);
  await outbox.discard(sent?.order ?? 0);
  expect(await store.entriesOf('user_1')).toEqual([]);
  await outbox.edit({ ...unsent, text: 'three', expectedVersion: null });
  await expect
    .poll(async () => (await store.entriesOf('user_1'))[0]?.problem)
    .toBe('The message is not there any more.');
});

test('an accepted change is shown until the log brings its version, or a newer one', async () => {
  const { outbox } = outboxWith(() => ({ kind: 'accepted', made: { messageId: 'message_1', version: 3 } }));
  await outbox.edit({ ...target, messageId: 'message_1', text: 'mine', expectedVersion: 2 });
  await expect.poll(() => outbox.store.get().accepted).toHaveLength(1);
  outbox.arrived([{ id: 'message_1', clientKey: null, version: 2 }]);
  outbox.arrived([{ id: 'message_2', clientKey: null, version: 9 }]);
  expect(outbox.store.get().accepted).toHaveLength(1);
  outbox.arrived([{ id: 'message_1', clientKey: null, version: 3 }]);
  expect(outbox.store.get().accepted).toEqual([]);
});
