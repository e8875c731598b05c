import { expect, test } from 'vitest';
import { nothingReceived, type Received, withReceived } from './received.ts';

test('the newest item stands first, and the oldest ones give way at fifty', () => {
  let received: Received<number> = nothingReceived;
  for (let item = 1; item <= 60; item += 1) received = withReceived(received, item);
  expect(received.received).toBe(60);
  expect(received.newestFirst).toEqual(Array.from({ length: 50 }, (_, index) => 60 - index));
});
