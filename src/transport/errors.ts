import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLErrorOptions, Kind } from 'graphql';
import { Fault, type FaultCode, faults } from '../observe/fault.ts';
import type { Log } from '../observe/log.ts';

/** The error that the caller sees for a fault: code, message and details, at the place where it happened. */
export function errorOfFault(fault: Fault, at?: GraphQLError): GraphQLError {
  return new GraphQLError(fault.message, { ...placeOf(at), extensions: { ...fault.details, code: fault.code } });
}

/**
 * What graphql says of a document or of variables. A fault thrown inside (by a scalar) speaks for itself; everything
 * else has the given code, and graphql's own words.
 */
export function refusedRequest(errors: readonly GraphQLError[], code: FaultCode): GraphQLError[] {
  return errors.map((error) => {
    const fault = faultIn(error);
    if (fault !== null) return errorOfFault(fault, error);
    return new GraphQLError(error.message, { ...placeOf(error), extensions: { code } });
  });
}

/**
 * What an execution may tell: faults by the table, mistakes in arguments, errors that carry a code of the table.
 * Anything else is a bug of ours: INTERNAL with an id, logged once with the same id.
 */
export function maskError(error: unknown, log: Log): GraphQLError {
  const at = error instanceof GraphQLError ? error : undefined;
  const fault = faultIn(error);
  if (fault !== null) return errorOfFault(fault, at);
  if (at !== undefined && isFaultCode(at.extensions.code)) return at;
  if (at !== undefined && isMistakeInArguments(at)) return refusedRequest([at], 'BAD_USER_INPUT')[0] as GraphQLError;
  const id = randomUUID();
  log.error({ id, err: causeOf(error), path: at?.path }, 'an operation failed by a bug of ours');
  return new GraphQLError('INTERNAL: something went wrong on our side; report this id', {
    ...placeOf(at),
    extensions: { code: 'INTERNAL', id },
  });
}

export function maskErrors(errors: readonly unknown[], log: Log): GraphQLError[] {
  return errors.map((error) => maskError(error, log));
}

/** A fault, itself or wrapped by graphql; null when there is none. */
function faultIn(error: unknown): Fault | null {
  for (let inner = error; inner instanceof Error; inner = originalOf(inner)) {
    if (inner instanceof Fault) return inner;
  }
  return null;
}

function originalOf(error: Error): unknown {
  return error instanceof GraphQLError ? error.originalError : null;
}

/** The innermost error: what a resolver threw. */
function causeOf(error: unknown): unknown {
  let inner = error;
  while (inner instanceof GraphQLError && inner.originalError != null) inner = inner.originalError;
  return inner;
}

/**
 * graphql points at a field where a resolver's result does not fit (a bug), and at an argument, value or directive
 * where the request does not: variables inside literals can only be judged while executing.
 */
function isMistakeInArguments(error: GraphQLError): boolean {
  const inner = causeOf(error);
  if (!(inner instanceof GraphQLError)) return false;
  const kind = inner.nodes?.[0]?.kind;
  return kind !== undefined && kind !== Kind.FIELD && kind !== Kind.OPERATION_DEFINITION;
}

function isFaultCode(code: unknown): code is FaultCode {
  return typeof code === 'string' && Object.hasOwn(faults, code);
}

/** Where in the document and in the answer an error is, for a new error at the same place. */
export function placeOf(error: GraphQLError | undefined): GraphQLErrorOptions {
  if (error === undefined) return {};
  const { nodes = null, source, positions, path } = error;
  return { nodes, source, positions, path };
}
