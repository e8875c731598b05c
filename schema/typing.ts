import type { UserId } from '../src/chat/model.ts';
import { isRefused, type Refusal, refuse } from '../src/chat/refusal.ts';
import type { StreamItem } from '../src/hub/contract.ts';
import { StreamPlan } from '../src/hub/plan.ts';
import { typingRepeatAfterMs } from '../src/presence/contract.ts';
import { readableRoom, requireViewer, roomOfArgument } from './access.ts';
import { builder } from './builder.ts';
import { Change, errorsDescription } from './change.ts';
import type { Context } from './context.ts';
import { UserErrorRef } from './errors.ts';
import { idOf, unknownId } from './ids.ts';
import { sourceOf } from './message-updates.ts';
import { UserRef } from './refs.ts';
import { shared } from './shared.ts';
import { endOf, StreamEndRef } from './stream.ts';

/** More names than anybody reads; `count` says how many there are. */
const shownUsersLimit = 20;

const TypingRef = builder.objectRef<StreamItem>('Typing').implement({
  description: 'Who is typing in a room: the whole state, not a change.',
  fields: (t) => ({
    users: t.field({
      ...shared('The first 20 of them, in the order in which they began.'),
      type: [UserRef],
      complexity: { field: 1, multiplier: shownUsersLimit },
      resolve: async (item, _args, { reading }) => {
        const ids = typistsOf(item).slice(0, shownUsersLimit) as UserId[];
        const users = await Promise.all(ids.map((id) => reading.users.load(id)));
        return users.filter((user) => user !== null);
      },
    }),
    count: t.int({ ...shared('How many there are in all.'), resolve: (item) => typistsOf(item).length }),
    end: t.field({
      ...shared('Why the stream ended. Null but in its last item.'),
      type: StreamEndRef,
      nullable: true,
      resolve: endOf,
    }),
  }),
});

builder.subscriptionField('typing', (t) =>
  t.field({
    ...shared('Who is typing in a room: the state now, then the new state after each change. Not in the log.'),
    type: TypingRef,
    args: { roomId: t.arg.id({ required: true, description: 'Global id of a room that the viewer may read.' }) },
    subscribe: async (_root, args, context): Promise<AsyncIterable<StreamItem>> => {
      const room = await roomOfArgument(context, args.roomId, 'roomId');
      return new StreamPlan(sourceOf('typing', room, context), { kind: 'now' });
    },
    resolve: (item) => item as StreamItem,
  }),
);

interface SetTyping {
  readonly repeatAfterMs: number | null;
  readonly errors: readonly Refusal[];
}

const SetTypingPayload = builder.objectRef<SetTyping>('SetTypingPayload').implement({
  description: 'What came of the mutation.',
  fields: (t) => ({
    repeatAfterMs: t.exposeInt('repeatAfterMs', {
      nullable: true,
      description:
        'Who goes on typing calls again after so many milliseconds; without, it ends by itself a little later. Null when refused or when isTyping was false.',
    }),
    errors: t.field({ type: [UserErrorRef], description: errorsDescription, resolve: ({ errors }) => [...errors] }),
  }),
});

const setting = new Change({
  does: 'Says that the caller types in a room, or no longer does, as a member. Seen by all who read the room, and forgotten.',
  bucket: 'typing',
  codes: ['NOT_FOUND', 'NOT_A_MEMBER'],
});

builder.mutationField('setTyping', (t) =>
  t.fieldWithInput({
    ...setting.field,
    type: SetTypingPayload,
    typeOptions: { description: 'Where, and whether.' },
    input: {
      roomId: t.input.id({ required: true, description: 'Global id of the room.' }),
      isTyping: t.input.boolean({ required: true, description: 'True: begins or goes on; false: stops.' }),
    },
    resolve: async (_root, { input }, context): Promise<SetTyping> => {
      const set = await setting.attempt(context, () => setTyping(input, context));
      if (isRefused(set)) return { repeatAfterMs: null, errors: [set.refusal] };
      return { repeatAfterMs: input.isTyping ? typingRepeatAfterMs : null, errors: [] };
    },
  }),
);

async function setTyping(input: { readonly roomId: string; readonly isTyping: boolean }, context: Context) {
  const viewer = requireViewer(context);
  const { queries, typing } = context.services;
  const roomId = idOf('room', input.roomId);
  if (!roomId || !(await readableRoom(context, roomId))) return unknownId('roomId');
  const member = await queries.viewerMember(context.reading, viewer, roomId);
  if (!member) return refuse('NOT_A_MEMBER', 'only members type in a room: join it first', ['input', 'roomId']);
  if (input.isTyping) typing.start(roomId, viewer.user.id);
  else typing.stop(roomId, viewer.user.id);
  return member;
}

function typistsOf(item: StreamItem): readonly string[] {
  return item.kind === 'typing' ? item.userIds : [];
}
