import { isObjectType } from 'graphql';
import { expect, test } from 'vitest';
import { schema } from './index.ts';
import { fieldScopes } from './scopes.ts';

const scoped = ['Query', 'Mutation', 'Subscription', 'Viewer'];

function fieldsOf(typeName: string) {
  const type = schema.getType(typeName);
  return isObjectType(type) ? Object.values(type.getFields()) : [];
}

test('[T1] every field of the roots and of Viewer says what an API token needs for it, and the table names no other', () => {
  expect(Object.keys(fieldScopes).sort()).toEqual([...scoped].sort());
  for (const typeName of scoped) {
    const named = Object.values(fieldScopes[typeName] ?? {}).flat();
    const there = fieldsOf(typeName).map(({ name }) => name);
    expect(named.sort(), `${typeName} of schema/scopes.ts`).toEqual(there.sort());
  }
});

test('[T1] each field carries its scope to the gate', () => {
  for (const typeName of scoped) {
    for (const field of fieldsOf(typeName)) {
      const [scope] =
        Object.entries(fieldScopes[typeName] ?? {}).find(([, names]) => names?.includes(field.name)) ?? [];
      expect(field.extensions.scope, `${typeName}.${field.name}`).toBe(scope);
    }
  }
});

test('[T1] no scope reaches what lets people in', () => {
  const reachable = (scope: string) => Object.values(fieldScopes).flatMap((byScope) => byScope[scope as 'READ'] ?? []);
  const byTokens = ['READ', 'WRITE', 'ROOMS', 'PROFILE'].flatMap(reachable);
  expect(byTokens.filter((name) => /password|session|token|bot|passkey|identit|handle|account/i.test(name))).toEqual(
    [],
  );
});
