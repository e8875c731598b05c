import { type RetentionBounds, retentionDaysOf } from '../src/chat/retention/retention.ts';
import { builder } from './builder.ts';
import { MessageRef, RoomRef } from './refs.ts';
import { ServerRef } from './server.ts';
import { shared } from './shared.ts';

const RetentionRef = builder.objectRef<RetentionBounds>('MessageRetention').implement({
  description: 'How long texts of messages stay in the rooms of a server.',
  fields: (t) => ({
    defaultDays: t.exposeInt('defaultDays', {
      nullable: true,
      description: 'In rooms whose owners chose nothing. Null: for maxDays.',
    }),
    minDays: t.exposeInt('minDays', { description: 'The shortest time that owners may choose.' }),
    maxDays: t.exposeInt('maxDays', { nullable: true, description: 'The longest, for all rooms. Null: for ever.' }),
  }),
});

builder.objectField(ServerRef, 'messageRetention', (t) =>
  t.field({
    type: RetentionRef,
    description: 'How long texts of messages stay here.',
    resolve: (server) => server.messageRetention,
  }),
);

builder.objectField(RoomRef, 'messageRetentionDays', (t) =>
  t.int({
    ...shared(
      'After how many days the texts of its messages are taken away, as chosen by its owners or by the server. Null: never.',
    ),
    nullable: true,
    resolve: (room, _args, { services }) =>
      retentionDaysOf(room.messageRetentionDays, services.server.messageRetention),
  }),
);

builder.objectField(MessageRef, 'isExpired', (t) =>
  t.exposeBoolean('isExpired', {
    ...shared('True for a tombstone that Room.messageRetentionDays made, of a message that nobody deleted.'),
  }),
);
