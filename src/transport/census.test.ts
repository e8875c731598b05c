import { expect, test } from 'vitest';
import { Census, type LastingConnection } from './census.ts';

test('a person is told of at their first connection and at the end of the last one, and nobody signed out ever', () => {
  const told: string[] = [];
  const census = new Census((userId, isPresent) => told.push(`${userId} ${isPresent ? 'came' : 'left'}`));
  const [one, two, other, nobody] = [connectionOf('ann'), connectionOf('ann'), connectionOf('bob'), connectionOf(null)];
  for (const connection of [one, two, other, nobody]) {
    census.add(connection);
    census.addViewer(connection);
  }
  expect(told).toEqual(['ann came', 'bob came']);
  for (const connection of [nobody, one, other, other, two]) census.remove(connection);
  expect(told).toEqual(['ann came', 'bob came', 'bob left', 'ann left']);
});

test('a connection whose session ended while it signed in is nobody, and learns why', () => {
  const told: string[] = [];
  const census = new Census((userId) => told.push(userId));
  const connection = connectionOf('ann');
  census.add(connection);
  const parting = {
    end: { code: 'SIGNED_OUT', message: 'SIGNED_OUT: bye' },
    closeCode: 4401,
    isToComeBack: false,
  } as const;
  census.credentialEnded('sign-in of ann', parting);
  expect(census.addViewer(connection)).toBe(parting);
  census.remove(connection);
  expect(told).toEqual([]);
});

function connectionOf(userId: string | null): LastingConnection {
  return {
    remote: { address: '127.0.0.1' } as LastingConnection['remote'],
    viewer:
      userId === null
        ? null
        : { user: { id: userId }, scopes: null, expiresAt: null, credentialId: `sign-in of ${userId}` },
    leave: async () => undefined,
    sweep: () => undefined,
    terminate: () => undefined,
  };
}
