import { complexityFromQuery } from '@pothos/plugin-complexity';
import { describe, expect, test } from 'vitest';
import { Fault } from '../src/observe/fault.ts';
import type { Services } from './context.ts';
import { encodeId } from './ids.ts';
import { schema } from './index.ts';
import { ada, contextOf, faultCodes, room, roomId, run } from './test-context.ts';

describe('nodes', () => {
  test('are null alike for rubbish, for unknown types and for what the viewer cannot see', async () => {
    const services = { queries: { roomById: async () => null } as unknown as Services['queries'] };
    const ids = JSON.stringify(['', 'rubbish', roomId.toUpperCase(), roomId.replace('room', 'session'), roomId]);
    const { data, errors } = await run(`{ nodes(ids: ${ids}) { id } }`, contextOf({ services }));
    expect(errors).toBeUndefined();
    expect(data?.nodes).toEqual([null, null, null, null, null]);
  });

  test('are of the type of their row', async () => {
    const services = {
      queries: { roomById: async () => room, userById: async () => ada } as unknown as Services['queries'],
    };
    const ids = JSON.stringify([roomId, encodeId('user', ada.id)]);
    const { data } = await run(`{ nodes(ids: ${ids}) { __typename id } }`, contextOf({ services }));
    expect(data?.nodes).toEqual([
      { __typename: 'Room', id: roomId },
      { __typename: 'User', id: encodeId('user', ada.id) },
    ]);
  });

  test('are at most 100 at once', async () => {
    const { errors } = await run(`{ nodes(ids: [${`"${roomId}" `.repeat(101)}]) { id } }`, contextOf({}));
    expect(faultCodes(errors)).toEqual(['BAD_USER_INPUT']);
    expect(errors?.[0]?.message).toContain('ids');
  });
});

describe('the cost of an operation', () => {
  test.each([
    ['{ server { version } }', 2],
    ['{ rooms(first: 100) { nodes { id } } }', 1 + 100 * 2],
    ['{ rooms { edges { node { id } } } }', 1 + 50 * 3],
    ['{ rooms(first: 2147483647) { nodes { id } } }', 1 + 100 * 2],
    ['{ rooms(first: 10) { nodes { messages(last: 20) { nodes { id } } } } }', 1 + 10 * (1 + (1 + 20 * 2))],
    ['{ events(first: 10) { nodes { cursor } } }', 1 + 10 * 2],
    ['{ nodes(ids: ["a", "b", "c"]) { id } }', 1 + 3],
  ])('grows with the pages that it is in: %s', (source, cost) => {
    expect(complexityFromQuery(source, { schema, variables: {}, ctx: {} }).complexity).toBe(cost);
  });

  test('of too many ids is never reckoned: the fault comes out of the reckoning', () => {
    const source = `{ nodes(ids: [${'"a" '.repeat(101)}]) { id } }`;
    expect(() => complexityFromQuery(source, { schema, variables: {}, ctx: {} })).toThrow(Fault);
  });
});
