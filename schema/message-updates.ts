import { asChatEvent } from '../src/chat/events.ts';
import type { Room } from '../src/chat/model.ts';
import type { StreamItem, StreamStart } from '../src/hub/contract.ts';
import { StreamPlan } from '../src/hub/plan.ts';
import { readCursor } from '../src/log/head.ts';
import { unreachable } from '../src/observe/unreachable.ts';
import { requireViewer, roomOfArgument } from './access.ts';
import { builder } from './builder.ts';
import type { Context } from './context.ts';
import { readSize, refusePair } from './page.ts';
import { MessageRef } from './refs.ts';
import { shared } from './shared.ts';
import { asLogItem, cursorOf, endOf, type LogItem, StreamEndRef } from './stream.ts';

const UpdateKindRef = builder.enumType('UpdateKind', {
  description: 'What an item of the stream `messages` says.',
  values: {
    SENT: { description: 'A message was sent.' },
    EDITED: { description: 'The text of a message was changed.' },
    DELETED: { description: 'A message was deleted.' },
    CHECKPOINT: {
      description: 'Nothing happened, and the cursor is a new one: the first item, then one every 15 s or so.',
    },
    ENDED: { description: 'The last item; `end` says why.' },
  } as const,
});

type UpdateKind = (typeof UpdateKindRef)['$inferType'];

const MessageUpdateRef = builder.objectRef<LogItem>('MessageUpdate').implement({
  description: 'One item of the stream `messages`.',
  fields: (t) => ({
    kind: t.field({ ...shared('What it says.'), type: UpdateKindRef, resolve: kindOf }),
    cursor: t.field({
      ...shared('Subscribe again after this to miss nothing that comes behind this item.'),
      type: 'Cursor',
      resolve: (item, _args, context) => cursorOf(item, context),
    }),
    message: t.field({
      ...shared('The message as it is now, so maybe newer than the item. Null in CHECKPOINT and ENDED.'),
      type: MessageRef,
      nullable: true,
      resolve: messageOf,
    }),
    isCaughtUp: t.boolean({
      ...shared('True in a CHECKPOINT when all that was there before has been delivered; false in all other items.'),
      resolve: (item) => item.kind === 'checkpoint' && item.isCaughtUp,
    }),
    end: t.field({
      ...shared('Why the stream ended. Null but in ENDED.'),
      type: StreamEndRef,
      nullable: true,
      resolve: endOf,
    }),
  }),
});

builder.subscriptionField('messages', (t) =>
  t.field({
    ...shared(
      'What is said in a room, in the order of the log: a checkpoint, then each message sent, edited or deleted, once. With neither `after` nor `last` it begins now.',
    ),
    type: MessageUpdateRef,
    args: {
      roomId: t.arg.id({ required: true, description: 'Global id of a room that the viewer may read.' }),
      after: t.arg({
        type: 'Cursor',
        description: 'Begin right after this place, missing nothing. Not with `last`.',
      }),
      last: t.arg.int({
        description:
          'Begin with the newest so many messages, 1 to 100, oldest first, as SENT after the first checkpoint. Not with `after`.',
      }),
    },
    subscribe: async (_root, args, context): Promise<AsyncIterable<StreamItem>> => {
      refusePair(args, 'after', 'last');
      const room = await roomOfArgument(context, args.roomId, 'roomId');
      return new StreamPlan(sourceOf('room', room, context), await startOf(args, context));
    },
    resolve: asLogItem,
  }),
);

/** The stream of a room for this viewer. */
export function sourceOf<Kind extends 'room' | 'typing' | 'presence'>(kind: Kind, room: Room, context: Context) {
  return { kind, roomId: room.id, viewerId: requireViewer(context).user.id, isPrivate: room.kind === 'PRIVATE' };
}

/** Where the arguments say, unless the caller resumes elsewhere. Throws CURSOR_INVALID, CURSOR_EXPIRED, BAD_USER_INPUT. */
export async function startOf(
  args: { readonly after?: string | null | undefined; readonly last?: number | null | undefined },
  context: Context,
): Promise<StreamStart> {
  const count = typeof args.last === 'number' ? readSize('last', args.last) : null;
  if (count !== null && context.resumeAfter === null) return { kind: 'last', count };
  const after = context.resumeAfter ?? args.after;
  if (typeof after !== 'string') return { kind: 'now' };
  return { kind: 'after', mark: await readCursor(context.reading, context.services.cursors, after) };
}

function kindOf(item: LogItem): UpdateKind {
  switch (item.kind) {
    case 'checkpoint':
      return 'CHECKPOINT';
    case 'end':
      return 'ENDED';
    case 'event':
      return kindOfEvent(item.event.kind);
    default:
      return unreachable(item);
  }
}

function kindOfEvent(eventKind: string): UpdateKind {
  switch (eventKind) {
    case 'MESSAGE_SENT':
      return 'SENT';
    case 'MESSAGE_EDITED':
      return 'EDITED';
    case 'MESSAGE_DELETED':
      return 'DELETED';
    default:
      throw new Error(`the stream of messages got an event ${eventKind}`);
  }
}

function messageOf(item: LogItem, _args: object, { reading }: Context) {
  if (item.kind !== 'event') return null;
  const { body } = asChatEvent(item.event);
  return 'messageId' in body ? reading.messages.load(body.messageId) : null;
}
