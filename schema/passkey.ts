import { z } from 'zod';
import type { CreationResponse, RequestResponse } from '../src/chat/accounts/passkey-proof.ts';
import { passkeysPerPerson } from '../src/chat/accounts/passkey-rules.ts';
import type { Passkey } from '../src/chat/model.ts';
import { isRefused, type Refusal, type Refused, refuse } from '../src/chat/refusal.ts';
import { textLimits } from '../src/chat/text.ts';
import { requireViewer } from './access.ts';
import { builder } from './builder.ts';
import { Change, errorsDescription } from './change.ts';
import type { Context } from './context.ts';
import { UserErrorRef } from './errors.ts';
import { encodeId, idOf, unknownId } from './ids.ts';
import { removedPayload, runRemoval } from './removal.ts';
import { CredentialKindRef, SignInPayload, signIn } from './sign-in.ts';

export const PasskeyRef = builder.objectRef<Passkey>('Passkey').implement({
  description: 'A key on a device of the viewer that lets them in without a password. Nobody else sees it.',
  fields: (t) => ({
    id: t.id({ description: 'Global id.', resolve: ({ id }) => encodeId('passkey', id) }),
    name: t.exposeString('name', { description: 'What the viewer calls it.' }),
    isBackedUp: t.exposeBoolean('isBackedUp', {
      description: 'True when a service copies it to other devices, so that it outlives this one.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was added.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it last let the viewer in. Null: never yet.',
    }),
  }),
});

interface PasskeyAnswer {
  readonly passkey: Passkey | null;
  readonly errors: readonly Refusal[];
}

const passkeyPayload = (name: string) =>
  builder.objectRef<PasskeyAnswer>(name).implement({
    description: 'What came of the mutation.',
    fields: (t) => ({
      passkey: t.expose('passkey', {
        type: PasskeyRef,
        nullable: true,
        description: 'The passkey. Null when refused.',
      }),
      errors: t.field({ type: [UserErrorRef], description: errorsDescription, resolve: ({ errors }) => [...errors] }),
    }),
  });

interface OptionsAnswer {
  readonly options: object | null;
  readonly errors: readonly Refusal[];
}

const PasskeyOptionsPayload = builder.objectRef<OptionsAnswer>('PasskeyOptionsPayload').implement({
  description: 'What to give the browser.',
  fields: (t) => ({
    options: t.expose('options', {
      type: 'WebAuthnJSON',
      nullable: true,
      description: 'Options with a challenge that holds once, for five minutes, on any node. Null when refused.',
    }),
    errors: t.field({ type: [UserErrorRef], description: errorsDescription, resolve: ({ errors }) => [...errors] }),
  }),
});

const nameDescription = `One line of 1 to ${textLimits.displayNameCodePoints} code points, blanks at both ends not counted.`;

const askingToAdd = new Change({
  does: `Begins to add a passkey to the caller's account: options for the browser, whose answer goes to registerPasskey.`,
  bucket: 'changes',
  codes: ['ACCOUNT_REQUIRED', 'TOO_MANY_PASSKEYS', 'SIGN_IN_AGAIN', 'PASSKEYS_UNAVAILABLE'],
});

builder.mutationField('passkeyRegistrationOptions', (t) =>
  t.field({
    ...askingToAdd.field,
    type: PasskeyOptionsPayload,
    resolve: (_root, _args, context) =>
      giveOptions(askingToAdd, context, () => context.services.passkeys.optionsToAdd(requireViewer(context))),
  }),
);

const adding = new Change({
  does: `Adds the passkey that the browser made by passkeyRegistrationOptions. A person has at most ${passkeysPerPerson}. Asks for a recent sign-in.`,
  bucket: 'changes',
  codes: [
    'PASSKEY_REFUSED',
    'PASSKEY_NAME_INVALID',
    'ACCOUNT_REQUIRED',
    'TOO_MANY_PASSKEYS',
    'SIGN_IN_AGAIN',
    'PASSKEYS_UNAVAILABLE',
  ],
});

builder.mutationField('registerPasskey', (t) =>
  t.fieldWithInput({
    ...adding.field,
    type: passkeyPayload('RegisterPasskeyPayload'),
    typeOptions: { description: 'The passkey to add.' },
    input: {
      response: t.input.field({
        type: 'WebAuthnJSON',
        required: true,
        description: 'What the browser answered to the options of passkeyRegistrationOptions.',
      }),
      name: t.input.string({ description: `What to call it: ${nameDescription} Absent: «Passkey».` }),
    },
    resolve: (_root, { input }, context) =>
      givePasskey(adding, context, () => {
        const response = creationResponse.safeParse(input.response);
        if (!response.success) return noResponse();
        const given = { response: response.data as CreationResponse, name: input.name ?? null };
        return context.services.passkeys.add(requireViewer(context), given);
      }),
  }),
);

const askingToSignIn = new Change({
  does: 'Begins to sign in by passkey: options for the browser, whose answer goes to signInWithPasskey. No handle is needed. Open to all.',
  bucket: 'signIns',
  codes: ['PASSKEYS_UNAVAILABLE'],
});

