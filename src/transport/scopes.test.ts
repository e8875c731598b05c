import { buildSchema, type GraphQLObjectType, type GraphQLSchema, Kind, parse } from 'graphql';
import { expect, test } from 'vitest';
import { Fault } from '../observe/fault.ts';
import type { AdmittedOperation } from './contract.ts';
import { createScopeCheck } from './scopes.ts';

const schema = buildSchema(/* GraphQL */ `
  type Query { open: Int read: Room secret: Int }
  type Mutation { write: WritePayload rename: Int }
  type Subscription { follow: Int }
  type WritePayload { message: Message token: Int errors: [Error!]! }
  interface Error { code: Int }
  type Limited implements Error { code: Int wait: Int }
  type Message { text: Int hidden: Int room: Room }
  type Room { name: Int keys: Int }
`);
give(schema, 'Query', { open: 'OPEN', read: 'READ' });
give(schema, 'Mutation', { write: 'WRITE', rename: 'SESSION' });
give(schema, 'Subscription', { follow: 'READ' });
give(schema, 'Room', { keys: 'SESSION' });
for (const [type, field] of [
  ['Message', 'text'],
  ['Message', 'room'],
  ['Room', 'name'],
] as const) {
  const found = fieldsOf(schema, type)[field];
  if (found) found.extensions = { ...found.extensions, directives: { shared: {} } };
}

function fieldsOf(of: GraphQLSchema, typeName: string) {
  return (of.getType(typeName) as GraphQLObjectType).getFields();
}

function give(to: GraphQLSchema, typeName: string, scopes: Readonly<Record<string, string>>): void {
  for (const [name, scope] of Object.entries(scopes)) {
    const field = fieldsOf(to, typeName)[name];
    if (field) field.extensions = { scope };
  }
}

const check = createScopeCheck(schema);

/** The scope that is missing, null where no token is enough, or that all is well. */
function verdict(source: string, scopes: readonly string[] | null, operationName: string | null = null) {
  const document = parse(source);
  const operation = document.definitions.find(
    (one) => one.kind === Kind.OPERATION_DEFINITION && (!operationName || one.name?.value === operationName),
  );
  const viewer = { user: { id: 'ann' }, credentialId: 'token', scopes, expiresAt: null };
  try {
    check(viewer, { document, operation, operationName } as AdmittedOperation);
    return 'fine';
  } catch (error) {
    if (error instanceof Fault && error.code === 'SCOPE_MISSING') return error.details.scope;
    throw error;
  }
}

test('a session and somebody who is signed out are not bound by scopes', () => {
  expect(verdict('mutation { rename } ', null)).toBe('fine');
  const document = parse('{ secret }');
  const [operation] = document.definitions;
  expect(() => check(null, { document, operation, operationName: null } as AdmittedOperation)).not.toThrow();
});

test('each field of a root asks for its scope; one that has none is closed', () => {
  expect(verdict('{ open __typename }', [])).toBe('fine');
  expect(verdict('{ open read { name } }', [])).toBe('READ');
  expect(verdict('{ open read { name } }', ['READ'])).toBe('fine');
  expect(verdict('{ secret }', ['READ', 'WRITE'])).toBeNull();
  expect(verdict('mutation { write { token } rename }', ['READ'])).toBeNull();
  expect(verdict('subscription { follow }', ['WRITE'])).toBe('READ');
  expect(verdict('{ __schema { types { name } } }', [])).toBe('fine');
});

test('fields below the roots may ask for more', () => {
  expect(verdict('{ read { name keys } }', ['READ'])).toBeNull();
});

test('fragments count, also those that are skipped; those of another operation do not', () => {
  const fragment =
    'fragment Deep on Query { ...Deeper @include(if: false) } fragment Deeper on Query { read { name } }';
  expect(verdict(`{ ...Deep } ${fragment}`, [])).toBe('READ');
  expect(verdict('{ ... on Query @skip(if: true) { read { name } } }', [])).toBe('READ');
  expect(verdict(`query A { open } query B { ...Deep } ${fragment}`, [], 'A')).toBe('fine');
  expect(verdict(`query A { open } query B { ...Deep } ${fragment}`, [], 'B')).toBe('READ');
});

test('the answer of a mutation shows itself, its errors and what is shared; the rest is reading', () => {
  const shown = 'message { text room { name } } token errors { code ... on Limited { wait } __typename }';
  expect(verdict(`mutation { write { ${shown} } }`, ['WRITE'])).toBe('fine');
  expect(verdict('mutation { write { message { hidden } } }', ['WRITE'])).toBe('READ');
  expect(verdict('mutation { write { message { ...M } } } fragment M on Message { hidden }', ['WRITE'])).toBe('READ');
  expect(verdict('mutation { write { message { hidden } } }', ['READ', 'WRITE'])).toBe('fine');
});
