import { expect, test } from 'vitest';
import { createRates } from './rates.ts';

test('[U5] what is tried is counted by no more of its name than an account can have, however long it comes', async () => {
  const rates = createRates({ passwords: { count: 1, windowMs: 60_000 } } as never);
  const tryAt = (account: string) => rates.spend('passwords', { userId: null, address: '127.0.0.1', account });
  expect(await tryAt(`${'a'.repeat(64)}b`)).toBeNull();
  expect(await tryAt(`${'a'.repeat(64)}c`)).toBeGreaterThan(0);
  expect(await tryAt('a'.repeat(30))).toBeNull();
});
