import { describe, expect, test } from 'vitest';
import type { EventBodies, EventKind } from '../src/chat/events.ts';
import type { StreamItem } from '../src/hub/contract.ts';
import type { Context, Services } from './context.ts';
import { ada, at, contextOf, cursors, mark, member, message, room, roomId, run, viewer } from './test-context.ts';

const bodies: { [Kind in EventKind]: EventBodies[Kind] } = {
  ROOM_CREATED: { roomId: room.id, isPrivate: false, version: 1 },
  ROOM_UPDATED: { roomId: room.id, version: 2 },
  MEMBER_JOINED: { roomId: room.id, isPrivate: false, userId: ada.id, memberId: member.id, role: 'OWNER' },
  MEMBER_LEFT: { roomId: room.id, userId: ada.id, memberId: member.id, reason: 'LEFT' },
  MEMBER_UPDATED: { roomId: room.id, userId: ada.id, memberId: member.id, role: 'OWNER' },
  MESSAGE_SENT: { roomId: room.id, messageId: message.id, version: 1 },
  MESSAGE_EDITED: { roomId: room.id, messageId: message.id, version: 2 },
  MESSAGE_DELETED: { roomId: room.id, messageId: message.id, version: 3, authorId: ada.id },
  MEMBERSHIP_ENDED: { roomId: room.id, memberId: member.id, reason: 'REMOVED' },
  USER_UPDATED: { userId: ada.id },
  CREDENTIALS_ENDED: { sessionIds: [viewer.credentialId], reason: 'REVOKED' },
};

function eventItem(kind: EventKind): StreamItem {
  const audience = { kind: 'room', roomId: room.id } as const;
  return {
    kind: 'event',
    event: { ...mark, kind, audience, body: bodies[kind], actorId: ada.id, roomSeq: 1, at },
    rows: null,
  };
}

const checkpoint: StreamItem = { kind: 'checkpoint', mark, at, isCaughtUp: true };
const ended: StreamItem = { kind: 'end', mark, at, end: { code: 'SIGNED_OUT', message: 'bye' } };

describe('a shared execution', () => {
  /** As the hub's: whoever looks for the viewer is thrown out. */
  function sharedContext(): Context {
    return Object.defineProperty(contextOf({ services: { queries: {} as Services['queries'] } }), 'viewer', {
      get: () => {
        throw new Error('a shared execution has no viewer');
      },
    });
  }

  const user = '{ id handle displayName isGuest isBot }';
  const itsRoom = '{ id slug name topic }';
  const itsMember = `{ id user ${user} role joinedAt leftAt }`;
  const itsMessage = `{ ... on Node { id } room ${itsRoom} author ${user} text clientKey sentAt editedAt deletedAt version }`;
  const events = `subscription { events {
    __typename cursor at room ${itsRoom} actor ${user}
    ... on RoomUpdated { version }
    ... on MemberJoined { member ${itsMember} }
    ... on MemberLeft { member ${itsMember} reason }
    ... on MemberUpdated { member ${itsMember} role }
    ... on MessageSent { message ${itsMessage} }
    ... on MessageEdited { message ${itsMessage} version }
    ... on MessageDeleted { message ${itsMessage} version }
    ... on MembershipEnded { roomId reason }
    ... on UserUpdated { user ${user} }
    ... on CredentialsEnded { sessionIds endReason }
    ... on Checkpoint { isCaughtUp }
    ... on StreamEnded { end { code message } }
  } }`;
  const messages = `subscription { messages(roomId: "${roomId}") {
    kind cursor isCaughtUp message ${itsMessage} end { code message }
  } }`;

  test.each(Object.keys(bodies) as EventKind[])('of events gives %s without looking for the viewer', async (kind) => {
    const { data, errors } = await run(events, sharedContext(), eventItem(kind));
    expect(errors).toBeUndefined();
    expect(data?.events).toMatchObject({
      __typename: kind.toLowerCase().replace(/(?:^|_)./g, (start) => start.slice(-1).toUpperCase()),
      cursor: cursors.encode(mark),
      at: '2026-01-31T12:00:00.000Z',
      room: 'roomId' in bodies[kind] && kind !== 'MEMBERSHIP_ENDED' ? { id: roomId } : null,
      actor: { displayName: 'Ada' },
    });
  });

  test('of events gives checkpoints and the end, each with its cursor', async () => {
    const first = await run(events, sharedContext(), checkpoint);
    const last = await run(events, sharedContext(), ended);
    const common = { cursor: cursors.encode(mark), room: null, actor: null };
    expect(first.data?.events).toMatchObject({ ...common, __typename: 'Checkpoint', isCaughtUp: true });
    expect(last.data?.events).toMatchObject({ ...common, __typename: 'StreamEnded', end: { code: 'SIGNED_OUT' } });
  });

  test.each([
    [eventItem('MESSAGE_SENT'), { kind: 'SENT', message: { text: 'Hello' }, isCaughtUp: false, end: null }],
    [eventItem('MESSAGE_EDITED'), { kind: 'EDITED', message: { text: 'Hello' }, isCaughtUp: false, end: null }],
    [eventItem('MESSAGE_DELETED'), { kind: 'DELETED', message: { text: 'Hello' }, isCaughtUp: false, end: null }],
    [checkpoint, { kind: 'CHECKPOINT', message: null, isCaughtUp: true, end: null }],
    [ended, { kind: 'ENDED', message: null, isCaughtUp: false, end: { code: 'SIGNED_OUT', message: 'bye' } }],
  ])('of messages gives each item: %#', async (item, update) => {
    const { data, errors } = await run(messages, sharedContext(), item);
    expect(errors).toBeUndefined();
    expect(data?.messages).toMatchObject({ ...update, cursor: cursors.encode(mark) });
  });

  test('of typing shows the first 20 and counts all', async () => {
    const userIds = Array.from({ length: 25 }, () => ada.id);
    const source = `subscription { typing(roomId: "${roomId}") { users ${user} count end { code } } }`;
    const { data, errors } = await run(source, sharedContext(), { kind: 'typing', roomId: room.id, userIds });
    expect(errors).toBeUndefined();
    expect(data?.typing).toMatchObject({ count: 25, end: null });
    expect(data?.typing).toHaveProperty('users.length', 20);
  });

  test('of presence shows who is named and counts all', async () => {
    const item = { kind: 'presence', roomId: room.id, userIds: [ada.id], count: 7 } as const;
    const source = `subscription { presence(roomId: "${roomId}") { users ${user} count end { code } } }`;
    const { data, errors } = await run(source, sharedContext(), item);
    expect(errors).toBeUndefined();
    expect(data?.presence).toMatchObject({ users: [{ displayName: 'Ada' }], count: 7, end: null });
    const last = await run(source, sharedContext(), ended);
    expect(last.data?.presence).toMatchObject({ users: [], count: 0, end: { code: 'SIGNED_OUT' } });
  });

  test('fails at a field that does look for the viewer: the check above can fail', async () => {
    const source = 'subscription { events { room { viewerMember { id } } } }';
    const { errors } = await run(source, sharedContext(), eventItem('MESSAGE_SENT'));
    expect(errors?.[0]?.message).toBe('a shared execution has no viewer');
  });
});
