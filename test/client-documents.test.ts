import { readFileSync } from 'node:fs';
import {
  buildSchema,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  getNamedType,
  isAbstractType,
  isObjectType,
  Kind,
  parse,
  print,
  type SelectionSetNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { expect, test } from 'vitest';
import * as generated from '../client/gql/graphql.ts';
import { keys } from '../client/sdk/src/generated/graphcache.ts';

const schema = buildSchema(readFileSync('schema/schema.graphql', 'utf8'));
const documents = Object.values(generated).filter(
  (exported): exported is typeof exported & DocumentNode => typeof exported === 'object' && 'definitions' in exported,
);

// The cache would take what comes without one for another object, and show half of it in place of the whole.
test('every document asks for the id of what has one', () => {
  expect(documents.length).toBeGreaterThan(50);
  expect(documents.flatMap(selectionsWithoutId)).toEqual([]);
});

test('a document that does not is found', () => {
  const query = 'query Planted { viewer { user { handle } } }';
  expect(selectionsWithoutId(parse(query))).toEqual(['Planted: user { handle } of User']);
});

/** Where objects that have an id are selected without it. */
function selectionsWithoutId(document: DocumentNode): string[] {
  const found: string[] = [];
  const types = new TypeInfo(schema);
  const [first] = document.definitions;
  const name = first && 'name' in first ? first.name?.value : undefined;
  const fragments = new Map(
    document.definitions.flatMap((one) =>
      one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one] as const] : [],
    ),
  );
  visit(
    document,
    visitWithTypeInfo(types, {
      Field(field) {
        const type = getNamedType(types.getType());
        if (!field.selectionSet || !type) return;
        const objects = isObjectType(type) ? [type] : isAbstractType(type) ? schema.getPossibleTypes(type) : [];
        for (const object of objects) {
          const selected = fieldsOf(field.selectionSet, object, fragments);
          const isKeyed = 'id' in object.getFields() && !(object.name in keys);
          if (!isKeyed || selected.size === 0 || selected.has('id')) continue;
          found.push(`${name}: ${print(field).replace(/\s+/g, ' ')} of ${object.name}`);
        }
      },
    }),
  );
  return found;
}

/** Names under which fields of the object are in the answer. */
function fieldsOf(
  { selections }: SelectionSetNode,
  object: GraphQLObjectType,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): Set<string> {
  const names = new Set<string>();
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      const { alias, name } = selection;
      if (name.value !== '__typename') names.add((alias ?? name).value);
      continue;
    }
    const part = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
    const condition = part?.typeCondition && schema.getType(part.typeCondition.name.value);
    const isMet =
      !condition || condition === object || (isAbstractType(condition) && schema.isSubType(condition, object));
    if (part && isMet) for (const name of fieldsOf(part.selectionSet, object, fragments)) names.add(name);
  }
  return names;
}
