import type { IncomingMessage, ServerResponse } from 'node:http';

const GRAPHQL_METHODS = 'GET, POST';

/** Lets pages of allowed origins read the answer and send the cookie. */
export function allowOrigin(
  request: IncomingMessage,
  response: ServerResponse,
  allowedOrigins: readonly string[],
  methods = GRAPHQL_METHODS,
): void {
  const { origin } = request.headers;
  response.setHeader('Vary', 'Origin, Accept');
  if (origin === undefined || !allowedOrigins.includes(origin)) return;
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.setHeader('Access-Control-Allow-Credentials', 'true');
  response.setHeader('Access-Control-Allow-Methods', methods);
  response.setHeader('Access-Control-Allow-Headers', 'Content-Type, Authorization, Last-Event-ID');
  response.setHeader('Access-Control-Expose-Headers', 'Retry-After');
  response.setHeader('Access-Control-Max-Age', '600');
}

/** True when the request was a preflight, now answered. */
export function answerPreflight(
  request: IncomingMessage,
  response: ServerResponse,
  methods = GRAPHQL_METHODS,
): boolean {
  if (request.method !== 'OPTIONS') return false;
  response.writeHead(204, { Allow: `${methods}, OPTIONS` }).end();
  return true;
}
