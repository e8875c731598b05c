import type { Viewer } from '../src/chat/model.ts';
import { isRefused, type Refusal, refuse } from '../src/chat/refusal.ts';
import { textLimits } from '../src/chat/text.ts';
import { requireViewer } from './access.ts';
import { builder } from './builder.ts';
import { Change, errorsDescription } from './change.ts';
import { UserErrorRef } from './errors.ts';
import { pageCost, pagesBySlug, readPage, toConnection } from './page.ts';
import { pageArguments } from './page-arguments.ts';
import { UserRef, ViewerRef } from './refs.ts';
import { RoomConnection } from './room.ts';

const viewerRooms = pagesBySlug('Viewer.rooms');

ViewerRef.implement({
  description: 'The signed-in person, as they see themselves.',
  fields: (t) => ({
    user: t.field({ type: UserRef, description: 'Who it is.', resolve: (viewer) => viewer.user }),
    rooms: t.field({
      type: RoomConnection,
      description: 'Rooms that the viewer is a member of, in the order of their slugs.',
      args: pageArguments('first'),
      complexity: pageCost,
      resolve: async (viewer, args, { services, reading }) => {
        const request = readPage(viewerRooms, args, 'first');
        const page = await services.queries.viewerRooms(reading, viewer, request);
        return toConnection(viewerRooms, page, (room) => room.slug);
      },
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerRef,
    nullable: true,
    skipTypeScopes: true,
    description: 'Who asks. Null when signed out. Open to all.',
    resolve: (_root, _args, context) => context.viewer,
  }),
);

const CredentialKindRef = builder.enumType('CredentialKind', {
  description: 'How the caller wants to prove later who they are.',
  values: {
    TOKEN: {
      description: 'A bearer token in the payload, for programs: `Authorization: Bearer …`, or connectionParams.',
    },
    COOKIE: { description: 'A cookie set by the answer, for browsers. Over HTTP only.' },
  } as const,
});

interface SignIn {
  readonly viewer: Viewer | null;
  readonly token: string | null;
  readonly expiresAt: Date | null;
  readonly errors: readonly Refusal[];
}

const SignInPayload = builder.objectRef<SignIn>('SignInPayload').implement({
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
    skipTypeScopes: true,
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
    resolve: async (_root, { input }, context): Promise<SignIn> => {
      const wantsCookie = input.credential === 'COOKIE';
      const entered = await entering.attempt(context, () =>
        wantsCookie && !context.setCookie
          ? refuse('COOKIE_UNAVAILABLE', 'a cookie can only be set over HTTP: ask for TOKEN', ['input', 'credential'])
          : context.services.sessions.enterAsGuest(input.displayName),
      );
      if (isRefused(entered)) return { viewer: null, token: null, expiresAt: null, errors: [entered.refusal] };
      const { viewer, token, expiresAt } = entered;
      if (wantsCookie) context.setCookie?.(token, expiresAt);
      return { viewer, token: wantsCookie ? null : token, expiresAt, errors: [] };
    },
  }),
);

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
