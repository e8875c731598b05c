import { Fault } from '../src/observe/fault.ts';
import { requireViewer } from './access.ts';
import { builder } from './builder.ts';
import { Change, changePayload, clientKeyDescription } from './change.ts';
import type { Context } from './context.ts';
import { idOf, unknownId } from './ids.ts';
import { MessageRef } from './refs.ts';

const textDescription =
  'Well-formed Unicode with at least one visible character and without U+0000, at most Server.limits.messageTextCodePoints code points. Kept as it comes.';

function asUserDescription(verb: 'send' | 'edit' | 'delete'): string {
  const done = { send: 'sent', edit: 'changed', delete: 'deleted' }[verb];
  return `Global id of the user who means to ${verb}: signed in as anybody else it is UNAUTHENTICATED, and nothing is ${done}. For browsers, whose cookie another window may change. Absent: whoever is signed in.`;
}

const sending = new Change({
  does: 'Says something in a room, as a member.',
  bucket: 'sends',
  codes: ['NOT_FOUND', 'NOT_A_MEMBER', 'TEXT_EMPTY', 'TEXT_TOO_LONG', 'TEXT_INVALID', 'KEY_INVALID', 'KEY_CONFLICT'],
});

builder.mutationField('sendMessage', (t) =>
  t.fieldWithInput({
    ...sending.field,
    type: messagePayload('SendMessagePayload', 'The new message.'),
    typeOptions: { description: 'What to say, and where.' },
    input: {
      roomId: t.input.id({ required: true, description: 'Global id of the room.' }),
      text: t.input.string({ required: true, description: textDescription }),
      clientKey: t.input.string({ description: clientKeyDescription }),
      asUserId: t.input.id({ description: asUserDescription('send') }),
    },
    resolve: (_root, { input }, context) =>
      sending.run(context, (actor) => {
        if (input.asUserId != null) requireUser(context, input.asUserId);
        const roomId = idOf('room', input.roomId);
        if (!roomId) return unknownId('roomId');
        const { text } = input;
        return context.services.commands.sendMessage(actor, { roomId, text, clientKey: input.clientKey ?? null });
      }),
  }),
);

const editing = new Change({
  does: 'Changes the text of a message, as its author.',
  bucket: 'changes',
  codes: [
    'NOT_FOUND',
    'NOT_A_MEMBER',
    'FORBIDDEN',
    'MESSAGE_DELETED',
    'VERSION_CONFLICT',
    'TEXT_EMPTY',
    'TEXT_TOO_LONG',
    'TEXT_INVALID',
    'KEY_INVALID',
    'KEY_CONFLICT',
  ],
});

builder.mutationField('editMessage', (t) =>
  t.fieldWithInput({
    ...editing.field,
    type: messagePayload('EditMessagePayload', 'The message as it is now.'),
    typeOptions: { description: 'What it should say instead.' },
    input: {
      messageId: t.input.id({ required: true, description: 'Global id of the message.' }),
      text: t.input.string({ required: true, description: textDescription }),
      expectedVersion: t.input.int({
        required: true,
        description: 'Message.version that the edit is meant for; another one is VERSION_CONFLICT.',
      }),
      clientKey: t.input.string({ description: clientKeyDescription }),
      asUserId: t.input.id({ description: asUserDescription('edit') }),
    },
    resolve: (_root, { input }, context) =>
      editing.run(context, (actor) => {
        if (input.asUserId != null) requireUser(context, input.asUserId);
        const messageId = idOf('message', input.messageId);
        if (!messageId) return unknownId('messageId');
        const { text, expectedVersion } = input;
        return context.services.commands.editMessage(actor, {
          messageId,
          text,
          expectedVersion,
          clientKey: input.clientKey ?? null,
        });
      }),
  }),
);

const deleting = new Change({
  does: 'Deletes a message, as its author or an owner of the room: the text is gone, a tombstone stays. Nothing changes for one that was deleted.',
  bucket: 'changes',
  codes: ['NOT_FOUND', 'NOT_A_MEMBER', 'FORBIDDEN', 'KEY_INVALID', 'KEY_CONFLICT'],
});

builder.mutationField('deleteMessage', (t) =>
  t.fieldWithInput({
    ...deleting.field,
    type: messagePayload('DeleteMessagePayload', 'The tombstone.'),
    typeOptions: { description: 'What to delete.' },
    input: {
      messageId: t.input.id({ required: true, description: 'Global id of the message.' }),
      clientKey: t.input.string({ description: clientKeyDescription }),
      asUserId: t.input.id({ description: asUserDescription('delete') }),
    },
    resolve: (_root, { input }, context) =>
      deleting.run(context, (actor) => {
        if (input.asUserId != null) requireUser(context, input.asUserId);
        const messageId = idOf('message', input.messageId);
        if (!messageId) return unknownId('messageId');
        return context.services.commands.deleteMessage(actor, { messageId, clientKey: input.clientKey ?? null });
      }),
  }),
);

/** Throws UNAUTHENTICATED where the credential is of somebody else than the global id names. */
function requireUser(context: Context, globalId: string): void {
  if (idOf('user', globalId) === requireViewer(context).user.id) return;
  throw new Fault('UNAUTHENTICATED', 'the credential is of somebody else than asUserId names; sign in as them');
}

function messagePayload(name: string, description: string) {
  return changePayload(name, { name: 'message', type: MessageRef, description });
}
