import { complexityFromQuery } from '@pothos/plugin-complexity';
import { GraphQLError, type GraphQLSchema, getVariableValues } from 'graphql';
import { Fault } from '../observe/fault.ts';
import type { AdmittedOperation, Caller } from './contract.ts';
import { createDocuments } from './documents.ts';
import { errorOfFault, refusedRequest } from './errors.ts';
import { createScopeCheck } from './scopes.ts';
import type { DocumentSettings } from './settings.ts';

/** What a client sent, on whichever transport. Nothing about it is certain but `query`. */
export interface OperationRequest {
  readonly query: string;
  readonly operationName?: unknown;
  readonly variables?: unknown;
}

/**
 * The one gate that every operation of every transport passes before it is executed or subscribed to.
 * In this order: rate, shape, parse, validate, select, coerce variables, scopes, depth and cost.
 */
export interface Gate {
  /** Errors: refused, each with a code of the table of faults. Rejects only on a bug. */
  admit(caller: Caller, request: OperationRequest): Promise<AdmittedOperation | readonly GraphQLError[]>;
}

export function createGate(schema: GraphQLSchema, settings: DocumentSettings): Gate {
  const documents = createDocuments(schema, settings);
  const checkScopes = createScopeCheck(schema);

  return {
    async admit(caller, request) {
      const retryAfterMs = await caller.spend('operations');
      if (retryAfterMs !== null) return [errorOfFault(rateLimited('operations', retryAfterMs))];
      try {
        const operationName = checkOperationName(request.operationName);
        const variables = checkVariables(request.variables, settings.maxNesting);
        const selected = documents.select(request.query, operationName);
        if ('errors' in selected) return selected.errors;
        const { document, operation } = selected;
        const coerced = getVariableValues(schema, operation.variableDefinitions ?? [], variables, {
          maxErrors: settings.maxErrors,
        });
        if (coerced.errors !== undefined) return refusedRequest(coerced.errors, 'BAD_USER_INPUT');
        const admitted = { document, operation, operationName, variables, coercedVariables: coerced.coerced };
        checkScopes(caller.viewer, admitted);
        checkSize(schema, admitted, settings);
        return admitted;
      } catch (error) {
        if (error instanceof Fault) return [errorOfFault(error)];
        // Arguments that only cost functions have looked at so far.
        if (error instanceof GraphQLError) return refusedRequest([error], 'BAD_USER_INPUT');
        throw error;
      }
    },
  };
}

export function rateLimited(bucket: string, retryAfterMs: number): Fault {
  return new Fault('RATE_LIMITED', `too many ${bucket} in a short time; wait ${retryAfterMs} ms`, {
    bucket,
    retryAfterMs,
  });
}

export function isRefused<Admitted extends object>(
  outcome: Admitted | readonly GraphQLError[],
): outcome is readonly GraphQLError[] {
  return Array.isArray(outcome);
}

function checkOperationName(name: unknown): string | null {
  if (name === undefined || name === null) return null;
  if (typeof name !== 'string') throw new Fault('BAD_REQUEST', 'operationName is not a string');
  return name;
}

function checkVariables(variables: unknown, maxNesting: number): Record<string, unknown> {
  if (variables === undefined || variables === null) return {};
  if (typeof variables !== 'object' || Array.isArray(variables)) {
    throw new Fault('BAD_REQUEST', 'variables are not an object');
  }
  if (isDeeperThan(variables, maxNesting)) {
    throw new Fault('BAD_USER_INPUT', `brackets are nested more than ${maxNesting} deep in the variables`);
  }
  return variables as Record<string, unknown>;
}

/** Goes level by level and not by recursion: the value may be as deep as a message is long. */
function isDeeperThan(value: object, limit: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limit) return true;
    level = level
      .flatMap((one) => Object.values(one as object))
      .filter((one) => typeof one === 'object' && one !== null);
  }
  return false;
}

function checkSize(
  schema: GraphQLSchema,
  { document, variables }: AdmittedOperation,
  settings: DocumentSettings,
): void {
  const { complexity: cost, depth } = complexityFromQuery(document, { schema, variables, ctx: {} });
  if (depth > settings.maxDepth) {
    throw new Fault('OPERATION_TOO_LARGE', `fields are nested ${depth} deep; the limit is ${settings.maxDepth}`, {
      depth,
      maxDepth: settings.maxDepth,
    });
  }
  if (!(cost <= settings.maxCost)) {
    throw new Fault('OPERATION_TOO_LARGE', `the operation costs ${cost} points; the limit is ${settings.maxCost}`, {
      cost,
      maxCost: settings.maxCost,
    });
  }
}
