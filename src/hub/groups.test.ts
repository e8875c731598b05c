import { expect, test } from 'vitest';
import { silentLog } from '../observe/log.ts';
import { Groups } from './groups.ts';
import { Ring } from './ring.ts';

test('[E4] a viewer is in so many different groups at most; the same again costs nothing, and who leaves may come back', () => {
  const ring = new Ring(0, { subjectsOf: () => [], changedSubjectOf: () => null });
  const groups = new Groups({ ring, log: silentLog, perViewer: 2 });
  const spec = (key: string) => ({ key, execute: async () => '' });
  const a = groups.join(spec('a'), 'ann');
  const b = groups.join(spec('b'), 'ann');
  expect(groups.join(spec('a'), 'ann')).toBe(a);
  expect(() => groups.join(spec('c'), 'ann')).toThrow('TOO_MANY_SUBSCRIPTIONS');
  const c = groups.join(spec('c'), 'bob');
  expect(groups.size).toBe(3);

  groups.leave(a, 'ann');
  expect(() => groups.join(spec('c'), 'ann')).toThrow('TOO_MANY_SUBSCRIPTIONS');
  groups.leave(a, 'ann');
  expect(groups.join(spec('c'), 'ann')).toBe(c);
  for (const group of [b, c]) groups.leave(group, 'ann');
  groups.leave(c, 'bob');
  expect(groups.size).toBe(0);
});
