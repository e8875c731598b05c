import { type ExecutionResult, GraphQLError } from 'graphql';
import { Fault, type FaultCode, faults } from '../observe/fault.ts';
import type { Log } from '../observe/log.ts';
import { maskError, placeOf } from './errors.ts';

/** Hints for Yoga, which takes them out of the answer. `spec`: 200 all the same to those who accept application/json. */
interface HttpHints {
  readonly status: number;
  readonly spec?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Well-formed requests that are no valid GraphQL: the specification of GraphQL over HTTP wants 200 in application/json. */
const answeredBySpec: ReadonlySet<FaultCode> = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'OPERATION_TOO_LARGE',
]);

/** Refused by the rules of HTTP, with another status than the table has for the code. */
export class HttpFault extends Fault {
  readonly hints: HttpHints;

  constructor(message: string, hints: HttpHints) {
    super('BAD_REQUEST', message);
    this.hints = hints;
  }
}

/** Tells Yoga the status of an answer: 200 with data, also with null data, and by the table of faults without. */
export function withStatus(result: ExecutionResult): ExecutionResult {
  if (result.errors === undefined || 'data' in result) return result;
  return { ...result, errors: result.errors.map((error) => withHints(error, hintsOf(error))) };
}

/** For what Yoga and we throw before there is an operation: bodies, methods, parameters. */
export function httpError(thrown: unknown, log: Log): GraphQLError {
  if (thrown instanceof HttpFault) return withHints(maskError(thrown, log), thrown.hints);
  const ofYoga = thrown instanceof GraphQLError ? (thrown.extensions.http as HttpHints | undefined) : undefined;
  if (ofYoga !== undefined) {
    return withHints(maskError(new Fault('BAD_REQUEST', (thrown as GraphQLError).message), log), {
      status: ofYoga.status,
      ...(ofYoga.headers === undefined ? {} : { headers: ofYoga.headers }),
    });
  }
  const masked = maskError(thrown, log);
  return withHints(masked, hintsOf(masked));
}

function hintsOf(error: GraphQLError): HttpHints {
  const code = error.extensions.code as FaultCode;
  const retryAfterMs = error.extensions.retryAfterMs;
  return {
    status: faults[code].status,
    spec: answeredBySpec.has(code),
    headers: {
      ...(typeof retryAfterMs === 'number' ? { 'Retry-After': String(Math.ceil(retryAfterMs / 1000)) } : {}),
      ...(faults[code].status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
      ...(code === 'BODY_TOO_LARGE' ? { Connection: 'close' } : {}),
    },
  };
}

function withHints(error: GraphQLError, http: HttpHints): GraphQLError {
  return new GraphQLError(error.message, { ...placeOf(error), extensions: { ...error.extensions, http } });
}