builder.mutationField('passkeySignInOptions', (t) =>
  t.field({
    ...askingToSignIn.field,
    type: PasskeyOptionsPayload,
    isOpen: true,
    resolve: (_root, _args, context) =>
      giveOptions(askingToSignIn, context, () => context.services.passkeys.optionsToSignIn()),
  }),
);

const signingIn = new Change({
  does: 'Signs in by the passkey that the browser used on the options of passkeySignInOptions. Open to all.',
  bucket: 'signIns',
  codes: ['PASSKEY_REFUSED', 'PASSKEYS_UNAVAILABLE', 'COOKIE_UNAVAILABLE'],
});

builder.mutationField('signInWithPasskey', (t) =>
  t.fieldWithInput({
    ...signingIn.field,
    type: SignInPayload,
    isOpen: true,
    typeOptions: { description: 'The passkey that was used.' },
    input: {
      response: t.input.field({
        type: 'WebAuthnJSON',
        required: true,
        description: 'What the browser answered to the options of passkeySignInOptions.',
      }),
      credential: t.input.field({
        type: CredentialKindRef,
        required: true,
        defaultValue: 'TOKEN',
        description: 'Token or cookie.',
      }),
    },
    resolve: (_root, { input }, context) =>
      signIn(signingIn, context, input.credential, async () => {
        const response = readRequestResponse(input.response);
        return response ? context.services.passkeys.signIn(response, context.origin) : noResponse();
      }),
  }),
);

const renaming = new Change({
  does: 'Gives a passkey of the caller another name.',
  bucket: 'changes',
  codes: ['PASSKEY_NAME_INVALID', 'NOT_FOUND'],
});

builder.mutationField('renamePasskey', (t) =>
  t.fieldWithInput({
    ...renaming.field,
    type: passkeyPayload('RenamePasskeyPayload'),
    typeOptions: { description: 'Which passkey to name, and how.' },
    input: {
      passkeyId: t.input.id({ required: true, description: 'Global id of the passkey.' }),
      name: t.input.string({ required: true, description: nameDescription }),
    },
    resolve: (_root, { input }, context) =>
      givePasskey(renaming, context, () => {
        const id = idOf('passkey', input.passkeyId);
        if (!id) return unknownId('passkeyId');
        return context.services.passkeys.rename(requireViewer(context), id, input.name);
      }),
  }),
);

const removing = new Change({
  does: 'Removes a passkey of the caller: it lets nobody in any more. Not the last way to sign in.',
  bucket: 'changes',
  codes: ['NOT_FOUND', 'LAST_SIGN_IN_WAY'],
});

builder.mutationField('removePasskey', (t) =>
  t.fieldWithInput({
    ...removing.field,
    type: removedPayload('RemovePasskeyPayload', 'passkey'),
    typeOptions: { description: 'Which passkey to remove.' },
    input: { passkeyId: t.input.id({ required: true, description: 'Global id of the passkey.' }) },
    resolve: (_root, { input }, context) =>
      runRemoval(removing, context, 'passkey', () => {
        const id = idOf('passkey', input.passkeyId);
        if (!id) return unknownId('passkeyId');
        return context.services.passkeys.remove(requireViewer(context), id);
      }),
  }),
);

async function giveOptions(
  change: Change,
  context: Context,
  act: () => Promise<Refused | { readonly options: object }>,
): Promise<OptionsAnswer> {
  const outcome = await change.attempt(context, act);
  return isRefused(outcome) ? { options: null, errors: [outcome.refusal] } : { ...outcome, errors: [] };
}

async function givePasskey(
  change: Change,
  context: Context,
  act: () => Promise<Refused | Passkey> | Refused,
): Promise<PasskeyAnswer> {
  const outcome = await change.attempt(context, act);
  return isRefused(outcome) ? { passkey: null, errors: [outcome.refusal] } : { passkey: outcome, errors: [] };
}

/** Null: this is no answer of a browser to the options of passkeySignInOptions. */
export function readRequestResponse(given: unknown): RequestResponse | null {
  const response = requestResponse.safeParse(given);
  return response.success ? (response.data as RequestResponse) : null;
}

export function noResponse(): Refused {
  return refuse('PASSKEY_REFUSED', 'this is not what a browser answers to the options', ['input', 'response']);
}

const bytes = (limit: number) =>
  z
    .string()
    .min(1)
    .max(limit)
    .regex(/^[A-Za-z0-9_-]+$/);

/** Bounds of what is decoded; the longest that authenticators make are far below. */
const credential = { id: bytes(1_400), rawId: bytes(1_400), type: z.literal('public-key') };
const creationResponse = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: bytes(8_192),
    attestationObject: bytes(32_768),
    transports: z
      .array(
        z
          .string()
          .max(20)
          .regex(/^[a-z-]+$/),
      )
      .max(10)
      .optional(),
  }),
  clientExtensionResults: z.unknown().transform(() => ({})),
});
const requestResponse = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: bytes(8_192),
    authenticatorData: bytes(8_192),
    signature: bytes(8_192),
    // Absent where the authenticator was told whom to sign for; some browsers then send null.
    userHandle: bytes(128)
      .nullish()
      .transform((handle) => handle ?? undefined),
  }),
  clientExtensionResults: z.unknown().transform(() => ({})),
});
