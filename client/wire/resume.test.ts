import type { FormattedExecutionResult, Sink, SubscribePayload } from 'graphql-ws';
import { expect, test } from 'vitest';
import { cursorOf, resumeVariables, subscribeResuming } from './resume.ts';

test('the cursor of an item is found in its root field, and null where there is none', () => {
  expect(cursorOf({ messages: { kind: 'SENT', cursor: 'c1' } })).toBe('c1');
  expect(cursorOf({ typing: { count: 0 } })).toBeNull();
  expect(cursorOf({ messages: null })).toBeNull();
  expect(cursorOf(null)).toBeNull();
});

test('going on after a cursor replaces `after` and takes back `last`, which the server refuses beside it', () => {
  const query = 'subscription S($last: Int = 5, $after: Cursor) { messages { cursor } }';
  expect(resumeVariables(query, { roomId: 'r', last: 5 }, 'c2')).toEqual({ roomId: 'r', last: null, after: 'c2' });
});

test('a document without $after gets no variable that it does not declare', () => {
  expect(resumeVariables('subscription { typing { count } }', { roomId: 'r' }, 'c2')).toEqual({ roomId: 'r' });
});

test('the payload that a reconnect sends again carries the newest cursor seen, and the caller`s object stays untouched', () => {
  type TheSink = Sink<FormattedExecutionResult<Record<string, unknown>, unknown>>;
  let sent: SubscribePayload | undefined;
  let serverSide: TheSink | undefined;
  const client = {
    subscribe(payload: SubscribePayload, sink: unknown) {
      sent = payload;
      serverSide = sink as TheSink;
      return () => {};
    },
  };
  const request = { query: 'subscription S($after: Cursor) { messages { cursor } }', variables: { after: 'c0' } };
  const seen: unknown[] = [];
  subscribeResuming(client, request, { next: (item) => seen.push(item.data), error() {}, complete() {} });

  serverSide?.next({ data: { messages: { cursor: 'c1' } } });
  serverSide?.next({ data: { messages: { cursor: 'c2' } } });

  expect(sent?.variables).toEqual({ after: 'c2' });
  expect(request.variables).toEqual({ after: 'c0' });
  expect(seen).toHaveLength(2);
});
