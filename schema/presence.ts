import type { UserId } from '../src/chat/model.ts';
import type { StreamItem } from '../src/hub/contract.ts';
import { StreamPlan } from '../src/hub/plan.ts';
import { roomOfArgument } from './access.ts';
import { builder } from './builder.ts';
import { sourceOf } from './message-updates.ts';
import { UserRef } from './refs.ts';
import { shared } from './shared.ts';
import { endOf, StreamEndRef } from './stream.ts';

/** As many as a page has; `count` says how many there are. */
const shownUsersLimit = 100;

const PresenceRef = builder.objectRef<StreamItem>('Presence').implement({
  description:
    'Which members of a room are online: the whole state, not a change. A person is online while a WebSocket or an event stream that is signed in as them is open.',
  fields: (t) => ({
    users: t.field({
      ...shared('The first 100 of them, in the order in which their accounts were made.'),
      type: [UserRef],
      complexity: { field: 1, multiplier: shownUsersLimit },
      resolve: async (item, _args, { reading }) => {
        if (item.kind !== 'presence') return [];
        const ids = item.userIds.slice(0, shownUsersLimit) as UserId[];
        const users = await Promise.all(ids.map((id) => reading.users.load(id)));
        return users.filter((user) => user !== null);
      },
    }),
    count: t.int({
      ...shared('How many there are in all.'),
      resolve: (item) => (item.kind === 'presence' ? item.count : 0),
    }),
    end: t.field({
      ...shared('Why the stream ended. Null but in its last item.'),
      type: StreamEndRef,
      nullable: true,
      resolve: endOf,
    }),
  }),
});

builder.subscriptionField('presence', (t) =>
  t.field({
    ...shared(
      'Which members of a room are online: the state now, then the new state after changes, at most one a second. Not in the log.',
    ),
    type: PresenceRef,
    args: { roomId: t.arg.id({ required: true, description: 'Global id of a room that the viewer may read.' }) },
    subscribe: async (_root, args, context): Promise<AsyncIterable<StreamItem>> => {
      const room = await roomOfArgument(context, args.roomId, 'roomId');
      return new StreamPlan(sourceOf('presence', room, context), { kind: 'now' });
    },
    resolve: (item) => item as StreamItem,
  }),
);
