import { type ExecutionResult, execute } from 'graphql';
import type { Log } from '../observe/log.ts';
import type { AdmittedOperation, Caller, Engine } from './contract.ts';
import { maskErrors } from './errors.ts';

/**
 * Executes a query or mutation in one snapshot. Errors are masked; `extensions.asOf` is the position of the answer.
 * Never rejects: without `data` the operation never began.
 */
export async function runOperation(
  engine: Engine,
  caller: Caller,
  admitted: AdmittedOperation,
  log: Log,
): Promise<ExecutionResult> {
  try {
    const operation = engine.beginOperation(caller);
    let asOf: string | null = null;
    let result: ExecutionResult;
    try {
      result = await execute({
        schema: engine.schema,
        document: admitted.document,
        contextValue: operation.context,
        variableValues: admitted.variables,
        operationName: admitted.operationName,
      });
    } finally {
      asOf = await operation.end();
    }
    const answer: ExecutionResult = {};
    if (result.errors !== undefined) answer.errors = maskErrors(result.errors, log);
    if (result.data !== undefined) answer.data = result.data;
    if (asOf !== null) answer.extensions = { ...result.extensions, asOf };
    return answer;
  } catch (error) {
    return { errors: maskErrors([error], log) };
  }
}
