import { CombinedError } from 'urql';
import { expect, test } from 'vitest';
import { problemsOf } from './problems.ts';

const fields = ['handle', 'password'];

test('a refusal stands beside the field that its path names, and others stand by the whole form', () => {
  const errors = [
    { code: 'HANDLE_TAKEN' as const, message: 'HANDLE_TAKEN: taken', path: ['input', 'handle'] },
    { code: 'RATE_LIMITED' as const, message: 'RATE_LIMITED: too many', path: null },
    { code: 'DISPLAY_NAME_INVALID' as const, message: 'DISPLAY_NAME_INVALID: no', path: ['input', 'displayName'] },
  ];
  expect(problemsOf({ error: undefined, errors, fields })).toEqual({
    byField: { handle: 'Somebody has this handle already. Please choose another.' },
    general: 'That was a lot in a short time. Please wait a moment and try again.',
  });
});

test('without an answer the whole form says why, and without a refusal there is no problem', () => {
  const error = new CombinedError({ networkError: new Error('Failed to fetch') });
  expect(problemsOf({ error, errors: undefined, fields })).toEqual({
    byField: {},
    general: 'The server cannot be reached.',
  });
  expect(problemsOf({ error: undefined, errors: [], fields })).toBeNull();
});
