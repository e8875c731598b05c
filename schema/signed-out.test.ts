import { readdirSync, readFileSync } from 'node:fs';
import { createSourceEventStream, type ExecutionResult, execute, type GraphQLError, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { schema } from './index.ts';
import { contextOf, faultCodes } from './test-context.ts';

describe('signed-out callers', () => {
  const openFields = [
    'viewer',
    'asOf',
    'server',
    'enterAsGuest',
    'signUp',
    'signIn',
    'passkeySignInOptions',
    'signInWithPasskey',
  ];
  const examples = readdirSync(new URL('./examples/', import.meta.url))
    .filter((file) => file.endsWith('.graphql'))
    .map((file) => file.replace('.graphql', ''));

  test('there is an example of every root field', () => {
    const roots = {
      query: schema.getQueryType(),
      mutation: schema.getMutationType(),
      subscription: schema.getSubscriptionType(),
    };
    const names = Object.entries(roots).flatMap(([operation, type]) =>
      Object.keys(type?.getFields() ?? {}).map((field) => `${operation}-${field}`),
    );
    expect(examples.sort()).toEqual(names.sort());
  });

  test.each(examples)('are told to sign in, but for what is open to all: %s', async (example) => {
    const context = contextOf({ viewer: null });
    const document = parse(readFileSync(new URL(`./examples/${example}.graphql`, import.meta.url), 'utf8'));
    const request = { schema, document, contextValue: context };
    const result = example.startsWith('subscription')
      ? ((await createSourceEventStream(request)) as ExecutionResult)
      : await execute(request);
    const isOpen = (error: GraphQLError) => openFields.includes(String(error.path?.[0]));
    const ofOpen = faultCodes(result.errors?.filter(isOpen));
    const ofClosed = faultCodes(result.errors?.filter((error) => !isOpen(error)));
    const [, field = ''] = example.split('-');
    expect(ofOpen).not.toContain('UNAUTHENTICATED');
    expect([...new Set(ofClosed)]).toEqual(openFields.includes(field) ? [] : ['UNAUTHENTICATED']);
  });
});
