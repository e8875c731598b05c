import { expect, test } from 'vitest';
import { newId } from './id.ts';

test('ids are UUIDs of version 7, of now, all different, and sort in the order of making', () => {
  const before = Date.now();
  const ids = Array.from({ length: 50_000 }, newId);
  const after = Date.now();
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const times = ids.map((id) => Number.parseInt(id.replace('-', '').slice(0, 12), 16));
  expect(times[0]).toBeGreaterThanOrEqual(before);
  expect(times.at(-1)).toBeLessThanOrEqual(after);
  expect(ids).toEqual([...new Set(ids)].sort());
});
