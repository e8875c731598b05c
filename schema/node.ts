import { z } from 'zod';
import { requireViewer } from './access.ts';
import { builder } from './builder.ts';
import type { Context } from './context.ts';
import { decodeId } from './ids.ts';
import { sizeCost } from './page.ts';
import { NodeRef } from './refs.ts';
import { shared } from './shared.ts';

const idsLimit = 100;

NodeRef.implement({
  description: 'Something with an id that holds for ever and in all of the schema.',
  fields: (t) => ({
    id: t.id({
      ...shared('Opaque, unique in the whole schema.'),
      resolve: () => {
        throw new Error('each type that is a Node resolves its own id');
      },
    }),
  }),
});

builder.queryFields((t) => ({
  node: t.field({
    type: NodeRef,
    nullable: true,
    description: 'Whatever has this id. Null: unknown, not yours to see, or no id of ours at all; all alike.',
    args: { id: t.arg.id({ required: true, description: 'Global id.' }) },
    resolve: (_root, args, context) => loadNode(context, args.id),
  }),
  nodes: t.field({
    type: [NodeRef],
    nullable: { list: false, items: true },
    description: 'Whatever has these ids, in their order. Null in the place of each that `node` would give null for.',
    args: {
      ids: t.arg.idList({
        required: true,
        description: 'Global ids, at most 100.',
        validate: z.array(z.string()).max(idsLimit, `at most ${idsLimit} ids at once`),
      }),
    },
    complexity: (args) => sizeCost(args.ids.length),
    resolve: (_root, args, context) => args.ids.map((id) => loadNode(context, id)),
  }),
}));

/** Judges by the rights of the kind, and names the type itself: a plain row does not say what it is. */
async function loadNode(context: Context, globalId: string) {
  const viewer = requireViewer(context);
  const { reading } = context;
  const { queries } = context.services;
  const node = decodeId(globalId);
  switch (node?.kind) {
    case undefined:
    // Only their own list shows them.
    case 'session':
    case 'passkey':
    case 'identity':
    case 'apiToken':
      return null;
    case 'room':
      return named('Room', await queries.roomById(reading, viewer, node.id));
    case 'user':
      return named('User', await queries.userById(reading, node.id));
    case 'member':
      return named('Member', await queries.memberById(reading, viewer, node.id));
    case 'message':
      return named('Message', await queries.messageById(reading, viewer, node.id));
  }
}

function named<Row extends object>(typeName: string, row: Row | null): (Row & { __typename: string }) | null {
  return row && { ...row, __typename: typeName };
}
