import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
} from 'graphql';
import type { createExecutor } from './compiled-execution.ts';
import { type EventRows, type OpenRequest, type Sink, type StreamItem, ViewerTouched } from './contract.ts';
import { groupKey, shapeOf } from './group-key.ts';
import { StreamPlan } from './plan.ts';

/** A subscription that was parsed, validated and admitted, for one viewer. */
export interface StreamOperation {
  readonly document: DocumentNode;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly coercedVariables: Readonly<Record<string, unknown>>;
  /** A cursor that takes the place of where the operation says that the stream begins; null: none. */
  readonly resumeAfter: string | null;
}

/** What one execution may use. */
export interface ExecutionScope<Viewer> {
  readonly viewer: Viewer | null;
  readonly isShared: boolean;
  readonly rows: EventRows | null;
  readonly resumeAfter: string | null;
}

export interface StreamExecutionOptions<Viewer extends { readonly user: { readonly id: string } }> {
  readonly schema: GraphQLSchema;
  readonly execute: ReturnType<typeof createExecutor>;
  /** Context of one execution; `viewer` null and `isShared`: touching the viewer throws ViewerTouched. */
  readonly newContext: (scope: ExecutionScope<Viewer>) => object;
  /** What the caller may see of an error. */
  readonly mask: (error: GraphQLError) => GraphQLError;
  /** True where the same execution may succeed later: it is then tried again instead of being delivered as errors. */
  readonly isTemporary: (error: unknown) => boolean;
}

/** Runs the subscription resolver, and makes of its plan what the hub opens. Errors: refused. */
export async function planStream<Viewer extends { readonly user: { readonly id: string } }>(
  options: StreamExecutionOptions<Viewer>,
  viewer: Viewer | null,
  operation: StreamOperation,
  sink: Sink,
): Promise<OpenRequest | readonly GraphQLError[]> {
  const { schema, newContext, mask } = options;
  const { document, operationName, variables, coercedVariables } = operation;
  const plan = await createSourceEventStream({
    schema,
    document,
    contextValue: newContext({ viewer, isShared: false, rows: null, resumeAfter: operation.resumeAfter }),
    variableValues: variables,
    operationName,
  });
  if (!(plan instanceof StreamPlan)) {
    const errors = (plan as ExecutionResult).errors ?? [new GraphQLError('the subscription has no stream')];
    return errors.map(mask);
  }
  const shape = shapeOf(schema, document, operationName);
  const viewerId = viewer?.user.id ?? '';
  const executeFor = (isShared: boolean) => (item: StreamItem) =>
    executeItem(options, operation, item, newContextFor(options, viewer, isShared, item));
  return {
    source: plan.source,
    start: plan.start,
    group: {
      key: groupKey(shape, coercedVariables, viewerId),
      isPerViewer: !shape.isShared,
      execute: executeFor(shape.isShared),
    },
    executeAlone: executeFor(false),
    sink,
  };
}

function newContextFor<Viewer extends { readonly user: { readonly id: string } }>(
  { newContext }: StreamExecutionOptions<Viewer>,
  viewer: Viewer | null,
  isShared: boolean,
  item: StreamItem,
): object {
  const rows = item.kind === 'event' ? item.rows : null;
  return newContext({ viewer: isShared ? null : viewer, isShared, rows, resumeAfter: null });
}

async function executeItem<Viewer extends { readonly user: { readonly id: string } }>(
  { execute, mask, isTemporary }: StreamExecutionOptions<Viewer>,
  { document, operationName, variables }: StreamOperation,
  rootValue: StreamItem,
  contextValue: object,
): Promise<string> {
  const result = await execute({ document, rootValue, contextValue, variableValues: variables, operationName });
  for (const { originalError } of result.errors ?? []) {
    if (originalError instanceof ViewerTouched || isTemporary(originalError)) throw originalError;
  }
  return JSON.stringify(result.errors ? { ...result, errors: result.errors.map(mask) } : result);
}
