import fc from 'fast-check';
import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLFieldConfigMap,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  NoUnusedVariablesRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createExecutor } from './compiled-execution.ts';

const compiled = vi.hoisted(() => ({ runs: 0, fails: false }));

/** As it is, with a count of what is executed by what it compiles. */
vi.mock('graphql-jit', async (importOriginal) => {
  const original = await importOriginal<typeof import('graphql-jit')>();
  const compileQuery = (...given: Parameters<typeof original.compileQuery>) => {
    if (compiled.fails) throw new Error('no code for this one');
    const made = original.compileQuery(...given);
    if (!('query' in made)) return made;
    const query = (...asked: Parameters<typeof made.query>) => {
      compiled.runs += 1;
      return made.query(...asked);
    };
    return { ...made, query };
  };
  return { ...original, compileQuery };
});

const rules = specifiedRules.filter((rule) => rule !== NoUnusedVariablesRule);

interface Thing {
  readonly depth: number;
}

const Shout = new GraphQLScalarType({
  name: 'Shout',
  serialize: (value) => {
    if (value === 'mute') throw new Error('cannot be shouted');
    return `${value}!`;
  },
});
const next = ({ depth }: Thing): Thing => ({ depth: depth + 1 });
const later = <Value>(value: Value) => new Promise<Value>((resolve) => setImmediate(() => resolve(value)));
const Filter = new GraphQLInputObjectType({
  name: 'Filter',
  fields: { a: { type: GraphQLInt }, b: { type: GraphQLInt } },
});
const Named: GraphQLInterfaceType = new GraphQLInterfaceType({
  name: 'Named',
  fields: () => ({ name: { type: GraphQLString }, self: { type: Named } }),
  resolveType: ({ depth }: Thing) => (depth % 2 === 0 ? 'Even' : 'Odd'),
});

function fieldsOf(own: string): GraphQLFieldConfigMap<Thing, { readonly viewer: string }> {
  return {
    name: { type: GraphQLString, resolve: ({ depth }) => `${own} ${depth}` },
    self: { type: Named, resolve: (thing) => thing },
    viewer: { type: new GraphQLNonNull(GraphQLString), resolve: (_thing, _args, { viewer }) => later(viewer) },
    shout: { type: Shout, resolve: ({ depth }) => (depth === 3 ? 'mute' : own) },
    echo: { type: GraphQLInt, args: { n: { type: GraphQLInt, defaultValue: 7 } }, resolve: (_thing, { n }) => n },
    filter: {
      type: GraphQLString,
      args: { by: { type: Filter } },
      resolve: (_thing, { by }) => JSON.stringify(by ?? null),
    },
    nothing: { type: GraphQLString, resolve: () => null },
    fails: { type: GraphQLString, resolve: () => later(null).then(() => Promise.reject(new Error('failed'))) },
    throws: {
      type: new GraphQLNonNull(GraphQLString),
      resolve: () => {
        throw new Error('threw');
      },
    },
    missing: { type: new GraphQLNonNull(GraphQLString), resolve: () => later(null) },
    one: { type: own === 'even' ? Odd : Even, resolve: next },
    oneLater: { type: Named, resolve: (thing) => later(next(thing)) },
    many: {
      type: new GraphQLList(new GraphQLNonNull(Named)),
      resolve: (thing) => [next(thing), thing, later(next(thing))],
    },
  };
}

const Even: GraphQLObjectType = new GraphQLObjectType({
  name: 'Even',
  interfaces: [Named],
  fields: () => fieldsOf('even'),
});
const Odd: GraphQLObjectType = new GraphQLObjectType({
  name: 'Odd',
  interfaces: [Named],
  fields: () => fieldsOf('odd'),
});
const schema = new GraphQLSchema({
  query: Even,
  subscription: new GraphQLObjectType({ name: 'Subscription', fields: { thing: { type: Even, resolve: next } } }),
  types: [Odd],
});

const leaves = ['name', 'viewer', 'shout', 'echo', 'nothing', '__typename'];

/** Fields that code is compiled for. */
const plain = [
  { weight: 6, arbitrary: fc.constantFrom(...leaves) },
  { weight: 2, arbitrary: fc.constantFrom('also: name', 'other: viewer', 'echo_1: echo(n: 1)', 'given: echo(n: $n)') },
  { weight: 1, arbitrary: fc.constantFrom('filter(by: { a: 1 })', '...Common', '... { name viewer }') },
];

/** And those that graphql-js keeps, or that fail. */
const rich = [
  ...plain,
  { weight: 1, arbitrary: fc.constantFrom('fails', 'throws', 'missing', 'filter(by: { a: 1, b: $m })') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('nothing @include(if: $yes)', 'name @skip(if: $yes)', '... @skip(if: $yes) { name }'),
  },
];

