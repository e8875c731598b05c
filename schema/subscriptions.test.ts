import { createSourceEventStream, type ExecutionResult, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { StreamPlan } from '../src/hub/plan.ts';
import type { Context, Services } from './context.ts';
import { encodeId } from './ids.ts';
import { schema } from './index.ts';
import { ada, contextOf, faultCodes, room, roomId } from './test-context.ts';

describe('a subscription', () => {
  const readable = { queries: { roomById: async () => room } as unknown as Services['queries'] };

  async function planOf(source: string, context: Context): Promise<StreamPlan | string[]> {
    const stream = await createSourceEventStream({ schema, document: parse(source), contextValue: context });
    return stream instanceof StreamPlan ? stream : faultCodes((stream as ExecutionResult).errors);
  }

  test('is a plan for the hub once arguments and rights are checked', async () => {
    const plan = await planOf(
      `subscription { messages(roomId: "${roomId}", last: 5) { cursor } }`,
      contextOf({ services: readable }),
    );
    expect(plan).toEqual(
      new StreamPlan({ kind: 'room', roomId: room.id, viewerId: ada.id, isPrivate: false }, { kind: 'last', count: 5 }),
    );
  });

  test.each([
    ['BAD_USER_INPUT', `messages(roomId: "${roomId}", last: 5, after: "log_x") { cursor }`],
    ['BAD_USER_INPUT', `messages(roomId: "${roomId}", last: 0) { cursor }`],
    ['BAD_USER_INPUT', `messages(roomId: "${roomId}", last: 101) { cursor }`],
    ['CURSOR_INVALID', `messages(roomId: "${roomId}", after: "page_x") { cursor }`],
    ['CURSOR_INVALID', `events(after: "log_x") { cursor }`],
    ['NOT_FOUND', 'messages(roomId: "room_x") { cursor }'],
    ['NOT_FOUND', `typing(roomId: "${encodeId('user', ada.id)}") { count }`],
    ['NOT_FOUND', `presence(roomId: "${encodeId('user', ada.id)}") { count }`],
    ['NOT_FOUND', 'events(filter: { roomIds: ["rubbish"] }) { cursor }'],
    ['NOT_FOUND', `events(filter: { actorIds: ["${roomId}"] }) { cursor }`],
  ])('is refused with %s: %s', async (code, field) => {
    expect(await planOf(`subscription { ${field} }`, contextOf({ services: readable }))).toEqual([code]);
  });

  test('to a room that the viewer cannot see is refused like one to a room that is not there', async () => {
    const unseen = { queries: { roomById: async () => null } as unknown as Services['queries'] };
    const source = `subscription { messages(roomId: "${roomId}") { cursor } }`;
    expect(await planOf(source, contextOf({ services: unseen }))).toEqual(['NOT_FOUND']);
  });

  test('with a filter of more than 100 rooms is refused', async () => {
    const source = `subscription { events(filter: { roomIds: [${`"${roomId}" `.repeat(101)}] }) { cursor } }`;
    expect(await planOf(source, contextOf({ services: readable }))).toEqual(['BAD_USER_INPUT']);
  });
});
