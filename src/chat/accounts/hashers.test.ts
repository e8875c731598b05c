import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { Hashers } from './hashers.ts';

test('[U3] hashes in threads of its own, and says what is wrong with a hash that is none', async () => {
  await using hashers = new Hashers();
  const hashes = await Promise.all(
    Array.from({ length: 2 * availableParallelism() }, () => hashers.hash('five otters')),
  );
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(await hashers.verify(hashes[0] as string, 'five otters')).toBe(true);
  await expect(hashers.verify('no hash', 'five otters')).rejects.toThrow();
  expect(await hashers.verify(hashes[1] as string, 'six otters')).toBe(false);
});

test('[U3] a thread that ends fails what it was at, and another one takes its place', async () => {
  await using hashers = new Hashers();
  const hash = await hashers.hash('five otters');
  const underWay = hashers.verify(hash, 'five otters');
  await Promise.all([hashers[Symbol.asyncDispose](), expect(underWay).rejects.toThrow('has ended')]);
  expect(await hashers.verify(hash, 'five otters')).toBe(true);
});
