import type { User, UserProfile, UserStatus } from '../src/chat/model.ts';
import { statusSecondsLimit } from '../src/chat/profiles/profiles.ts';
import { textLimits } from '../src/chat/text.ts';
import { displayNameDescription, userPayload } from './account.ts';
import { builder } from './builder.ts';
import { Change, clientKeyDescription } from './change.ts';
import type { Context } from './context.ts';
import { UserRef } from './refs.ts';

const StatusRef = builder.objectRef<UserStatus>('UserStatus').implement({
  description: 'What somebody is at just now, in their own words.',
  fields: (t) => ({
    text: t.exposeString('text', {
      description: `One line of at most ${textLimits.statusCodePoints} code points.`,
    }),
    emoji: t.exposeString('emoji', { nullable: true, description: 'One emoji. Null: none.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it is over: from then on it is null, without an event. Null: it stays.',
    }),
  }),
});

// Not shared: whom somebody shows these to may come to depend on who asks, and handing them out stays possible.
builder.objectFields(UserRef, (t) => ({
  bio: t.string({
    description: `What they tell of themselves, in at most ${textLimits.bioCodePoints} code points; for everyone signed in. Null: nothing.`,
    nullable: true,
    resolve: async (user, _args, context) => (await profileOf(user, context)).bio,
  }),
  pronouns: t.string({
    description: `How they wish to be spoken of, in one line of at most ${textLimits.pronounsCodePoints} code points; for everyone signed in. Null: not told.`,
    nullable: true,
    resolve: async (user, _args, context) => (await profileOf(user, context)).pronouns,
  }),
  timeZone: t.string({
    description: 'Where their clock goes by: a name of the IANA database; for everyone signed in. Null: not told.',
    nullable: true,
    resolve: async (user, _args, context) => (await profileOf(user, context)).timeZone,
  }),
  status: t.field({
    type: StatusRef,
    description: 'What they are at just now; for everyone signed in. Null: not told, or over.',
    nullable: true,
    resolve: async (user, _args, context) => {
      const { status } = await profileOf(user, context);
      return status?.expiresAt && status.expiresAt.getTime() <= Date.now() ? null : status;
    },
  }),
}));

const StatusInput = builder.inputType('UserStatusInput', {
  description: 'A status to have.',
  fields: (t) => ({
    text: t.string({
      required: true,
      description: `One line of 1 to ${textLimits.statusCodePoints} code points, blanks at both ends not counted.`,
    }),
    emoji: t.string({ description: 'One emoji. Absent or null: none.' }),
    expiresInSeconds: t.int({
      description: `In how many seconds it is over: 1 to ${statusSecondsLimit}. Absent or null: it stays.`,
    }),
  }),
});

const updatingProfile = new Change({
  does: 'Changes what others see of the caller. What is absent stays; null, or a text of blanks, clears.',
  bucket: 'changes',
  codes: [
    'DISPLAY_NAME_INVALID',
    'BIO_INVALID',
    'PRONOUNS_INVALID',
    'TIME_ZONE_INVALID',
    'STATUS_INVALID',
    'KEY_INVALID',
    'KEY_CONFLICT',
  ],
});

builder.mutationField('updateProfile', (t) =>
  t.fieldWithInput({
    ...updatingProfile.field,
    type: userPayload('UpdateProfilePayload'),
    typeOptions: { description: 'What to change.' },
    input: {
      displayName: t.input.string({ description: `${displayNameDescription} Absent or null: unchanged.` }),
      bio: t.input.string({
        description: `What to tell of oneself, in at most ${textLimits.bioCodePoints} code points, blanks at both ends not counted.`,
      }),
      pronouns: t.input.string({
        description: `How to be spoken of: one line of at most ${textLimits.pronounsCodePoints} code points.`,
      }),
      timeZone: t.input.string({
        description: 'A name of the IANA database, as Europe/Berlin; capitals count for nothing.',
      }),
      status: t.input.field({ type: StatusInput, description: 'What one is at just now.' }),
      clientKey: t.input.string({ description: clientKeyDescription }),
    },
    resolve: (_root, { input }, context) =>
      updatingProfile.run(context, (actor) => {
        const { displayName, status, clientKey = null, ...rest } = input;
        return context.services.commands.updateProfile(actor, {
          ...rest,
          displayName: displayName ?? undefined,
          status: status && {
            text: status.text,
            emoji: status.emoji ?? null,
            expiresInSeconds: status.expiresInSeconds ?? null,
          },
          clientKey,
        });
      }),
  }),
);

function profileOf({ id }: User, { services, reading }: Context): Promise<UserProfile> {
  return services.queries.userProfile(reading, id);
}
