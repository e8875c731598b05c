import type { GraphQLSchema } from 'graphql';
import type { ApiScope } from '../src/chat/model.ts';
import { builder } from './builder.ts';

/** What an API token needs for a field. OPEN: no scope. SESSION: no token may use it, whatever its scopes. */
type Scope = ApiScope | 'OPEN' | 'SESSION';

/**
 * Each field of the roots and of Viewer: one that is not here is closed to API tokens, and fails scopes.test.ts.
 * Whoever holds a token shall never get more than it: what lets people in, and what tells of it, is for sessions.
 */
export const fieldScopes: Readonly<Record<string, Readonly<Partial<Record<Scope, readonly string[]>>>>> = {
  Query: {
    OPEN: ['server'],
    READ: ['asOf', 'events', 'node', 'nodes', 'room', 'rooms', 'user', 'viewer'],
  },
  Subscription: {
    READ: ['events', 'messages', 'presence', 'typing'],
  },
  Mutation: {
    OPEN: ['enterAsGuest', 'passkeySignInOptions', 'signIn', 'signInWithPasskey', 'signUp'],
    WRITE: ['deleteMessage', 'editMessage', 'sendMessage', 'setTyping'],
    ROOMS: ['addMember', 'createRoom', 'joinRoom', 'leaveRoom', 'removeMember', 'setMemberRole', 'updateRoom'],
    PROFILE: ['updateProfile'],
    SESSION: [
      'changeHandle',
      'changePassword',
      'confirmWithPasskey',
      'confirmWithPassword',
      'createApiToken',
      'createBot',
      'deleteAccount',
      'deleteBot',
      'passkeyRegistrationOptions',
      'registerPasskey',
      'removePasskey',
      'renamePasskey',
      'revokeApiToken',
      'revokeOtherSessions',
      'revokeSession',
      'signOut',
      'unlinkIdentity',
      'updateBot',
    ],
  },
  Viewer: {
    READ: ['rooms', 'user'],
    SESSION: ['apiTokens', 'bots', 'confirmedUntil', 'hasPassword', 'identities', 'passkeys', 'sessions'],
  },
};

const mutationsOf = (scope: Scope) => fieldScopes.Mutation?.[scope]?.join(', ');

export const ApiScopeRef = builder.enumType('ApiScope', {
  description:
    'What an API token may be used for. None of them reaches what lets people in: passwords, sessions, tokens, bots, the account.',
  values: {
    READ: {
      description:
        'All queries and subscriptions, and what the answer of a mutation shows beyond what everyone in the room sees.',
    },
    WRITE: { description: `${mutationsOf('WRITE')}.` },
    ROOMS: { description: `${mutationsOf('ROOMS')}.` },
    PROFILE: { description: `${mutationsOf('PROFILE')}.` },
  } satisfies Record<ApiScope, { description: string }>,
});

/** Writes the table into the fields, where the gate of the transports finds it. */
export function withScopes(schema: GraphQLSchema): GraphQLSchema {
  for (const [typeName, byScope] of Object.entries(fieldScopes)) {
    const type = schema.getType(typeName);
    const fields = type && 'getFields' in type ? type.getFields() : {};
    for (const [scope, names] of Object.entries(byScope)) {
      for (const name of names ?? []) {
        const field = fields[name];
        if (field) field.extensions = { ...field.extensions, scope };
      }
    }
  }
  return schema;
}
