import { describe, expect, test } from 'vitest';
import type { Outcome } from '../src/chat/contract.ts';
import type { Message } from '../src/chat/model.ts';
import { refuse } from '../src/chat/refusal.ts';
import type { Context, Services } from './context.ts';
import { encodeId } from './ids.ts';
import { ada, at, contextOf, cursors, faultCodes, mark, message, roomId, run, viewer } from './test-context.ts';

describe('a mutation', () => {
  const send = `mutation { sendMessage(input: { roomId: "${roomId}", text: "Hello" }) {
    message { id room { name } } cursor replayed errors { __typename code path ... on RateLimited { bucket retryAfterMs } ... on VersionConflict { currentVersion } }
  } }`;

  function sending(outcome: Outcome<Message>, given: Partial<Context> = {}): Context {
    const commands = { sendMessage: async () => outcome } as unknown as Services['commands'];
    return contextOf({ ...given, services: { commands } });
  }

  test('answers after its commit was told to the operation, with the cursor of its event', async () => {
    const heads: unknown[] = [];
    const accepted = { entity: message, mark, head: { position: 4, tag: 8 }, replayed: false };
    const context = sending(accepted, { committed: async (head) => void heads.push(head) });
    const { data, errors } = await run(send, context);
    expect(errors).toBeUndefined();
    expect(heads).toEqual([accepted.head]);
    expect(data?.sendMessage).toEqual({
      message: { id: encodeId('message', message.id), room: { name: 'Lobby' } },
      cursor: cursors.encode(mark),
      replayed: false,
      errors: [],
    });
  });

  const refused = { message: null, cursor: null, replayed: false };

  test('gives a refusal as it is, typed', async () => {
    const { data } = await run(send, sending(refuse('TEXT_EMPTY', 'nothing', ['input', 'text'])));
    const error = { __typename: 'InputRefused', code: 'TEXT_EMPTY', path: ['input', 'text'] };
    expect(data?.sendMessage).toEqual({ ...refused, errors: [error] });
  });

  test('over its rate is refused before anything is done', async () => {
    const context = contextOf({ spend: async (bucket) => (bucket === 'sends' ? 250 : null) });
    const { data } = await run(send, context);
    const error = { __typename: 'RateLimited', code: 'RATE_LIMITED', path: null, bucket: 'sends', retryAfterMs: 250 };
    expect(data?.sendMessage).toEqual({ ...refused, errors: [error] });
  });

  test.each(['rubbish', encodeId('user', ada.id)])('refuses the id %s with the path of its field', async (bad) => {
    const { data } = await run(send.replace(roomId, bad), contextOf({}));
    const error = { __typename: 'InputRefused', code: 'NOT_FOUND', path: ['input', 'roomId'] };
    expect(data?.sendMessage).toEqual({ ...refused, errors: [error] });
  });

  test('that refuses with a code which it did not declare is a bug', async () => {
    const { errors } = await run(send, sending(refuse('SLUG_TAKEN', 'taken')));
    expect(faultCodes(errors)).toEqual(['INTERNAL']);
  });

  test('tells the current version in a conflict', async () => {
    const conflict = refuse('VERSION_CONFLICT', 'changed', ['input', 'expectedVersion'], { currentVersion: 3 });
    const commands = { editMessage: async () => conflict } as unknown as Services['commands'];
    const source = `mutation { editMessage(input: { messageId: "${encodeId('message', message.id)}", text: "x", expectedVersion: 1 }) {
      errors { __typename ... on VersionConflict { currentVersion } } } }`;
    const { data } = await run(source, contextOf({ services: { commands } }));
    expect(data?.editMessage).toEqual({ errors: [{ __typename: 'VersionConflict', currentVersion: 3 }] });
  });
});

describe('entering as a guest', () => {
  const enter = (
    credential: string,
  ) => `mutation { enterAsGuest(input: { displayName: "Ada", credential: ${credential} }) {
    viewer { user { displayName } } token expiresAt errors { code path } } }`;
  const accounts = {
    enterAsGuest: async () => ({ viewer, token: 'secret', expiresAt: at, head: null }),
  } as unknown as Services['accounts'];

  test('gives a token to programs', async () => {
    const { data } = await run(enter('TOKEN'), contextOf({ viewer: null, services: { accounts } }));
    expect(data?.enterAsGuest).toMatchObject({ viewer: { user: { displayName: 'Ada' } }, token: 'secret', errors: [] });
  });

  test('sets the cookie instead of showing the token where asked to', async () => {
    const set: unknown[] = [];
    const setCookie = (...cookie: unknown[]) => void set.push(cookie);
    const { data } = await run(enter('COOKIE'), contextOf({ viewer: null, setCookie, services: { accounts } }));
    expect(data?.enterAsGuest).toMatchObject({ token: null, expiresAt: at.toISOString(), errors: [] });
    expect(set).toEqual([['secret', at]]);
  });

  test('by cookie is refused where the transport has none, and makes nobody', async () => {
    const { data } = await run(enter('COOKIE'), contextOf({ viewer: null }));
    const errors = [{ code: 'COOKIE_UNAVAILABLE', path: ['input', 'credential'] }];
    expect(data?.enterAsGuest).toEqual({ viewer: null, token: null, expiresAt: null, errors });
  });
});
