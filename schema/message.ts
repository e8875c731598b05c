import { existing } from '../src/chat/row-loader.ts';
import { Fault } from '../src/observe/fault.ts';
import { requireReadable } from './access.ts';
import { builder } from './builder.ts';
import { encodeId, idOf } from './ids.ts';
import { pageCost, pagesByPosition, readPage, readSize, sizeCost, toConnection } from './page.ts';
import { pageArguments } from './page-arguments.ts';
import { MessageRef, NodeRef, RoomRef, UserRef } from './refs.ts';
import { shared } from './shared.ts';

MessageRef.implement({
  description: 'What somebody said in a room, as it is now. A deleted one is a tombstone: its place stays.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ ...shared('Global id.'), resolve: (message) => encodeId('message', message.id) }),
    room: t.field({
      ...shared('Where it was said.'),
      type: RoomRef,
      resolve: (message, _args, { reading }) =>
        existing(reading.rooms.load(message.roomId), `message ${message.id} has no room`),
    }),
    author: t.field({
      ...shared('Who said it. Null: erased.'),
      type: UserRef,
      nullable: true,
      resolve: (message, _args, { reading }) => reading.users.load(message.authorId),
    }),
    text: t.exposeString('text', {
      ...shared('The text, at most Server.limits.messageTextCodePoints long. Null: deleted.'),
      nullable: true,
    }),
    clientKey: t.exposeString('clientKey', {
      ...shared('The key that it was sent with, so that the sender knows it again in a stream. Null: sent without.'),
      nullable: true,
    }),
    sentAt: t.expose('sentAt', { ...shared('When it was sent.'), type: 'DateTime' }),
    editedAt: t.expose('editedAt', {
      ...shared('When it was last edited. Null: never.'),
      type: 'DateTime',
      nullable: true,
    }),
    deletedAt: t.expose('deletedAt', {
      ...shared('When it was deleted. Null: it was not.'),
      type: 'DateTime',
      nullable: true,
    }),
    version: t.exposeInt('version', { ...shared('Counts its changes, from 1: the expectedVersion of an edit.') }),
  }),
});

const MessageConnection = builder.connectionObject(
  { type: MessageRef, name: 'MessageConnection', description: 'A page of messages, in the order of the log.' },
  { name: 'MessageEdge', description: 'A message and its place in the connection.' },
);

const roomMessages = pagesByPosition('Room.messages');

builder.objectFields(RoomRef, (t) => ({
  messages: t.field({
    type: MessageConnection,
    description: 'All that was said here, in the order of the log: the oldest first, whichever end the page is from.',
    args: pageArguments('newest'),
    complexity: pageCost,
    resolve: async (room, args, context) => {
      const request = readPage(roomMessages, args, 'last');
      await requireReadable(context, room);
      const page = await context.services.queries.messages(context.reading, room.id, request);
      return toConnection(roomMessages, page, (message) => message.position);
    },
  }),
  messagesAround: t.field({
    type: MessageConnection,
    description:
      'A page of the same connection with a given message about in its middle. An error NOT_FOUND when this room has no such message.',
    args: {
      messageId: t.arg.id({ required: true, description: 'Global id of the message.' }),
      count: t.arg.int({ defaultValue: 50, description: 'How many in all, the message itself included: 1 to 100.' }),
    },
    complexity: (args) => sizeCost(args.count),
    resolve: async (room, args, context) => {
      const count = readSize('count', args.count);
      await requireReadable(context, room);
      const id = idOf('message', args.messageId);
      const page = id && (await context.services.queries.messagesAround(context.reading, room.id, id, count));
      if (!page) {
        throw new Fault('NOT_FOUND', 'messageId names no message of this room', { argument: 'messageId' });
      }
      return toConnection(roomMessages, page, (message) => message.position);
    },
  }),
}));
