import { CombinedError } from 'urql';
import { expect, test } from 'vitest';
import { faultSentence, isSignedOut, refusalSentence, typingSentence } from './sentences.ts';

test('those who type are named up to two, and counted from three', () => {
  expect(typingSentence([], 0)).toBe('');
  expect(typingSentence(['Ada'], 1)).toBe('Ada is typing…');
  expect(typingSentence(['Ada', 'Bo'], 2)).toBe('Ada and Bo are typing…');
  expect(typingSentence(['Ada', 'Bo'], 7)).toBe('7 people are typing…');
});

test('a refusal with a code of a newer server is told in the words of the server', () => {
  const refusal = { __typename: 'InputRefused', code: 'ROOM_FULL', message: 'ROOM_FULL: the room is full' } as never;
  expect(refusalSentence(refusal)).toBe('the room is full');
});

test('a server out of reach and a person signed out are told apart', () => {
  const offline = new CombinedError({ networkError: new Error('Failed to fetch') });
  const signedOut = new CombinedError({
    graphQLErrors: [{ message: 'UNAUTHENTICATED: sign in', extensions: { code: 'UNAUTHENTICATED' } }],
  });
  expect(faultSentence(offline)).toBe('The server cannot be reached.');
  expect([isSignedOut(offline), isSignedOut(signedOut)]).toEqual([false, true]);
  const streamEnded = new CombinedError({
    graphQLErrors: [{ message: 'SIGNED_OUT: the session has ended', extensions: { code: 'SIGNED_OUT' } }],
  });
  expect(isSignedOut(streamEnded)).toBe(true);
});
