import { buildSchema, type GraphQLObjectType, parse, validate } from 'graphql';
import { getVariableValues } from 'graphql/execution/values.js';
import { describe, expect, test } from 'vitest';
import { groupKey, shapeOf } from './group-key.ts';

const schema = buildSchema(`
  type Query { a: Int }
  type Subscription { messages(roomId: ID!, after: String, last: Int, deep: Deep): Update }
  input Deep { a: Int b: [Int!] }
  interface Named { name: String }
  type Update implements Named { name: String message: Message own: Boolean }
  type Message { id: ID text(length: Int): String isMine: Boolean }
`);
const sharedFields = {
  Subscription: ['messages'],
  Named: ['name'],
  Update: ['name', 'message'],
  Message: ['id', 'text'],
};
for (const [typeName, names] of Object.entries(sharedFields)) {
  const fields = (schema.getType(typeName) as GraphQLObjectType).getFields();
  for (const name of names) fields[name]!.extensions = { directives: { shared: {} } };
}

const document = 'subscription ($r: ID!, $after: String) { messages(roomId: $r, after: $after) { message { id } } }';

describe('the key of a group', () => {
  test('is the same for the same document and room, wherever it starts and whoever asks', () => {
    const key = keyOf(document, { r: 'red' });
    expect(keyOf(document, { r: 'red', after: 'log_abc' }, 'bob')).toBe(key);
    expect(keyOf(document, { r: 'blue' })).not.toBe(key);
  });

  test('is the same for another formatting, and another one for other names', () => {
    const key = keyOf(document, { r: 'red' });
    expect(keyOf(document.replaceAll(' ', '\n  # comment\n '), { r: 'red' })).toBe(key);
    expect(keyOf(document.replace('{ id }', '{ other: id }'), { r: 'red' })).not.toBe(key);
    expect(keyOf(document.replace('{ id }', '{ id text }'), { r: 'red' })).not.toBe(key);
    expect(keyOf(document.replace('subscription (', 'subscription Named('), { r: 'red' })).not.toBe(key);
  });

  test('has where it starts in it when that is written out, or when its variable says something else too', () => {
    const written = (cursor: string) =>
      keyOf(document.replace('after: $after', `after: "${cursor}"`).replace(', $after: String', ''), { r: 'red' });
    expect(written('a')).not.toBe(written('b'));
    const twice = `subscription ($n: Int) { messages(roomId: "red", last: $n) { message { text(length: $n) } } }`;
    expect(keyOf(twice, { n: 1 })).not.toBe(keyOf(twice, { n: 2 }));
    const once = twice.replace('length: $n', 'length: 1');
    expect(keyOf(once, { n: 1 })).toBe(keyOf(once, { n: 2 }));
  });

  test('has conditions, defaults and nested input in it, as coerced', () => {
    const conditional = `subscription ($x: Boolean!) { messages(roomId: "red") { message { id text @include(if: $x) } } }`;
    expect(keyOf(conditional, { x: true })).not.toBe(keyOf(conditional, { x: false }));
    const defaulted = `subscription ($r: ID! = "red") { messages(roomId: $r) { message { id } } }`;
    expect(keyOf(defaulted, {})).toBe(keyOf(defaulted, { r: 'red' }));
    const nested = `subscription ($d: Deep) { messages(roomId: "red", deep: $d) { message { id } } }`;
    expect(keyOf(nested, { d: { a: 1, b: [2] } })).toBe(keyOf(nested, { d: { b: 2, a: 1 } }));
    expect(keyOf(nested, { d: { a: 1 } })).not.toBe(keyOf(nested, { d: { a: 2 } }));
    expect(keyOf(nested, {})).not.toBe(keyOf(nested, { d: null }));
  });

  test('follows fragments, and ignores those that are not used', () => {
    const whole = (name: string) =>
      `subscription { messages(roomId: "red") { ...F } } fragment F on Update { ${name} }`;
    expect(keyOf(whole('name'), {})).not.toBe(keyOf(whole('message { id }'), {}));
    const two = (other: string) =>
      `subscription A { messages(roomId: "red") { name } } subscription B { messages(roomId: "red") { ${other} } }`;
    expect(keyOf(two('name'), {}, 'ann', 'A')).toBe(keyOf(two('own'), {}, 'ann', 'A'));
    const start = `subscription ($c: String) { ...S } fragment S on Subscription { messages(roomId: "red", after: $c) { name } }`;
    expect(keyOf(start, { c: 'a' })).toBe(keyOf(start, { c: 'b' }));
  });
});

describe('[A5] a group is per viewer', () => {
  const selections: Record<string, [string, boolean]> = {
    'shared fields alone': ['__typename name message { id text }', true],
    'a field that is not shared': ['name own', false],
    'one that is nested': ['message { id isMine }', false],
    'one behind an alias with a shared name': ['name: own', false],
    'a shared one behind an alias': ['own: name', true],
    'one in a fragment': ['name ...F', false],
    'one in an inline fragment': ['... on Named { name } ... on Update { own }', false],
    'a shared one of an interface': ['... on Named { name }', true],
    'one that is left out': ['name own @skip(if: true)', false],
    'one that a variable leaves out': ['name own @include(if: $x)', false],
  };

  test.each(Object.entries(selections))('or not: %s', (_, [selection, isShared]) => {
    const fragment = selection.includes('...F') ? 'fragment F on Update { message { isMine } }' : '';
    const variables = selection.includes('$x') ? '($x: Boolean = false)' : '';
    const text = `subscription ${variables} { messages(roomId: "red") { ${selection} } } ${fragment}`;
    expect(keyOf(text, {}, 'ann') === keyOf(text, {}, 'bob')).toBe(isShared);
    expect(keyOf(text, {}, 'ann')).toBe(keyOf(text, {}, 'ann'));
  });
});

function keyOf(
  text: string,
  variables: Record<string, unknown>,
  viewerId = 'ann',
  operationName: string | null = null,
) {
  const parsed = parse(text);
  expect(validate(schema, parsed)).toEqual([]);
  const operation = parsed.definitions[0];
  const definitions = operation?.kind === 'OperationDefinition' ? (operation.variableDefinitions ?? []) : [];
  const { coerced } = getVariableValues(schema, definitions, variables);
  if (!coerced) throw new Error('the variables do not fit');
  return groupKey(shapeOf(schema, parsed, operationName), coerced, viewerId);
}
