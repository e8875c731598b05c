import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import sirv from 'sirv';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Pages run offline and talk to this server alone. Editors put styles into the page, and workers come from blobs. */
const pagePolicy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "worker-src 'self' blob:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const securityHeaders = {
  'Content-Security-Policy': pagePolicy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
};

export function setSecurityHeaders(response: ServerResponse): void {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
}

export interface Pages {
  /** The file of the request's path; 404 where there is none. */
  readonly file: Handler;
  /** The page of GraphiQL, whatever the path. */
  readonly graphiql: Handler;
}

/** `clientFolder`: what the build of the client made, read once. Null or missing: no pages, each a 404 that says so. */
export function createPages(clientFolder: string | null): Pages {
  if (clientFolder === null || !existsSync(clientFolder)) {
    const missing: Handler = (_, response) =>
      respond(response, 404, 'The pages are not built. GraphQL is at /graphql.');
    return { file: missing, graphiql: missing };
  }
  const serve = sirv(clientFolder, {
    etag: true,
    setHeaders(response, path) {
      // Names of assets change with their content; pages are asked for again each time.
      const isHashed = path.startsWith('/assets/');
      response.setHeader('Cache-Control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  const file: Handler = (request, response) => serve(request, response, () => respond(response, 404, 'Not found.'));
  return {
    file,
    graphiql(request, response) {
      request.url = '/graphiql.html';
      file(request, response);
    },
  };
}

export function respond(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
