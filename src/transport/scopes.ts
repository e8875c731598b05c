import {
  type DocumentNode,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  type OperationDefinitionNode,
  separateOperations,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { Fault } from '../observe/fault.ts';
import type { AdmittedOperation, CallerViewer } from './contract.ts';

declare module 'graphql' {
  // biome-ignore lint/suspicious/noExplicitAny: the parameters must repeat those of graphql's own declaration.
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs = any> {
    /** What an API token needs for this field: a scope; OPEN: none; SESSION: no token may use it. */
    scope?: string;
  }
}

/** What reads need, also in the answer of a mutation as far as it shows more than what everyone there sees. */
const READ = 'READ';
const SESSION = 'SESSION';

export type ScopeCheck = (viewer: CallerViewer | null, operation: AdmittedOperation) => void;

/**
 * Whether the credential of the caller is enough for all that an operation selects, taken or skipped. Sessions may do
 * everything; a token what its scopes name, and nothing of what has no scope. Throws SCOPE_MISSING with the first one.
 */
export function createScopeCheck(schema: GraphQLSchema): ScopeCheck {
  const asks = new WeakMap<DocumentNode, readonly string[]>();
  const ownOfMutations = typesOfAnswers(schema);

  function askedBy({ document, operation }: AdmittedOperation): readonly string[] {
    const known = asks.get(document);
    if (known) return known;
    const asked = [...new Set(scopesOf(schema, ownOfMutations, document, operation))].sort();
    asks.set(document, asked);
    return asked;
  }

  return (viewer, operation) => {
    if (!viewer || viewer.scopes === null) return;
    const { scopes } = viewer;
    const asked = askedBy(operation);
    if (asked.includes(SESSION)) throw new Fault('SCOPE_MISSING', 'no API token may do this: sign in', { scope: null });
    const missing = asked.find((scope) => !scopes.includes(scope));
    if (missing === undefined) return;
    throw new Fault('SCOPE_MISSING', `the API token has no scope ${missing}`, { scope: missing });
  };
}

function scopesOf(
  schema: GraphQLSchema,
  ownOfMutations: ReadonlySet<string>,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): readonly string[] {
  const alone = separateOperations(document)[operation.name?.value ?? ''] ?? document;
  const roots = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]);
  const isMutation = operation.operation === 'mutation';
  const scopes: string[] = [];
  const types = new TypeInfo(schema);
  const collect = () => {
    const field = types.getFieldDef();
    const parent = types.getParentType();
    if (!field || !parent || field.name.startsWith('__')) return;
    const isRoot = isObjectType(parent) && roots.has(parent);
    const own = field.extensions.scope ?? (isRoot ? SESSION : null);
    if (own !== null && own !== 'OPEN') scopes.push(own);
    if (isMutation && !ownOfMutations.has(parent.name) && !isShared(field)) scopes.push(READ);
  };
  visit(alone, visitWithTypeInfo(types, { Field: collect }));
  return scopes;
}

/** Payloads of mutations and the errors in them: what is said of the write itself, and of nothing else. */
function typesOfAnswers(schema: GraphQLSchema): ReadonlySet<string> {
  const mutation = schema.getMutationType();
  const names = new Set(mutation ? [mutation.name] : []);
  for (const { type } of Object.values(mutation?.getFields() ?? {})) {
    const payload = getNamedType(type);
    if (!isObjectType(payload)) continue;
    names.add(payload.name);
    const { errors } = payload.getFields();
    const error = errors && getNamedType(errors.type);
    if (!isCompositeType(error)) continue;
    names.add(error.name);
    if (isAbstractType(error)) for (const { name } of schema.getPossibleTypes(error)) names.add(name);
  }
  return names;
}

/** The same for everyone who may see the event: see schema/shared.ts. */
function isShared(field: GraphQLField<unknown, unknown>): boolean {
  return (field.extensions.directives as { shared?: object } | undefined)?.shared !== undefined;
}
