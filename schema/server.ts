import { builder } from './builder.ts';
import type { ServerFacts, SignInMethod } from './context.ts';

const ServerLimitsRef = builder.objectRef<ServerFacts['limits']>('ServerLimits').implement({
  description: 'The limits that this server holds its callers to.',
  fields: (t) => ({
    pageSize: t.exposeInt('pageSize', { description: 'Most things in a page, and ids in a list.' }),
    messageTextCodePoints: t.exposeInt('messageTextCodePoints', {
      description: 'Longest text of a message, in Unicode code points.',
    }),
    clientKeyCharacters: t.exposeInt('clientKeyCharacters', { description: 'Longest clientKey, in characters.' }),
    displayNameCodePoints: t.exposeInt('displayNameCodePoints', {
      description: 'Longest display name, in Unicode code points.',
    }),
    bioCodePoints: t.exposeInt('bioCodePoints', { description: 'Longest bio of a person, in Unicode code points.' }),
    pronounsCodePoints: t.exposeInt('pronounsCodePoints', {
      description: 'Longest pronouns of a person, in Unicode code points.',
    }),
    statusCodePoints: t.exposeInt('statusCodePoints', {
      description: 'Longest text of a status, in Unicode code points.',
    }),
    roomNameCodePoints: t.exposeInt('roomNameCodePoints', {
      description: 'Longest room name, in Unicode code points.',
    }),
    roomTopicCodePoints: t.exposeInt('roomTopicCodePoints', {
      description: 'Longest topic of a room, in Unicode code points.',
    }),
    avatarBytes: t.exposeInt('avatarBytes', { description: 'Largest picture of a person, in bytes: see PUT /avatar.' }),
    avatarPixels: t.exposeInt('avatarPixels', { description: 'Longest side of a picture of a person, in pixels.' }),
    requestBodyBytes: t.exposeInt('requestBodyBytes', {
      description: 'Largest body of an HTTP request and largest WebSocket message, in bytes.',
    }),
    operationDepth: t.exposeInt('operationDepth', { description: 'Deepest nesting of fields in an operation.' }),
    operationCost: t.exposeInt('operationCost', {
      description: 'Most that an operation may cost: one for each field, times the sizes of the pages that it is in.',
    }),
    apiTokensPerAccount: t.exposeInt('apiTokensPerAccount', {
      description: 'Most API tokens that one person or bot may have.',
    }),
    botsPerOwner: t.exposeInt('botsPerOwner', { description: 'Most bots that one person may run.' }),
    subscriptionsPerSocket: t.exposeInt('subscriptionsPerSocket', {
      description: 'Most subscriptions that one WebSocket may have at a time.',
    }),
  }),
});

const SignInMethodKindRef = builder.enumType('SignInMethodKind', {
  description: 'A way to sign in.',
  values: {
    GUEST: { description: 'enterAsGuest: a name is enough.' },
    PASSWORD: { description: 'signUp and signIn: a handle and a password.' },
    PASSKEY: { description: 'passkeySignInOptions and signInWithPasskey: a passkey that was added before.' },
    PROVIDER: { description: 'A provider of OpenID Connect: go to `path` in a browser.' },
  } as const,
});

const SignInMethodRef = builder.objectRef<SignInMethod>('SignInMethod').implement({
  description: 'A way to sign in that this server offers.',
  fields: (t) => ({
    kind: t.expose('kind', { type: SignInMethodKindRef, description: 'Which one.' }),
    label: t.exposeString('label', {
      nullable: true,
      description: 'With PROVIDER: its name, for a button. Null with the others.',
    }),
    path: t.exposeString('path', {
      nullable: true,
      description:
        'With PROVIDER: where a browser goes to sign in, or to link who is signed in; `?return=/path` says where it comes back to. Null with the others.',
    }),
  }),
});

export const ServerRef = builder.objectRef<ServerFacts>('Server').implement({
  description: 'The server that answers.',
  fields: (t) => ({
    version: t.exposeString('version', { description: 'Version of the software, as in semver.org.' }),
    apiLevel: t.exposeInt('apiLevel', {
      description: 'Counts the additions to this schema, from 1: what a level has, later ones have too.',
    }),
    features: t.exposeStringList('features', { description: 'Names of features that this server has switched on.' }),
    signInMethods: t.field({
      type: [SignInMethodRef],
      description: 'The ways to sign in that it offers.',
      resolve: ({ signInMethods }) => [...signInMethods],
    }),
    limits: t.expose('limits', { type: ServerLimitsRef, description: 'Its limits.' }),
  }),
});

builder.queryField('server', (t) =>
  t.field({
    type: ServerRef,
    isOpen: true,
    description: 'Version, features and limits of the server. Open to all.',
    resolve: (_root, _args, { services }) => services.server,
  }),
);
