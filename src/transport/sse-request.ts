import type { IncomingMessage } from 'node:http';
import { Fault } from '../observe/fault.ts';
import { bodyTextOf } from './body-text.ts';
import type { OperationRequest } from './gate.ts';
import { mediaTypeOf, paramsOfBody, paramsOfUrl } from './request-params.ts';

/** What a request for events asks. */
export interface EventRequest extends OperationRequest {
  /** A cursor: go on after it, whatever the operation says; null: begin where the operation says. */
  readonly lastEventId: string | null;
}

const knownParams = new Set(['query', 'operationName', 'variables', 'extensions']);

/** True where the client likes events best of what we have. A wildcard is taken for JSON. */
export function prefersEvents(accept: string | undefined): boolean {
  let best = { quality: 0, isEvents: false };
  for (const range of accept?.split(',') ?? []) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const isEvents = type === 'text/event-stream';
    if (!isEvents && !/^(application\/(json|graphql-response\+json|\*)|\*\/\*)$/.test(type)) continue;
    const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
    // Of two that are liked alike, the first.
    if (quality > best.quality) best = { quality, isEvents };
  }
  return best.isEvents;
}

/** By POST a body of JSON, by GET parameters. Throws BAD_REQUEST and BODY_TOO_LARGE. */
export async function readEventRequest(request: IncomingMessage, bodyLimitBytes: number): Promise<EventRequest> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const params = request.method === 'GET' ? paramsOfUrl(url) : await paramsOfPost(request, bodyLimitBytes);
  const unknown = Object.keys(params).find((name) => !knownParams.has(name));
  if (unknown !== undefined)
    throw new Fault('BAD_REQUEST', `unknown parameter ${JSON.stringify(unknown.slice(0, 100))}`);
  const { query, operationName, variables } = params;
  if (typeof query !== 'string') throw new Fault('BAD_REQUEST', 'query is missing, or not a string');
  const header = request.headers['last-event-id'];
  // The header is newer: a client that comes back repeats the address that it came to first.
  const lastEventId = (typeof header === 'string' ? header : '') || url.searchParams.get('lastEventId') || null;
  return { query, operationName, variables, lastEventId };
}

async function paramsOfPost(request: IncomingMessage, limitBytes: number) {
  if (mediaTypeOf(request.headers['content-type']) !== 'application/json') {
    throw new Fault('BAD_REQUEST', 'the body must be JSON, with content-type application/json');
  }
  return paramsOfBody(await bodyTextOf(request, limitBytes));
}
