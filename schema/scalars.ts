import { GraphQLError } from 'graphql';
import { builder } from './builder.ts';

builder.scalarType('Cursor', {
  description:
    'A place in the log, opaque, beginning with `log_`. Valid as long as the log holds the place. Not to be mixed up with the page cursors of connections, which are of type String and begin with `page_`.',
  serialize: (value) => value,
  // Whether it is whole and of this log is for the resolvers to say, so that the fault can name the reason.
  parseValue: (value) => {
    if (typeof value !== 'string') throw new GraphQLError('a Cursor is a string that begins with log_');
    return value;
  },
});

builder.scalarType('WebAuthnJSON', {
  description:
    'An object of JSON as WebAuthn Level 3 writes it: options for PublicKeyCredential.parseCreationOptionsFromJSON and parseRequestOptionsFromJSON, responses as toJSON of a credential gives them. The startRegistration and startAuthentication of @simplewebauthn/browser take and give the same.',
  serialize: (value) => value,
});

builder.scalarType('DateTime', {
  description: 'ISO 8601 in UTC with milliseconds, as in 2026-01-31T12:00:00.000Z. Output only.',
  serialize: (value) => value.toISOString(),
  parseValue: () => {
    throw new GraphQLError('DateTime is for output only');
  },
});
