import { textLimits } from '../src/chat/text.ts';
import { requireViewer } from './access.ts';
import { builder } from './builder.ts';
import { encodeId, idOf, isStorable } from './ids.ts';
import { pageCost, pagesBySlug, readPage, toConnection } from './page.ts';
import { pageArguments } from './page-arguments.ts';
import { NodeRef, RoomRef } from './refs.ts';
import { shared } from './shared.ts';

export const RoomKindRef = builder.enumType('RoomKind', {
  description: 'Who may read a room.',
  values: {
    PUBLIC: { description: 'Every signed-in person knows of it and reads it; members send.' },
    PRIVATE: { description: 'Members alone know of it.' },
  } as const,
});

RoomRef.implement({
  description: 'Where people talk.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ ...shared('Global id.'), resolve: (room) => encodeId('room', room.id) }),
    kind: t.expose('kind', { type: RoomKindRef, description: 'Who may read it. Never changes.' }),
    slug: t.exposeString('slug', {
      ...shared(
        'Unique name for addresses: 2 to 40 of a-z, 0-9 and single hyphens. Private rooms get one by themselves, with two hyphens in it, which nobody can choose.',
      ),
    }),
    name: t.exposeString('name', {
      ...shared(`The name to show: one line, at most ${textLimits.roomNameCodePoints} code points.`),
    }),
    topic: t.exposeString('topic', {
      ...shared(`What it is about, at most ${textLimits.roomTopicCodePoints} code points. Null: nothing was said.`),
      nullable: true,
    }),
    version: t.exposeInt('version', { description: 'Counts the changes of name, topic and retention, from 1.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
  }),
});

export const RoomConnection = builder.connectionObject(
  { type: RoomRef, name: 'RoomConnection', description: 'A page of rooms, in the order of their slugs.' },
  { name: 'RoomEdge', description: 'A room and its place in the connection.' },
);

const RoomRefInput = builder.inputType('RoomRef', {
  description: 'Names a room in one of two ways; give exactly one.',
  isOneOf: true,
  fields: (t) => ({
    id: t.id({ description: 'Global id.' }),
    slug: t.string({ description: 'The slug, as it stands in Room.slug.' }),
  }),
});

const publicRooms = pagesBySlug('Query.rooms');

builder.queryFields((t) => ({
  room: t.field({
    type: RoomRef,
    nullable: true,
    description: 'A room. Null: there is none such, or it is not yours to see; both alike.',
    args: { by: t.arg({ type: RoomRefInput, required: true, description: 'Which one.' }) },
    resolve: (_root, { by }, context) => {
      const viewer = requireViewer(context);
      const { queries } = context.services;
      if (by.slug !== undefined)
        return isStorable(by.slug) ? queries.roomBySlug(context.reading, viewer, by.slug) : null;
      const id = idOf('room', by.id);
      return id && queries.roomById(context.reading, viewer, id);
    },
  }),
  rooms: t.field({
    type: RoomConnection,
    description: 'The public rooms, in the order of their slugs.',
    args: pageArguments('first'),
    complexity: pageCost,
    resolve: async (_root, args, { services, reading }) => {
      const page = await services.queries.publicRooms(reading, readPage(publicRooms, args, 'first'));
      return toConnection(publicRooms, page, (room) => room.slug);
    },
  }),
}));
