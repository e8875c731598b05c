import { asChatEvent, type ChatEvent, type EventKind } from '../src/chat/events.ts';
import type { MemberId, MessageId, UserId } from '../src/chat/model.ts';
import { existing } from '../src/chat/row-loader.ts';
import type { EventRows } from '../src/hub/contract.ts';
import { unreachable } from '../src/observe/unreachable.ts';
import { builder } from './builder.ts';
import type { Context } from './context.ts';
import { encodeId } from './ids.ts';
import { MemberRoleRef } from './member.ts';
import { MemberRef, MessageRef, RoomRef, UserRef } from './refs.ts';
import { shared } from './shared.ts';
import { cursorOf, type LogItem, StreamEndRef } from './stream.ts';

const typeNames: Readonly<Record<EventKind, string>> = {
  ROOM_CREATED: 'RoomCreated',
  ROOM_UPDATED: 'RoomUpdated',
  MEMBER_JOINED: 'MemberJoined',
  MEMBER_LEFT: 'MemberLeft',
  MEMBER_UPDATED: 'MemberUpdated',
  MESSAGE_SENT: 'MessageSent',
  MESSAGE_EDITED: 'MessageEdited',
  MESSAGE_DELETED: 'MessageDeleted',
  MEMBERSHIP_ENDED: 'MembershipEnded',
  CREDENTIALS_ENDED: 'CredentialsEnded',
  USER_UPDATED: 'UserUpdated',
};

/** What all events tell; the same items come from the query and from the stream. */
export const EventRef = builder.interfaceRef<LogItem>('Event').implement({
  description: 'Something that happened. New kinds may come: programs take the cursor of a kind that they do not know.',
  resolveType: typeNameOf,
  fields: (t) => ({
    cursor: t.field({
      ...shared('Go on after this to miss nothing that comes behind this event.'),
      type: 'Cursor',
      resolve: (item, _args, context) => cursorOf(item, context),
    }),
    at: t.field({
      ...shared('When it was written into the log; of a Checkpoint or StreamEnded, when it was made.'),
      type: 'DateTime',
      resolve: (item) => (item.kind === 'event' ? item.event.at : item.at),
    }),
    room: t.field({
      ...shared('Where it happened, as it is now. Null: nowhere, or in a room that the viewer cannot read any more.'),
      type: RoomRef,
      nullable: true,
      resolve: roomOf,
    }),
    actor: t.field({
      ...shared('Who did it. Null: nobody, or erased.'),
      type: UserRef,
      nullable: true,
      resolve: (item, _args, { reading }) => {
        const actorId = item.kind === 'event' ? item.event.actorId : null;
        return actorId === null ? null : reading.users.load(actorId as UserId);
      },
    }),
  }),
});

const LeaveReasonRef = builder.enumType('LeaveReason', {
  description: 'How a membership ended.',
  values: {
    LEFT: { description: 'They left by themselves.' },
    REMOVED: { description: 'An owner removed them.' },
  } as const,
});

/** An item of the stream whose event is of a known kind. */
interface ItemOf<Kind extends EventKind> {
  readonly kind: 'event';
  readonly event: Extract<ChatEvent, { kind: Kind }>;
  readonly rows: EventRows | null;
}

function eventRef<Kind extends EventKind>(kind: Kind) {
  return builder.objectRef<ItemOf<Kind>>(typeNames[kind]);
}

eventRef('ROOM_CREATED').implement({ description: 'A room was created.', interfaces: [EventRef] });

eventRef('ROOM_UPDATED').implement({
  description: 'Name, topic or retention of a room was changed.',
  interfaces: [EventRef],
  fields: (t) => ({
    version: t.int({ ...shared('Room.version that the change made.'), resolve: ({ event }) => event.body.version }),
  }),
});

const memberNow = 'The membership as it is now, so maybe newer than the event.';

eventRef('MEMBER_JOINED').implement({
  description: 'Somebody became a member. To that person it means: load the room, for events from before do not come.',
  interfaces: [EventRef],
  fields: (t) => ({
    member: t.field({
      ...shared(memberNow),
      type: MemberRef,
      resolve: ({ event }, _args, context) => loadMember(event.body.memberId, context),
    }),
  }),
});

eventRef('MEMBER_LEFT').implement({
  description: 'Somebody is no longer a member.',
  interfaces: [EventRef],
  fields: (t) => ({
    member: t.field({
      ...shared('The membership that ended.'),
      type: MemberRef,
      resolve: ({ event }, _args, context) => loadMember(event.body.memberId, context),
    }),
    reason: t.field({ ...shared('How it ended.'), type: LeaveReasonRef, resolve: ({ event }) => event.body.reason }),
  }),
});

eventRef('MEMBER_UPDATED').implement({
  description: 'The role of a member was changed.',
  interfaces: [EventRef],
  fields: (t) => ({
    member: t.field({
      ...shared(memberNow),
      type: MemberRef,
      resolve: ({ event }, _args, context) => loadMember(event.body.memberId, context),
    }),
    role: t.field({
      ...shared('The role that the change gave.'),
      type: MemberRoleRef,
      resolve: ({ event }) => event.body.role,
    }),
  }),
});

const messageNow = 'The message as it is now, so maybe newer than the event.';