/** Selections of any shape, of what both types have. */
function selectionsOf(fields: readonly { weight: number; arbitrary: fc.Arbitrary<string> }[]): fc.Arbitrary<string> {
  return fc.letrec<{ set: string; field: string }>((tie) => ({
    field: fc.oneof(
      { maxDepth: 3 },
      ...fields,
      { weight: 2, arbitrary: tie('set').map((set) => `later: oneLater { name ... on Odd ${set} }`) },
      { weight: 1, arbitrary: tie('set').map((set) => `many { __typename ... on Even ${set} }`) },
      { weight: 1, arbitrary: tie('set').map((set) => `self { ... on Even ${set} ...Common }`) },
    ),
    set: fc.array(tie('field'), { minLength: 1, maxLength: 5 }).map((some) => `{ ${some.join(' ')} }`),
  })).set;
}

const textOf = (set: string) => `subscription ($n: Int $m: Int $yes: Boolean = true) {
  thing { given: echo(n: $n) ... on Named { ... on Even ${set} } ...Common }
} fragment Common on Named { name ... on Odd { name viewer } }`;

const variables = fc.record(
  { n: fc.option(fc.integer({ min: 0, max: 9 })), m: fc.integer({ min: 0, max: 9 }), yes: fc.boolean() },
  { requiredKeys: [] },
);

function executionOf(document: DocumentNode, variableValues: Readonly<Record<string, unknown>> = {}) {
  return { document, operationName: null, rootValue: { depth: -1 }, contextValue: { viewer: 'ann' }, variableValues };
}

const textOfResult = (result: ExecutionResult) => JSON.stringify(result);

/** Executes documents of such selections in both ways; how often by compiled code, and how often with errors. */
async function compare(fields: typeof plain) {
  const counts = { byCode: 0, withErrors: 0 };
  compiled.runs = 0;
  await fc.assert(
    fc.asyncProperty(selectionsOf(fields), variables, async (set, variableValues) => {
      const document = parse(textOf(set));
      // Unused variables are no harm here.
      fc.pre(validate(schema, document, rules).length === 0);
      const run = createExecutor(schema, { after: 0, share: Number.POSITIVE_INFINITY });
      const execution = executionOf(document, variableValues);
      const wanted = await execute({ schema, ...execution });
      for (let times = 0; times < 2; times += 1) expect(textOfResult(await run(execution))).toBe(textOfResult(wanted));
      if (wanted.errors) counts.withErrors += 1;
    }),
    { numRuns: 400 },
  );
  return { ...counts, byCode: compiled.runs };
}

describe('an execution by compiled code', () => {
  test('says to the letter what graphql-js says', async () => {
    const { byCode } = await compare(plain);
    expect(byCode).toBe(800);
  });

  test('and so it does where it cannot be compiled, or fails', async () => {
    const { byCode, withErrors } = await compare(rich);
    expect(byCode).toBeGreaterThan(50);
    expect(byCode).toBeLessThan(700);
    expect(withErrors).toBeGreaterThan(50);
  });
});

describe('a document', () => {
  const document = parse(textOf('{ name viewer }'));

  test('is compiled once it has come so often', async () => {
    compiled.runs = 0;
    const run = createExecutor(schema, { after: 3 });
    for (let times = 0; times < 5; times += 1) await run(executionOf(document));
    expect(compiled.runs).toBe(2);
  });

  test('of which no code can be made is executed all the same', async () => {
    compiled.fails = true;
    onTestFinished(() => {
      compiled.fails = false;
    });
    const run = createExecutor(schema, { after: 0, share: Number.POSITIVE_INFINITY });
    const wanted = textOfResult(await execute({ schema, ...executionOf(document) }));
    for (let times = 0; times < 3; times += 1) expect(textOfResult(await run(executionOf(document)))).toBe(wanted);
  });

  test('that is long is not compiled', async () => {
    compiled.runs = 0;
    const run = createExecutor(schema, { after: 0, documentLength: 50 });
    for (let times = 0; times < 5; times += 1) await run(executionOf(document));
    expect(compiled.runs).toBe(0);
  });

  test('waits for its turn where many are to be compiled, and gives its place to a newer one', async () => {
    const another = parse(textOf('{ viewer name }'));
    const paced = createExecutor(schema, { after: 0, share: 1e-9 });
    compiled.runs = 0;
    for (const one of [document, another, another]) await paced(executionOf(one));
    expect(compiled.runs).toBe(1);
    const narrow = createExecutor(schema, { after: 1, documents: 1, share: Number.POSITIVE_INFINITY });
    compiled.runs = 0;
    for (const one of [document, document, another, another, document]) await narrow(executionOf(one));
    expect(compiled.runs).toBe(2);
  });
});
