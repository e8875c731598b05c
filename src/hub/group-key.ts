import { createHash } from 'node:crypto';
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  print,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';

/** What subscriptions of one document have in common, found once per document and operation. */
export interface StreamShape {
  /** Hash of the operation and its fragments. */
  readonly documentHash: string;
  /** True where every selected field is on the allow-list of `@shared`: one execution serves all viewers. */
  readonly isShared: boolean;
  /** Variables that say only where the stream begins: not part of what a group shares. */
  readonly startVariables: ReadonlySet<string>;
}

/** Arguments of a subscription field that say where it begins. */
const START_ARGUMENTS = new Set(['after', 'last']);

const shapes = new WeakMap<DocumentNode, Map<string | null, StreamShape>>();

/** `document` has passed validation. */
export function shapeOf(schema: GraphQLSchema, document: DocumentNode, operationName: string | null): StreamShape {
  const known = shapes.get(document) ?? new Map<string | null, StreamShape>();
  shapes.set(document, known);
  const shape = known.get(operationName) ?? findShape(schema, document, operationName);
  known.set(operationName, shape);
  return shape;
}

/** Two subscriptions with the same key get the same bytes. `variables` are coerced. */
export function groupKey(shape: StreamShape, variables: Readonly<Record<string, unknown>>, viewerId: string): string {
  const names = Object.keys(variables).filter((name) => !shape.startVariables.has(name));
  const values = names.sort().map((name) => [name, variables[name]]);
  const scope = shape.isShared ? 'shared' : viewerId;
  return createHash('sha256')
    .update(JSON.stringify([shape.documentHash, scope, values]))
    .digest('base64url');
}

function findShape(schema: GraphQLSchema, document: DocumentNode, operationName: string | null): StreamShape {
  const operation = getOperationAST(document, operationName);
  if (!operation) throw new Error('the operation was not admitted');
  const fragments = reachableFragments(document, operation);
  const parts = [operation, ...fragments];
  return {
    documentHash: createHash('sha256').update(parts.map(print).join('\n')).digest('base64url'),
    isShared: parts.every((part) => selectsSharedOnly(schema, part)),
    startVariables: findStartVariables(operation, fragments),
  };
}

/** The fragments that the operation uses, directly or through others, by name. */
function reachableFragments(document: DocumentNode, operation: OperationDefinitionNode): FragmentDefinitionNode[] {
  const byName = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) byName.set(definition.name.value, definition);
  }
  const found = new Map<string, FragmentDefinitionNode>();
  const collect = (part: OperationDefinitionNode | FragmentDefinitionNode): void => {
    visit(part, {
      FragmentSpread({ name }) {
        const fragment = byName.get(name.value);
        if (!fragment || found.has(name.value)) return;
        found.set(name.value, fragment);
        collect(fragment);
      },
    });
  };
  collect(operation);
  return [...found.values()].sort((a, b) => (a.name.value < b.name.value ? -1 : 1));
}

/** Looks at every field that is written, whatever its conditions: a condition may differ per viewer. */
function selectsSharedOnly(schema: GraphQLSchema, part: OperationDefinitionNode | FragmentDefinitionNode): boolean {
  const typeInfo = new TypeInfo(schema);
  let isShared = true;
  visit(
    part,
    visitWithTypeInfo(typeInfo, {
      Field({ name }) {
        if (name.value === '__typename') return;
        const directives = typeInfo.getFieldDef()?.extensions.directives as Record<string, unknown> | undefined;
        if (!directives || !('shared' in directives)) isShared = false;
      },
    }),
  );
  return isShared;
}

function findStartVariables(
  operation: OperationDefinitionNode,
  fragments: readonly FragmentDefinitionNode[],
): ReadonlySet<string> {
  const inStart = new Map<string, number>();
  for (const selection of rootFields(operation, fragments)) {
    for (const argument of selection.arguments ?? []) {
      if (START_ARGUMENTS.has(argument.name.value)) countVariables(argument, inStart);
    }
  }
  const anywhere = new Map<string, number>();
  for (const selection of [operation.selectionSet, ...(operation.directives ?? []), ...fragments]) {
    countVariables(selection, anywhere);
  }
  return new Set([...inStart].filter(([name, count]) => anywhere.get(name) === count).map(([name]) => name));
}

function rootFields(operation: OperationDefinitionNode, fragments: readonly FragmentDefinitionNode[]): FieldNode[] {
  const byName = new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
  const collect = (selections: OperationDefinitionNode['selectionSet']['selections']): FieldNode[] =>
    selections.flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return [selection];
      if (selection.kind === Kind.INLINE_FRAGMENT) return collect(selection.selectionSet.selections);
      return collect(byName.get(selection.name.value)?.selectionSet.selections ?? []);
    });
  return collect(operation.selectionSet.selections);
}

function countVariables(node: Parameters<typeof visit>[0], counts: Map<string, number>): void {
  visit(node, {
    Variable({ name }) {
      counts.set(name.value, (counts.get(name.value) ?? 0) + 1);
    },
  });
}
