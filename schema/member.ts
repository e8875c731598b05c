import { existing } from '../src/chat/row-loader.ts';
import { requireReadable, requireViewer } from './access.ts';
import { builder } from './builder.ts';
import { encodeId, notFound } from './ids.ts';
import { pageCost, pagesByPosition, readPage, toConnection } from './page.ts';
import { pageArguments } from './page-arguments.ts';
import { MemberRef, NodeRef, RoomRef, UserRef } from './refs.ts';
import { shared } from './shared.ts';

export const MemberRoleRef = builder.enumType('MemberRole', {
  description: 'What a member may do in a room.',
  values: {
    OWNER: {
      description:
        'May also change the room, and add, remove and promote members. A room that has members has at least one.',
    },
    MEMBER: { description: 'May read and send, and edit and delete their own messages.' },
  } as const,
});

MemberRef.implement({
  description: 'One span of membership, from joining until leaving. Who comes back gets a new one.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ ...shared('Global id.'), resolve: (member) => encodeId('member', member.id) }),
    user: t.field({
      ...shared('Who it is.'),
      type: UserRef,
      resolve: (member, _args, { reading }) =>
        existing(reading.users.load(member.userId), `member ${member.id} has no user`),
    }),
    room: t.field({
      type: RoomRef,
      description:
        'Where. An error NOT_FOUND when the viewer cannot read the room any more, as after leaving a private one.',
      resolve: async (member, _args, context) => {
        const room = await context.services.queries.roomById(context.reading, requireViewer(context), member.roomId);
        if (!room) throw notFound('Member.room');
        return room;
      },
    }),
    role: t.expose('role', { ...shared('What they may do.'), type: MemberRoleRef }),
    joinedAt: t.expose('joinedAt', { ...shared('When the span began.'), type: 'DateTime' }),
    leftAt: t.expose('leftAt', {
      ...shared('When the span ended. Null while a member.'),
      type: 'DateTime',
      nullable: true,
    }),
    isOnline: t.boolean({
      description:
        'True while a WebSocket or an event stream that is signed in as them is open, and for 5 s after the last one closed. False when the span has ended.',
      resolve: ({ userId, leftAt }, _args, { services }) => leftAt === null && services.presence.isOnline(userId),
    }),
  }),
});

const MemberConnection = builder.connectionObject(
  { type: MemberRef, name: 'MemberConnection', description: 'A page of members, in the order of joining.' },
  { name: 'MemberEdge', description: 'A member and their place in the connection.' },
);

const roomMembers = pagesByPosition('Room.members');

builder.objectFields(RoomRef, (t) => ({
  viewerMember: t.field({
    type: MemberRef,
    nullable: true,
    description: "The viewer's own membership. Null: not a member.",
    resolve: (room, _args, context) =>
      context.services.queries.viewerMember(context.reading, requireViewer(context), room.id),
  }),
  members: t.field({
    type: MemberConnection,
    description: 'Who is a member now, in the order of joining.',
    args: pageArguments('first'),
    complexity: pageCost,
    resolve: async (room, args, context) => {
      const request = readPage(roomMembers, args, 'first');
      await requireReadable(context, room);
      const page = await context.services.queries.members(context.reading, room.id, request);
      return toConnection(roomMembers, page, (member) => member.joinedPosition);
    },
  }),
}));
