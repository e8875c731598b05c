import { expect, test } from 'vitest';
import type { Member, RoomId, UserId } from './model.ts';
import { Reading } from './reading.ts';
import { readsOf, rowsOf } from './row-source.ts';

const roomId = 'kitchen' as RoomId;
const ids = Array.from({ length: 50 }, (_, n) => `person ${n}` as UserId);

/** A database in which everybody has the role of the moment. */
function database() {
  const statements: string[] = [];
  const state = { role: 'MEMBER', failure: null as Error | null };
  const query = async <Row>(sql: string, [rooms, users]: readonly unknown[] = []) => {
    statements.push(sql);
    const { role, failure } = state;
    await new Promise((resolve) => setImmediate(resolve));
    if (failure) throw failure;
    return (users as UserId[]).map(
      (userId, n) => ({ roomId: (rooms as RoomId[])[n], userId, role }) as Partial<Member> as Row,
    );
  };
  const source = { query };
  const rows = rowsOf(readsOf(source));
  const rolesOfAll = () =>
    Promise.all(
      ids.map(async (userId) => (await new Reading(source, { rows }).memberships.load({ roomId, userId }))?.role),
    );
  return { statements, state, rolesOfAll };
}

test('what many executions ask for in one turn is read in one statement', async () => {
  const { statements, rolesOfAll } = database();
  expect(new Set(await rolesOfAll())).toEqual(new Set(['MEMBER']));
  expect(statements).toHaveLength(1);
});

test('who asks once a read has begun sees what is true then', async () => {
  const { statements, state, rolesOfAll } = database();
  const before = rolesOfAll();
  while (statements.length === 0) await new Promise((resolve) => process.nextTick(resolve));
  state.role = 'OWNER';
  const after = rolesOfAll();
  expect(new Set(await before)).toEqual(new Set(['MEMBER']));
  expect(new Set(await after)).toEqual(new Set(['OWNER']));
  expect(statements).toHaveLength(2);
});

test('a read that fails is told to all who asked, and not kept', async () => {
  const { state, rolesOfAll } = database();
  state.failure = new Error('away');
  await expect(rolesOfAll()).rejects.toThrow('away');
  state.failure = null;
  expect(new Set(await rolesOfAll())).toEqual(new Set(['MEMBER']));
});
