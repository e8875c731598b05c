import { z } from 'zod';
import type { ChatEventPage } from '../src/chat/event-pages.ts';
import type { EventKind } from '../src/chat/events.ts';
import type { Room, UserId } from '../src/chat/model.ts';
import type { StreamItem } from '../src/hub/contract.ts';
import { StreamPlan } from '../src/hub/plan.ts';
import { readCursor } from '../src/log/head.ts';
import { requireViewer, roomOfArgument } from './access.ts';
import { builder } from './builder.ts';
import type { Context } from './context.ts';
import { EventRef } from './events.ts';
import { idOf, notFound } from './ids.ts';
import { startOf } from './message-updates.ts';
import { readSize, sizeCost } from './page.ts';
import { shared } from './shared.ts';
import { asLogItem } from './stream.ts';

const EventKindRef = builder.enumType('EventKind', {
  description: 'Kinds of events, by the types that they come as.',
  values: {
    ROOM_CREATED: { description: 'Comes as RoomCreated.' },
    ROOM_UPDATED: { description: 'Comes as RoomUpdated.' },
    MEMBER_JOINED: { description: 'Comes as MemberJoined.' },
    MEMBER_LEFT: { description: 'Comes as MemberLeft.' },
    MEMBER_UPDATED: { description: 'Comes as MemberUpdated.' },
    MESSAGE_SENT: { description: 'Comes as MessageSent.' },
    MESSAGE_EDITED: { description: 'Comes as MessageEdited.' },
    MESSAGE_DELETED: { description: 'Comes as MessageDeleted.' },
    MEMBERSHIP_ENDED: { description: 'Comes as MembershipEnded.' },
    USER_UPDATED: { description: 'Comes as UserUpdated.' },
    CREDENTIALS_ENDED: { description: 'Comes as CredentialsEnded.' },
  } satisfies Record<EventKind, object> as Record<EventKind, { description: string }>,
});

const filterLimit = 100;
const idList = z.array(z.string()).max(filterLimit, `at most ${filterLimit} ids at once`).nullish();

const EventFilterRef = builder.inputType('EventFilter', {
  description:
    'Narrows down which events come; what is absent does not narrow. Checkpoints and the end of a stream always come.',
  fields: (t) => ({
    roomIds: t.idList({
      validate: idList,
      description:
        'Only events of these rooms, at most 100; public ones need no membership. Absent: of all rooms that the viewer is a member of.',
    }),
    actorIds: t.idList({ validate: idList, description: 'Only what these users did, at most 100.' }),
    kinds: t.field({ type: [EventKindRef], description: 'Only events of these kinds.' }),
  }),
});

interface FilterInput {
  readonly roomIds?: readonly string[] | null | undefined;
  readonly actorIds?: readonly string[] | null | undefined;
  readonly kinds?: readonly EventKind[] | null | undefined;
}

const EventPageRef = builder.objectRef<ChatEventPage>('EventPage').implement({
  description: 'A page of the log as far as the viewer may see it, the oldest event first.',
  fields: (t) => ({
    nodes: t.field({
      type: [EventRef],
      description: 'The events.',
      complexity: { field: 1, multiplier: 1 },
      resolve: (page) => page.events.map((event) => ({ kind: 'event' as const, event, rows: null })),
    }),
    endCursor: t.field({
      type: 'Cursor',
      description: 'Go on after this, by the query or by the subscription `events`. Also there when the page is empty.',
      resolve: (page, _args, { services }) => services.cursors.encode(page.end),
    }),
    hasMore: t.exposeBoolean('hasMore', { description: 'True when there is a next page by now.' }),
  }),
});

const afterDescription = 'Cursor of the log; begin right after this place.';

builder.queryFields((t) => ({
  events: t.field({
    type: EventPageRef,
    description:
      'What happened in the rooms of the viewer while they were members, in the order of the log: the same events that the subscription `events` gives.',
    args: {
      after: t.arg({ type: 'Cursor', description: `${afterDescription} Absent: at the oldest that the log holds.` }),
      first: t.arg.int({ defaultValue: 50, description: 'How many at most: 1 to 100.' }),
      filter: t.arg({ type: EventFilterRef, description: 'Which events. Absent: all.' }),
    },
    complexity: (args) => sizeCost(args.first),
    resolve: async (_root, args, context) => {
      const first = readSize('first', args.first);
      const { cursors } = context.services;
      const after = typeof args.after === 'string' ? await readCursor(context.reading, cursors, args.after) : null;
      const { rooms, actorIds, kinds } = await readFilter(args.filter, context);
      const roomIds = rooms?.map((room) => room.id) ?? null;
      const query = { after, first, roomIds, actorIds, kinds };
      return context.services.events(context.reading, requireViewer(context), query);
    },
  }),
  asOf: t.field({
    type: 'Cursor',
    isOpen: true,
    description:
      'The place in the log of this whole answer: a subscription after it misses nothing and repeats nothing. Open to all.',
    resolve: async (_root, _args, { services, reading }) => services.cursors.encode(await reading.mark()),
  }),
}));

builder.subscriptionField('events', (t) =>
  t.field({
    ...shared(
      'Everything that happens in the rooms of the viewer while they are members, in the order of the log: a checkpoint, then each event once. Without `after` it begins now.',
    ),
    type: EventRef,
    args: {
      after: t.arg({ type: 'Cursor', description: `${afterDescription} Absent: now.` }),
      filter: t.arg({ type: EventFilterRef, description: 'Which events. Absent: all.' }),
    },
    subscribe: async (_root, args, context): Promise<AsyncIterable<StreamItem>> => {
      const { rooms, actorIds, kinds } = await readFilter(args.filter, context);
      const roomIds = rooms?.map((room) => room.id) ?? null;
      const publicRoomIds = (rooms ?? []).filter((room) => room.kind === 'PUBLIC').map((room) => room.id);
      const filter = { roomIds, publicRoomIds, actorIds, kinds };
      const viewerId = requireViewer(context).user.id;
      return new StreamPlan({ kind: 'viewer', viewerId, filter }, await startOf(args, context));
    },
    resolve: asLogItem,
  }),
);

/** Throws NOT_FOUND for an id that names no room or no user that the viewer can see. */
async function readFilter(input: FilterInput | null | undefined, context: Context) {
  const roomIds = input?.roomIds && [...new Set(input.roomIds)];
  const actorIds = input?.actorIds && [...new Set(input.actorIds)];
  const rooms: readonly Room[] | null = roomIds
    ? await Promise.all(roomIds.map((id) => roomOfArgument(context, id, 'filter.roomIds')))
    : null;
  const actors: readonly UserId[] | null = actorIds
    ? await Promise.all(actorIds.map((id) => userOfFilter(context, id)))
    : null;
  return { rooms, actorIds: actors, kinds: input?.kinds ?? null };
}

async function userOfFilter(context: Context, globalId: string): Promise<UserId> {
  const id = idOf('user', globalId);
  const user = id && (await context.services.queries.userById(context.reading, id));
  if (!user) throw notFound('filter.actorIds');
  return user.id;
}
