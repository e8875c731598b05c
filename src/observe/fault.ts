/**
 * The one table of faults: requests refused before execution, or by the machinery, as a GraphQL error with
 * `extensions.code`. Refusals by a mutation have their own table in chat/refusal.ts.
 */
export const faults = {
  BAD_REQUEST: { status: 400, does: 'The request is not one of GraphQL over HTTP, SSE or WebSocket: correct it.' },
  GRAPHQL_PARSE_FAILED: { status: 400, does: 'The document is not GraphQL, or has too many tokens: correct it.' },
  GRAPHQL_VALIDATION_FAILED: { status: 400, does: 'The document does not fit the schema: correct it.' },
  BAD_USER_INPUT: { status: 400, does: 'An argument or variable is out of its range: correct it.' },
  OPERATION_TOO_LARGE: { status: 400, does: 'The operation is over the limit of depth or cost: ask for less at once.' },
  SUBSCRIPTION_OVER_HTTP: {
    status: 400,
    does: 'A subscription is more than one answer: use graphql-transport-ws, or ask with Accept: text/event-stream.',
  },
  CURSOR_INVALID: { status: 400, does: 'The cursor is damaged, or of the other kind: use one as the server gave it.' },
  CURSOR_EXPIRED: {
    status: 400,
    does: 'The log no longer has, or never had, this place: load state anew and go on from asOf.',
  },
  UNAUTHENTICATED: { status: 401, does: 'Sign in first, by a token or a cookie.' },
  TOKEN_REPLACED: {
    status: 401,
    does: 'A guest signed up within the last minute: repeat with the new token; a browser has the new cookie in a moment.',
  },
  ORIGIN_REFUSED: {
    status: 403,
    does: 'A cookie is honoured only from allowed origins: use a token or add the origin.',
  },
  SCOPE_MISSING: {
    status: 403,
    does: 'The API token may not do this: use one with the scope that `extensions.scope` names; null: sign in, no token may.',
  },
  NOT_FOUND: { status: 404, does: 'What the id names does not exist or is not yours to see.' },
  BODY_TOO_LARGE: { status: 413, does: 'The request body is over the limit: send less.' },
  RATE_LIMITED: { status: 429, does: 'Too many requests in a short time: wait retryAfterMs, then repeat.' },
  TOO_MANY_SUBSCRIPTIONS: {
    status: 429,
    does: 'The socket has as many subscriptions, or the person as many connections or different subscriptions, as it may: end one first.',
  },
  UNAVAILABLE: { status: 503, does: 'The database cannot answer now: repeat later, a write with the same clientKey.' },
  INTERNAL: { status: 500, does: 'A bug of ours: report the id, which the log of the server has too.' },
} as const;

export type FaultCode = keyof typeof faults;

/** A request that cannot be answered; the edge makes a GraphQL error of it. Never holds a stack or SQL for the caller. */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: FaultCode, message: string, details: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(`${code}: ${message}`, { cause });
    this.name = 'Fault';
    this.code = code;
    this.details = details;
  }
}

/** Of a credential of a guest who signed up a moment ago. */
export function tokenReplaced(): Fault {
  return new Fault('TOKEN_REPLACED', 'the guest has signed up: repeat this with the new token');
}
