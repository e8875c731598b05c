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

/** The times that were asked for last: an event has the same few for everybody who hears of it. */
const lastTexts: { readonly time: number; readonly text: string }[] = [];
const REMEMBERED = 64;

function textOf(date: Date): string {
  const time = date.getTime();
  const before = lastTexts[time % REMEMBERED];
  if (before?.time === time) return before.text;
  const text = date.toISOString();
  lastTexts[time % REMEMBERED] = { time, text };
  return text;
}

builder.scalarType('DateTime', {
  description: 'ISO 8601 in UTC with milliseconds, as in 2026-01-31T12:00:00.000Z. Output only.',
  serialize: textOf,
  parseValue: () => {
    throw new GraphQLError('DateTime is for output only');
  },
});
