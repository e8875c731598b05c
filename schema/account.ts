import { foldHandle } from '../src/chat/accounts/handles.ts';
import { passwordLimits } from '../src/chat/accounts/passwords.ts';
import type { Viewer } from '../src/chat/model.ts';
import { isRefused, type Refused, refuse } from '../src/chat/refusal.ts';
import { textLimits } from '../src/chat/text.ts';
import { requireViewer } from './access.ts';
import { builder } from './builder.ts';
import { Change, changePayload, clientKeyDescription } from './change.ts';
import type { Context } from './context.ts';
import { UserRef } from './refs.ts';
import { endedPayload, endSessions } from './session.ts';
import { CredentialKindRef, SignInPayload, signIn } from './sign-in.ts';

export const handleDescription =
  '2 to 30 of a-z, 0-9, _ and ., beginning with a letter and not ending with a dot; capitals count for nothing.';
const passwordDescription = `${passwordLimits.minCodePoints} to ${passwordLimits.maxCodePoints} code points of any sort, compared after NFKC.`;
export const displayNameDescription = `The name to show: one line of 1 to ${textLimits.displayNameCodePoints} code points, blanks at both ends not counted. Others may have the same.`;
const credentialField = { required: true, defaultValue: 'TOKEN', description: 'Token or cookie.' } as const;

const signingUp = new Change({
  does: 'Makes an account with a handle and a password, and signs in. A guest who is signed in keeps id and history; their session goes on under the new token. Open to all.',
  bucket: 'signUps',
  codes: [
    'HANDLE_INVALID',
    'HANDLE_TAKEN',
    'PASSWORD_INVALID',
    'PASSWORD_COMMON',
    'DISPLAY_NAME_INVALID',
    'ALREADY_SIGNED_UP',
    'COOKIE_UNAVAILABLE',
  ],
});

builder.mutationField('signUp', (t) =>
  t.fieldWithInput({
    ...signingUp.field,
    type: SignInPayload,
    isOpen: true,
    typeOptions: { description: 'How to sign up.' },
    input: {
      handle: t.input.string({ required: true, description: `The handle to have: ${handleDescription}` }),
      password: t.input.string({ required: true, description: `The password to have: ${passwordDescription}` }),
      displayName: t.input.string({
        description: `${displayNameDescription} Absent: a guest keeps theirs, others get their handle.`,
      }),
      credential: t.input.field({ type: CredentialKindRef, ...credentialField }),
    },
    resolve: (_root, { input }, context) =>
      signIn(signingUp, context, input.credential, () => {
        const { handle, password, displayName = null } = input;
        return context.services.accounts.signUp(context.viewer, { handle, password, displayName }, context.origin);
      }),
  }),
);

const signingIn = new Change({
  does: 'Signs in with handle and password. Open to all.',
  bucket: 'signIns',
  codes: ['SIGN_IN_FAILED', 'COOKIE_UNAVAILABLE'],
});

builder.mutationField('signIn', (t) =>
  t.fieldWithInput({
    ...signingIn.field,
    type: SignInPayload,
    isOpen: true,
    typeOptions: { description: 'Who signs in.' },
    input: {
      handle: t.input.string({ required: true, description: 'The handle; capitals count for nothing.' }),
      password: t.input.string({ required: true, description: 'The password.' }),
      credential: t.input.field({ type: CredentialKindRef, ...credentialField }),
    },
    resolve: (_root, { input }, context) =>
      signIn(signingIn, context, input.credential, async () => {
        const { handle, password } = input;
        const refused = await overSignInRate(context, foldHandle(handle));
        return refused ?? context.services.accounts.signIn({ handle, password }, context.origin);
      }),
  }),
);

const changingPassword = new Change({
  does: 'Changes the password: all other sessions end, and the API tokens too where that is asked. Who has none sets the first one, by a recent sign-in: that ends no session.',
  bucket: 'signIns',
  codes: ['PASSWORD_WRONG', 'PASSWORD_INVALID', 'PASSWORD_COMMON', 'SIGN_IN_AGAIN', 'ACCOUNT_REQUIRED'],
});

builder.mutationField('changePassword', (t) =>
  t.fieldWithInput({
    ...changingPassword.field,
    type: endedPayload('ChangePasswordPayload'),
    typeOptions: { description: 'The password, and the one to come.' },
    input: {
      currentPassword: t.input.string({ description: 'The password as it is. Absent or null: there is none yet.' }),
      newPassword: t.input.string({ required: true, description: `The password to have: ${passwordDescription}` }),
      endApiTokens: t.input.boolean({
        required: true,
        defaultValue: false,
        description: 'Whether the API tokens of the caller end too; those of their bots stay.',
      }),
    },
    resolve: (_root, { input }, context) =>
      endSessions(changingPassword, context, async () => {
        const viewer = requireViewer(context);
        const { currentPassword = null, newPassword, endApiTokens: endsApiTokens } = input;
        const refused = currentPassword === null ? null : await overPasswordRate(context, viewer);
        if (refused) return refused;
        const given = { currentPassword, newPassword, endsApiTokens };
        const outcome = await context.services.accounts.changePassword(viewer, given);
        // What browsers knew the account by is void with the old password; this one goes on.
        if (!isRefused(outcome) && context.isByCookie) {
          context.setDevice?.(await context.services.places.remember(context.device, viewer.user.id));
        }
        return outcome;
      }),
  }),
);

const changingHandle = new Change({
  does: 'Changes the handle; the old one is free for others at once.',
  bucket: 'changes',
  codes: ['HANDLE_INVALID', 'HANDLE_TAKEN', 'ACCOUNT_REQUIRED', 'KEY_INVALID', 'KEY_CONFLICT'],
});

export const userPayload = (name: string) =>
  changePayload(name, { name: 'user', type: UserRef, description: 'The caller, as others see them now.' });

builder.mutationField('changeHandle', (t) =>
  t.fieldWithInput({
    ...changingHandle.field,
    type: userPayload('ChangeHandlePayload'),
    typeOptions: { description: 'The handle to have.' },
    input: {
      handle: t.input.string({ required: true, description: handleDescription }),
      clientKey: t.input.string({ description: clientKeyDescription }),
    },
    resolve: (_root, { input }, context) =>
      changingHandle.run(context, (actor) =>
        context.services.commands.changeHandle(actor, { handle: input.handle, clientKey: input.clientKey ?? null }),
      ),
  }),
);

/** Guesses at the password of somebody who is signed in count by their session: one that was stolen does not hold up the others. */
export function overPasswordRate(context: Context, { credentialId }: Viewer): Promise<Refused | null> {
  return refusalAfter(context.spend('passwords', `session ${credentialId}`));
}

/**
 * Guesses at an account from outside count together, from wherever they come: but for those from a place from which somebody
 * has signed in to it before, which count by the place.
 */
async function overSignInRate(context: Context, handle: string): Promise<Refused | null> {
  const { services, device, origin } = context;
  const known = device === null ? null : await services.places.ofDevice(handle, device);
  const refused = await refusalAfter(context.spend('passwords', known ?? `handle ${handle}`));
  if (!refused || known !== null || origin.address === null) return refused;
  const here = await services.places.ofAddress(handle, origin.address);
  return here === null ? refused : refusalAfter(context.spend('passwords', here));
}

async function refusalAfter(spending: Promise<number | null>): Promise<Refused | null> {
  const retryAfterMs = await spending;
  if (retryAfterMs === null) return null;
  const message = `too many passwords were tried for this account: wait ${retryAfterMs} ms`;
  return refuse('RATE_LIMITED', message, null, { bucket: 'passwords', retryAfterMs });
}