eventRef('MESSAGE_SENT').implement({
  description: 'A message was sent.',
  interfaces: [EventRef],
  fields: (t) => ({
    message: t.field({
      ...shared(messageNow),
      type: MessageRef,
      resolve: ({ event }, _args, context) => loadMessage(event.body.messageId, context),
    }),
  }),
});

eventRef('MESSAGE_EDITED').implement({
  description: 'The text of a message was changed.',
  interfaces: [EventRef],
  fields: (t) => ({
    message: t.field({
      ...shared(messageNow),
      type: MessageRef,
      resolve: ({ event }, _args, context) => loadMessage(event.body.messageId, context),
    }),
    version: t.int({ ...shared('Message.version that the edit made.'), resolve: ({ event }) => event.body.version }),
  }),
});

eventRef('MESSAGE_DELETED').implement({
  description:
    'A message was deleted: by its author, an owner of the room, or without an actor by the retention of the room.',
  interfaces: [EventRef],
  fields: (t) => ({
    message: t.field({
      ...shared('The tombstone.'),
      type: MessageRef,
      resolve: ({ event }, _args, context) => loadMessage(event.body.messageId, context),
    }),
    version: t.int({
      ...shared('Message.version that the deletion made.'),
      resolve: ({ event }) => event.body.version,
    }),
  }),
});

eventRef('MEMBERSHIP_ENDED').implement({
  description: "To the person alone: their membership ended, and this is the room's last word to them. `room` is null.",
  interfaces: [EventRef],
  fields: (t) => ({
    roomId: t.id({
      ...shared('Global id of the room, which may not be theirs to see any more.'),
      resolve: ({ event }) => encodeId('room', event.body.roomId),
    }),
    reason: t.field({ ...shared('How it ended.'), type: LeaveReasonRef, resolve: ({ event }) => event.body.reason }),
  }),
});

eventRef('USER_UPDATED').implement({
  description:
    'To everyone signed in: something that a User shows of a person changed, a guest became a member, or an account was deleted.',
  interfaces: [EventRef],
  fields: (t) => ({
    user: t.field({
      ...shared('The person as they are now, so maybe newer than the event. Null: erased.'),
      type: UserRef,
      nullable: true,
      resolve: ({ event }, _args, { reading }) => reading.users.load(event.body.userId),
    }),
  }),
});

const CredentialEndReasonRef = builder.enumType('CredentialEndReason', {
  description: 'Why sessions ended.',
  values: {
    SIGNED_OUT: { description: 'Signed out by itself.' },
    REVOKED: { description: 'Ended by another session of the same person.' },
    PASSWORD_CHANGED: { description: 'The password was changed.' },
    ACCOUNT_DELETED: { description: 'The account was deleted.' },
    SIGNED_UP: { description: 'A guest became a member, and goes on by a new session.' },
  } as const,
});

eventRef('CREDENTIALS_ENDED').implement({
  description:
    'To the person alone: these sessions and API tokens are void from here on. Their own streams end with SIGNED_OUT right behind it, or with TOKEN_REPLACED where the reason is SIGNED_UP.',
  interfaces: [EventRef],
  fields: (t) => ({
    sessionIds: t.idList({
      ...shared('Global ids of the sessions that ended.'),
      resolve: ({ event }) => event.body.sessionIds.map((id) => encodeId('session', id)),
    }),
    apiTokenIds: t.idList({
      ...shared('Global ids of the API tokens that ended.'),
      resolve: ({ event }) => (event.body.apiTokenIds ?? []).map((id) => encodeId('apiToken', id)),
    }),
    // Not «reason»: a selection of both would clash with that of MembershipEnded, of another type.
    endReason: t.field({
      ...shared('Why they ended.'),
      type: CredentialEndReasonRef,
      resolve: ({ event }) => event.body.reason,
    }),
  }),
});

builder.objectRef<Extract<LogItem, { kind: 'checkpoint' }>>('Checkpoint').implement({
  description: 'Nothing happened, and the cursor is a new one: the first item of a stream, then one every 15 s or so.',
  interfaces: [EventRef],
  fields: (t) => ({
    isCaughtUp: t.exposeBoolean('isCaughtUp', {
      ...shared('True when all that was there before has been delivered.'),
    }),
  }),
});

builder.objectRef<Extract<LogItem, { kind: 'end' }>>('StreamEnded').implement({
  description: 'The last item of a stream that ended by itself.',
  interfaces: [EventRef],
  fields: (t) => ({ end: t.expose('end', { ...shared('Why it ended.'), type: StreamEndRef }) }),
});

function typeNameOf(item: LogItem): string {
  switch (item.kind) {
    case 'event':
      return typeNames[asChatEvent(item.event).kind];
    case 'checkpoint':
      return 'Checkpoint';
    case 'end':
      return 'StreamEnded';
    default:
      return unreachable(item);
  }
}

/** Never asks for rights: who gets an event was decided in the order of the log, and this field is shared. */
function roomOf(item: LogItem, _args: object, { reading }: Context) {
  if (item.kind !== 'event') return null;
  const event = asChatEvent(item.event);
  if (event.kind === 'MEMBERSHIP_ENDED' || !('roomId' in event.body)) return null;
  return reading.rooms.load(event.body.roomId);
}

function loadMember(id: MemberId, { reading }: Context) {
  return existing(reading.members.load(id), `the log knows member ${id}, the table does not`);
}

function loadMessage(id: MessageId, { reading }: Context) {
  return existing(reading.messages.load(id), `the log knows message ${id}, the table does not`);
}
