import { type DocumentNode, type ExecutionResult, execute, type GraphQLSchema, Kind, visit } from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';

export interface Execution {
  /** With one operation. */
  readonly document: DocumentNode;
  readonly operationName: string | null;
  readonly rootValue: unknown;
  readonly contextValue: object;
  /** As they came; they were coerced once without errors. */
  readonly variableValues: Readonly<Record<string, unknown>>;
}

type Outcome = ExecutionResult | Promise<ExecutionResult>;
type Run = (rootValue: unknown, contextValue: object, variables: Execution['variableValues']) => Outcome;

export interface CompilationLimits {
  /** Executions of a document before it is compiled. */
  readonly after: number;
  /** Length of what is compiled, in UTF-16 code units: a long one takes its time, and one turn of the event loop. */
  readonly documentLength: number;
  /** How many are kept compiled; the oldest goes. */
  readonly documents: number;
  /** What part of the time compiling may take. */
  readonly share: number;
}

const defaults: CompilationLimits = { after: 16, documentLength: 2_000, documents: 500, share: 0.05 };

interface Known {
  executions: number;
  run: Run | null;
  isCompilable: boolean;
}

/**
 * Executes documents, those that come again and again by code that was compiled for them (graphql-jit). What it is known to do
 * otherwise than graphql-js never gets to it: directives, variables within values, and errors, for which the execution is made
 * again by graphql-js. So executions must only read.
 */
export function createExecutor(
  schema: GraphQLSchema,
  given: Partial<CompilationLimits> = {},
): (execution: Execution) => Outcome {
  const limits = { ...defaults, ...given };
  const knownDocuments = new WeakMap<DocumentNode, Known>();
  const compiled: Known[] = [];
  let mayCompileAt = 0;

  function knownOf(document: DocumentNode): Known {
    const known = knownDocuments.get(document) ?? {
      executions: 0,
      run: null,
      isCompilable: isCompilable(document, limits.documentLength),
    };
    knownDocuments.set(document, known);
    return known;
  }

  function compile(known: Known, { document, operationName }: Execution): void {
    const begunAt = performance.now();
    const query = codeOf(schema, document, operationName);
    const endedAt = performance.now();
    mayCompileAt = endedAt + (endedAt - begunAt) / limits.share;
    known.isCompilable = query !== null;
    if (query === null) return;
    known.run = (rootValue, contextValue, variables) => query.query(rootValue, contextValue, variables) as Outcome;
    compiled.push(known);
    const oldest = compiled.length > limits.documents ? compiled.shift() : undefined;
    if (!oldest) return;
    oldest.run = null;
    oldest.executions = 0;
  }

  return (execution) => {
    const known = knownOf(execution.document);
    if (known.run === null && known.isCompilable) {
      known.executions += 1;
      if (known.executions > limits.after && performance.now() >= mayCompileAt) compile(known, execution);
    }
    return known.run === null ? execute({ schema, ...execution }) : runCompiled(schema, execution, known.run);
  };
}

/** Null where there is none: graphql-js then goes on with the document. */
function codeOf(schema: GraphQLSchema, document: DocumentNode, operationName: string | null) {
  try {
    const code = compileQuery(schema, document, operationName ?? undefined, { disablingCapturingStackErrors: true });
    return isCompiledQuery(code) ? code : null;
  } catch {
    return null;
  }
}

function runCompiled(schema: GraphQLSchema, execution: Execution, run: Run): Outcome {
  const { rootValue, contextValue, variableValues } = execution;
  const checked = (result: ExecutionResult) => (result.errors ? execute({ schema, ...execution }) : result);
  try {
    const outcome = run(rootValue, contextValue, variableValues);
    return outcome instanceof Promise
      ? outcome.then(checked, () => execute({ schema, ...execution }))
      : checked(outcome);
  } catch {
    return execute({ schema, ...execution });
  }
}

function isCompilable(document: DocumentNode, longest: number): boolean {
  if ((document.loc?.source.body.length ?? Number.POSITIVE_INFINITY) > longest) return false;
  let isPlain = true;
  visit(document, {
    Directive() {
      isPlain = false;
    },
    Variable(_node, _key, parent) {
      const kind = parent && 'kind' in parent ? parent.kind : null;
      if (kind !== Kind.ARGUMENT && kind !== Kind.VARIABLE_DEFINITION) isPlain = false;
    },
  });
  return isPlain;
}
