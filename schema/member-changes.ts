import { builder } from './builder.ts';
import { Change, changePayload, clientKeyDescription } from './change.ts';
import { idOf, unknownId } from './ids.ts';
import { MemberRoleRef } from './member.ts';
import { MemberRef } from './refs.ts';

const roomIdDescription = 'Global id of the room.';

const joining = new Change({
  does: 'Makes the caller a member of a public room, and its owner where nobody else is there. Nothing changes for who is one.',
  bucket: 'changes',
  codes: ['NOT_FOUND', 'KEY_INVALID', 'KEY_CONFLICT'],
});

builder.mutationField('joinRoom', (t) =>
  t.fieldWithInput({
    ...joining.field,
    type: memberPayload('JoinRoomPayload', "The caller's membership."),
    typeOptions: { description: 'Where to join.' },
    input: {
      roomId: t.input.id({ required: true, description: roomIdDescription }),
      clientKey: t.input.string({ description: clientKeyDescription }),
    },
    resolve: (_root, { input }, context) =>
      joining.run(context, (actor) => {
        const roomId = idOf('room', input.roomId);
        if (!roomId) return unknownId('roomId');
        return context.services.commands.joinRoom(actor, { roomId, clientKey: input.clientKey ?? null });
      }),
  }),
);

const leaving = new Change({
  does: "Ends the caller's membership of a room. A last owner hands over first, unless nobody else is there.",
  bucket: 'changes',
  codes: ['NOT_FOUND', 'NOT_A_MEMBER', 'LAST_OWNER', 'KEY_INVALID', 'KEY_CONFLICT'],
});

builder.mutationField('leaveRoom', (t) =>
  t.fieldWithInput({
    ...leaving.field,
    type: memberPayload('LeaveRoomPayload', 'The membership that ended.'),
    typeOptions: { description: 'What to leave.' },
    input: {
      roomId: t.input.id({ required: true, description: roomIdDescription }),
      clientKey: t.input.string({ description: clientKeyDescription }),
    },
    resolve: (_root, { input }, context) =>
      leaving.run(context, (actor) => {
        const roomId = idOf('room', input.roomId);
        if (!roomId) return unknownId('roomId');
        return context.services.commands.leaveRoom(actor, { roomId, clientKey: input.clientKey ?? null });
      }),
  }),
);

const adding = new Change({
  does: 'Makes somebody a member of a room, as one of its owners. Nothing changes for who is one.',
  bucket: 'changes',
  codes: ['NOT_FOUND', 'NOT_A_MEMBER', 'FORBIDDEN', 'KEY_INVALID', 'KEY_CONFLICT'],
});

builder.mutationField('addMember', (t) =>
  t.fieldWithInput({
    ...adding.field,
    type: memberPayload('AddMemberPayload', 'Their membership.'),
    typeOptions: { description: 'Whom to add, and where.' },
    input: {
      roomId: t.input.id({ required: true, description: roomIdDescription }),
      userId: t.input.id({ required: true, description: 'Global id of the user to add.' }),
      clientKey: t.input.string({ description: clientKeyDescription }),
    },
    resolve: (_root, { input }, context) =>
      adding.run(context, (actor) => {
        const roomId = idOf('room', input.roomId);
        if (!roomId) return unknownId('roomId');
        const userId = idOf('user', input.userId);
        if (!userId) return unknownId('userId');
        return context.services.commands.addMember(actor, { roomId, userId, clientKey: input.clientKey ?? null });
      }),
  }),
);

const removing = new Change({
  does: 'Ends the membership of somebody else, as an owner of the room.',
  bucket: 'changes',
  codes: ['NOT_FOUND', 'NOT_A_MEMBER', 'FORBIDDEN', 'KEY_INVALID', 'KEY_CONFLICT'],
});

builder.mutationField('removeMember', (t) =>
  t.fieldWithInput({
    ...removing.field,
    type: memberPayload('RemoveMemberPayload', 'The membership that ended.'),
    typeOptions: { description: 'Whom to remove, and from where.' },
    input: {
      roomId: t.input.id({ required: true, description: roomIdDescription }),
      userId: t.input.id({ required: true, description: 'Global id of the member to remove, as a user.' }),
      clientKey: t.input.string({ description: clientKeyDescription }),
    },
    resolve: (_root, { input }, context) =>
      removing.run(context, (actor) => {
        const roomId = idOf('room', input.roomId);
        if (!roomId) return unknownId('roomId');
        const userId = idOf('user', input.userId);
        if (!userId) return unknownId('userId');
        return context.services.commands.removeMember(actor, { roomId, userId, clientKey: input.clientKey ?? null });
      }),
  }),
);

const promoting = new Change({
  does: 'Changes what a member may do, as an owner of the room. The last owner stays one.',
  bucket: 'changes',
  codes: ['NOT_FOUND', 'NOT_A_MEMBER', 'FORBIDDEN', 'LAST_OWNER', 'KEY_INVALID', 'KEY_CONFLICT'],
});

builder.mutationField('setMemberRole', (t) =>
  t.fieldWithInput({
    ...promoting.field,
    type: memberPayload('SetMemberRolePayload', 'The membership as it is now.'),
    typeOptions: { description: 'Whose role, where, and which.' },
    input: {
      roomId: t.input.id({ required: true, description: roomIdDescription }),
      userId: t.input.id({ required: true, description: 'Global id of the member, as a user.' }),
      role: t.input.field({ type: MemberRoleRef, required: true, description: 'The role to have.' }),
      clientKey: t.input.string({ description: clientKeyDescription }),
    },
    resolve: (_root, { input }, context) =>
      promoting.run(context, (actor) => {
        const roomId = idOf('room', input.roomId);
        if (!roomId) return unknownId('roomId');
        const userId = idOf('user', input.userId);
        if (!userId) return unknownId('userId');
        const { role } = input;
        return context.services.commands.setMemberRole(actor, {
          roomId,
          userId,
          role,
          clientKey: input.clientKey ?? null,
        });
      }),
  }),
);

function memberPayload(name: string, description: string) {
  return changePayload(name, { name: 'member', type: MemberRef, description });
}
