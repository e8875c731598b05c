import { builder } from './builder.ts';
import type { ServerFacts } from './context.ts';

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
    roomNameCodePoints: t.exposeInt('roomNameCodePoints', {
      description: 'Longest room name, in Unicode code points.',
    }),
    roomTopicCodePoints: t.exposeInt('roomTopicCodePoints', {
      description: 'Longest topic of a room, in Unicode code points.',
    }),
    requestBodyBytes: t.exposeInt('requestBodyBytes', {
      description: 'Largest body of an HTTP request and largest WebSocket message, in bytes.',
    }),
    operationDepth: t.exposeInt('operationDepth', { description: 'Deepest nesting of fields in an operation.' }),
    operationCost: t.exposeInt('operationCost', {
      description: 'Most that an operation may cost: one for each field, times the sizes of the pages that it is in.',
    }),
    subscriptionsPerSocket: t.exposeInt('subscriptionsPerSocket', {
      description: 'Most subscriptions that one WebSocket may have at a time.',
    }),
  }),
});

const ServerRef = builder.objectRef<ServerFacts>('Server').implement({
  description: 'The server that answers.',
  fields: (t) => ({
    version: t.exposeString('version', { description: 'Version of the software, as in semver.org.' }),
    apiLevel: t.exposeInt('apiLevel', {
      description: 'Counts the additions to this schema, from 1: what a level has, later ones have too.',
    }),
    features: t.exposeStringList('features', { description: 'Names of features that this server has switched on.' }),
    limits: t.expose('limits', { type: ServerLimitsRef, description: 'Its limits.' }),
  }),
});

builder.queryField('server', (t) =>
  t.field({
    type: ServerRef,
    skipTypeScopes: true,
    description: 'Version, features and limits of the server. Open to all.',
    resolve: (_root, _args, { services }) => services.server,
  }),
);
