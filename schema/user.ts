import { avatarPath } from '../src/chat/profiles/avatars.ts';
import { textLimits } from '../src/chat/text.ts';
import { builder } from './builder.ts';
import { encodeId, idOf, isStorable } from './ids.ts';
import { NodeRef, UserRef } from './refs.ts';
import { shared } from './shared.ts';

UserRef.implement({
  description: 'A person, or a program that takes part like one.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ ...shared('Global id.'), resolve: (user) => encodeId('user', user.id) }),
    handle: t.exposeString('handle', {
      ...shared('Unique short name, in lower case. Null for guests.'),
      nullable: true,
    }),
    displayName: t.exposeString('displayName', {
      ...shared(`The name to show; not unique. At most ${textLimits.displayNameCodePoints} code points.`),
    }),
    isGuest: t.exposeBoolean('isGuest', { ...shared('True for people who entered by a display name alone.') }),
    isBot: t.exposeBoolean('isBot', { ...shared('True for programs.') }),
    avatarUrl: t.string({
      ...shared('Path of their picture on this server; another picture has another path. Null: none.'),
      nullable: true,
      resolve: ({ avatarHash }) => avatarHash && avatarPath(avatarHash),
    }),
    isDeleted: t.exposeBoolean('isDeleted', {
      ...shared('True for people who deleted their account: what they wrote, if they left it, stands under no name.'),
    }),
  }),
});

const UserRefInput = builder.inputType('UserRef', {
  description: 'Names a user in one of two ways; give exactly one.',
  isOneOf: true,
  fields: (t) => ({
    id: t.id({ description: 'Global id.' }),
    handle: t.string({ description: 'The handle; capitals count for nothing.' }),
  }),
});

builder.queryField('user', (t) =>
  t.field({
    type: UserRef,
    nullable: true,
    description: 'A user. Null: there is none such.',
    args: { by: t.arg({ type: UserRefInput, required: true, description: 'Which one.' }) },
    resolve: (_root, { by }, { services, reading }) => {
      if (by.handle !== undefined)
        return isStorable(by.handle) ? services.queries.userByHandle(reading, by.handle) : null;
      const id = idOf('user', by.id);
      return id && services.queries.userById(reading, id);
    },
  }),
);
