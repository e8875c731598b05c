import type { SignedIn } from '../src/chat/contract.ts';
import type { Viewer } from '../src/chat/model.ts';
import { isRefused, type Refusal, type Refused, refuse } from '../src/chat/refusal.ts';
import { textLimits } from '../src/chat/text.ts';
import { requireViewer } from './access.ts';
import { builder } from './builder.ts';
import { Change, errorsDescription } from './change.ts';
import type { Context } from './context.ts';
import { UserErrorRef } from './errors.ts';
import { ViewerRef } from './refs.ts';

export const CredentialKindRef = builder.enumType('CredentialKind', {
  description: 'How the caller wants to prove later who they are.',
  values: {
    TOKEN: {
      description: 'A bearer token in the payload, for programs: `Authorization: Bearer …`, or connectionParams.',
    },
    COOKIE: { description: 'A cookie set by the answer, for browsers. Over HTTP only.' },
  } as const,
});

export interface SignInAnswer {
  readonly viewer: Viewer | null;
  readonly token: string | null;
  readonly expiresAt: Date | null;
  readonly errors: readonly Refusal[];
}

export const SignInPayload = builder.objectRef<SignInAnswer>('SignInPayload').implement({
  description: 'What came of signing in.',
  fields: (t) => ({
    viewer: t.expose('viewer', {
      type: ViewerRef,
      nullable: true,
      description: 'Who is signed in. Null when refused.',
    }),
    token: t.exposeString('token', {
      nullable: true,
      description: 'The bearer token, shown this once: keep it secret. Null when refused or when a cookie was set.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the session ends if it is not used before; each use puts it off. Null when refused.',
    }),
    errors: t.field({ type: [UserErrorRef], description: errorsDescription, resolve: ({ errors }) => [...errors] }),
  }),
});

const entering = new Change({
  does: 'Makes a guest and signs them in: no account, no password. Open to all.',
  bucket: 'guests',
  codes: ['DISPLAY_NAME_INVALID', 'COOKIE_UNAVAILABLE'],
});

builder.mutationField('enterAsGuest', (t) =>
  t.fieldWithInput({
    ...entering.field,
    type: SignInPayload,
    isOpen: true,
    typeOptions: { description: 'How to enter.' },
    input: {
      displayName: t.input.string({
        required: true,
        description: `The name to show: one line of 1 to ${textLimits.displayNameCodePoints} code points, blanks at both ends not counted. Others may have the same.`,
      }),
      credential: t.input.field({
        type: CredentialKindRef,
        required: true,
        defaultValue: 'TOKEN',
        description: 'Token or cookie.',
      }),
    },
    resolve: (_root, { input }, context) =>
      signIn(entering, context, input.credential, () =>
        context.services.accounts.enterAsGuest(input.displayName, context.origin),
      ),
  }),
);

/** Runs one way of signing in, and hands the token over in the way that was asked for. */
export async function signIn(
  change: Change,
  context: Context,
  credential: 'TOKEN' | 'COOKIE',
  act: () => Promise<Refused | SignedIn>,
): Promise<SignInAnswer> {
  const wantsCookie = credential === 'COOKIE';
  const outcome = await change.attempt(context, () =>
    wantsCookie && !context.setCookie
      ? refuse('COOKIE_UNAVAILABLE', 'a cookie can only be set over HTTP: ask for TOKEN', ['input', 'credential'])
      : act(),
  );
  if (isRefused(outcome)) return { viewer: null, token: null, expiresAt: null, errors: [outcome.refusal] };
  const { viewer, token, expiresAt, head } = outcome;
  if (head) await context.committed(head);
  // What the cookie stood for as a guest is void: the cookie has to have the new token too.
  const guest = context.viewer?.user.isGuest ? context.viewer.user : null;
  const isRenewed = context.isByCookie && guest?.id === viewer.user.id;
  if (wantsCookie || isRenewed) context.setCookie?.(token, expiresAt);
  // A guest has no password that others could guess.
  if (wantsCookie && !viewer.user.isGuest) {
    context.setDevice?.(await context.services.places.remember(context.device, viewer.user.id));
  }
  return { viewer, token: wantsCookie ? null : token, expiresAt, errors: [] };
}

interface SignOut {
  readonly signedOut: boolean;
  readonly errors: readonly Refusal[];
}

const SignOutPayload = builder.objectRef<SignOut>('SignOutPayload').implement({
  description: 'What came of signing out.',
  fields: (t) => ({
    signedOut: t.exposeBoolean('signedOut', { description: 'True when the session has ended.' }),
    errors: t.field({ type: [UserErrorRef], description: errorsDescription, resolve: ({ errors }) => [...errors] }),
  }),
});

const leaving = new Change({
  does: 'Ends the session of this request: its token or cookie is void at once, and its streams end with SIGNED_OUT.',
  bucket: null,
  codes: [],
});

builder.mutationField('signOut', (t) =>
  t.field({
    ...leaving.field,
    type: SignOutPayload,
    resolve: async (_root, _args, context): Promise<SignOut> => {
      const ended = await leaving.attempt(context, () => context.services.sessions.signOut(requireViewer(context)));
      if (isRefused(ended)) return { signedOut: false, errors: [ended.refusal] };
      await context.committed(ended.head);
      context.setCookie?.(null, null);
      return { signedOut: true, errors: [] };
    },
  }),
);
