import { expect, test } from 'vitest';
import { Outbox, type Outcome } from './outbox.ts';
import { type OutboxEntry, passingStore } from './outbox-store.ts';

const accepted: Outcome = { kind: 'accepted' };
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
