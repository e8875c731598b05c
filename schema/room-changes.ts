import { textLimits } from '../src/chat/text.ts';
import { builder } from './builder.ts';
import { Change, changePayload, clientKeyDescription } from './change.ts';
import { idOf, unknownId } from './ids.ts';
import { RoomRef } from './refs.ts';
import { RoomKindRef } from './room.ts';

const CreateRoomPayload = changePayload('CreateRoomPayload', {
  name: 'room',
  type: RoomRef,
  description: 'The new room.',
});

const creating = new Change({
  does: 'Creates a room; its creator is its first member and owner.',
  bucket: 'changes',
  codes: ['NAME_INVALID', 'TOPIC_INVALID', 'SLUG_INVALID', 'SLUG_TAKEN', 'KEY_INVALID', 'KEY_CONFLICT'],
});

builder.mutationField('createRoom', (t) =>
  t.fieldWithInput({
    ...creating.field,
    type: CreateRoomPayload,
    typeOptions: { description: 'The room to be.' },
    input: {
      name: t.input.string({
        required: true,
        description: `The name to show: one line of 1 to ${textLimits.roomNameCodePoints} code points.`,
      }),
      kind: t.input.field({
        type: RoomKindRef,
        required: true,
        defaultValue: 'PUBLIC',
        description: 'Who may read it. Cannot be changed later.',
      }),
      slug: t.input.string({
        description: 'For public rooms only: 2 to 40 of a-z, 0-9 and single hyphens. Absent: made from the name.',
      }),
      topic: t.input.string({
        description: `What it is about: at most ${textLimits.roomTopicCodePoints} code points. Absent: no topic.`,
      }),
      clientKey: t.input.string({ description: clientKeyDescription }),
    },
    resolve: (_root, { input }, context) =>
      creating.run(context, (actor) =>
        context.services.commands.createRoom(actor, {
          name: input.name,
          kind: input.kind,
          slug: input.slug ?? null,
          topic: input.topic ?? null,
          clientKey: input.clientKey ?? null,
        }),
      ),
  }),
);

const UpdateRoomPayload = changePayload('UpdateRoomPayload', {
  name: 'room',
  type: RoomRef,
  description: 'The room as it is now.',
});

const updating = new Change({
  does: 'Changes name, topic or retention of a room, as one of its owners.',
  bucket: 'changes',
  codes: [
    'NOT_FOUND',
    'NOT_A_MEMBER',
    'FORBIDDEN',
    'NAME_INVALID',
    'TOPIC_INVALID',
    'RETENTION_INVALID',
    'VERSION_CONFLICT',
    'KEY_INVALID',
    'KEY_CONFLICT',
  ],
});

builder.mutationField('updateRoom', (t) =>
  t.fieldWithInput({
    ...updating.field,
    type: UpdateRoomPayload,
    typeOptions: { description: 'What to change; an absent field stays as it is.' },
    input: {
      roomId: t.input.id({ required: true, description: 'Global id of the room.' }),
      name: t.input.string({
        description: `One line of 1 to ${textLimits.roomNameCodePoints} code points. Absent or null: unchanged.`,
      }),
      topic: t.input.string({
        description: `At most ${textLimits.roomTopicCodePoints} code points. Absent: unchanged; null: cleared.`,
      }),
      messageRetentionDays: t.input.int({
        description:
          'After how many days texts of its messages are taken away: Server.messageRetention has the bounds. What is older goes soon after the change. Absent: unchanged; null: as the server has it.',
      }),
      expectedVersion: t.input.int({
        description: 'Room.version that the change is meant for; another one is VERSION_CONFLICT. Absent: any.',
      }),
      clientKey: t.input.string({ description: clientKeyDescription }),
    },
    resolve: (_root, { input }, context) =>
      updating.run(context, (actor) => {
        const roomId = idOf('room', input.roomId);
        if (!roomId) return unknownId('roomId');
        return context.services.commands.updateRoom(actor, {
          roomId,
          name: input.name ?? undefined,
          topic: input.topic,
          messageRetentionDays: input.messageRetentionDays,
          expectedVersion: input.expectedVersion ?? null,
          clientKey: input.clientKey ?? null,
        });
      }),
  }),
);
