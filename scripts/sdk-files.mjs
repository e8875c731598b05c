/** The files of client/sdk that are made: its tables of codes, and what a normalising cache has to know of the schema. */
import { isInterfaceType, isObjectType, isUnionType } from 'graphql';
import { refusalCodes } from '../src/chat/refusal.ts';
import { faults } from '../src/observe/fault.ts';
import { closeCodes } from '../src/transport/close-codes.ts';

const note = '// Made by npm run generate.\n';

/** @param {import('graphql').GraphQLSchema} schema @returns {[string, string][]} Contents by path. */
export function makeSdkFiles(schema) {
  return [
    ['client/sdk/src/generated/codes.ts', codes(schema)],
    ['client/sdk/src/generated/graphcache.ts', graphcache(schema)],
  ];
}

/** @param {import('graphql').GraphQLSchema} schema */
function codes(schema) {
  const ends = /** @type {import('graphql').GraphQLEnumType} */ (schema.getType('EndCode')).getValues();
  const tables = [
    [
      'faultAdvice',
      'Of refused requests, by `extensions.code`.',
      Object.entries(faults).map(([code, { does }]) => [code, does]),
    ],
    ['refusalAdvice', 'Of refusals by a mutation, by `errors.code`.', Object.entries(refusalCodes)],
    ['endAdvice', 'Of streams that ended, by `end.code`.', ends.map(({ name, description }) => [name, description])],
    ['closeAdvice', 'Of sockets, by their close code.', Object.entries(closeCodes)],
  ];
  const parts = tables.map(([name, says, entries]) => {
    const lines = entries.map(([code, does]) => `  ${code}: ${quoted(does)},\n`);
    return `/** ${says} */\nexport const ${name} = {\n${lines.join('')}} as const;\n`;
  });
  return `${note}\n${parts.join('\n')}`;
}

/** @param {import('graphql').GraphQLSchema} schema */
function graphcache(schema) {
  const types = Object.values(schema.getTypeMap())
    .filter(({ name }) => !name.startsWith('__'))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const embedded = types.filter((type) => isObjectType(type) && !roots.includes(type) && !('id' in type.getFields()));
  const abstract = types.filter((type) => isInterfaceType(type) || isUnionType(type));
  const possible = abstract.map((type) => [
    type.name,
    schema
      .getPossibleTypes(type)
      .map(({ name }) => name)
      .sort(),
  ]);
  const introspection = {
    __schema: {
      queryType: { name: 'Query' },
      mutationType: { name: 'Mutation' },
      subscriptionType: { name: 'Subscription' },
      types: [...types.filter(isObjectType), ...abstract].map((type) => shapeOf(type, schema)).concat(anyScalar),
    },
  };
  return `${note}
const embedded = () => null;

/** For \`keys\` of graphcache: types without an id of their own live inside the object that holds them. */
export const keys = {
${embedded.map(({ name }) => `  ${name}: embedded,\n`).join('')}};

/** For \`possibleTypes\` of Apollo's InMemoryCache: which types an interface stands for. */
export const possibleTypes = {
${possible.map(([name, names]) => `  ${name}: [${names.map(quoted).join(', ')}],\n`).join('')}};

/** For \`schema\` of graphcache: fields, and what is null. Scalars and enums are all \`Any\`, inputs are left out. */
export const schema = JSON.parse(
  ${quoted(JSON.stringify(introspection))},
) as {
  __schema: {
    queryType: { name: string };
    mutationType: { name: string };
    subscriptionType: { name: string };
    // biome-ignore lint/suspicious/noExplicitAny: graphcache has types of its own for what is in here.
    types: any[];
  };
};
`;
}

const anyScalar = { kind: 'SCALAR', name: 'Any' };

/** @param {import('graphql').GraphQLNamedType} type @param {import('graphql').GraphQLSchema} schema */
function shapeOf(type, schema) {
  const kind = isObjectType(type) ? 'OBJECT' : isInterfaceType(type) ? 'INTERFACE' : 'UNION';
  const named = (types) => types.map(({ name }) => ({ kind: 'OBJECT', name }));
  if (isUnionType(type)) return { kind, name: type.name, possibleTypes: named(schema.getPossibleTypes(type)) };
  const fields = Object.values(type.getFields()).map((field) => ({
    name: field.name,
    type: referenceTo(field.type),
    args: field.args.map(({ name, type: of }) => ({ name, type: referenceTo(of) })),
  }));
  const interfaces = type.getInterfaces().map(({ name }) => ({ kind: 'INTERFACE', name }));
  const possibleTypes = isInterfaceType(type) ? { possibleTypes: named(schema.getPossibleTypes(type)) } : {};
  return { kind, name: type.name, fields, interfaces, ...possibleTypes };
}

/** @param {import('graphql').GraphQLOutputType | import('graphql').GraphQLInputType} type */
function referenceTo(type) {
  if ('ofType' in type) {
    return { kind: String(type).endsWith('!') ? 'NON_NULL' : 'LIST', ofType: referenceTo(type.ofType) };
  }
  if (isInterfaceType(type)) return { kind: 'INTERFACE', name: type.name };
  if (isUnionType(type)) return { kind: 'UNION', name: type.name };
  return isObjectType(type) ? { kind: 'OBJECT', name: type.name } : anyScalar;
}

/** @param {string} text */
function quoted(text) {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
