import type { IncomingMessage, ServerResponse } from 'node:http';
import { GraphQLError } from 'graphql';
import { createYoga, type GraphQLParams, type Plugin } from 'graphql-yoga';
import { Fault } from '../observe/fault.ts';
import type { Log } from '../observe/log.ts';
import { authenticateRequest, BadCredential, sessionCookie } from './authenticate.ts';
import type { Caller, Engine } from './contract.ts';
import { type Gate, isRefused } from './gate.ts';
import { HttpFault, httpError, withStatus } from './http-result.ts';
import type { Rates } from './rates.ts';
import { remoteOf } from './remote.ts';
import { runOperation } from './run.ts';
import type { TransportSettings } from './settings.ts';

export interface HttpDoor {
  readonly engine: Engine;
  readonly gate: Gate;
  readonly rates: Rates;
  readonly settings: TransportSettings;
  readonly log: Log;
}

interface ServerContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

/** GraphQL over HTTP: Yoga reads requests and writes answers, the gate and the engine do what is between. */
export function createHttpDoor(door: HttpDoor): (request: IncomingMessage, response: ServerResponse) => void {
  const yoga = createYoga<ServerContext>({
    graphiql: false,
    landingPage: false,
    multipart: false,
    batching: false,
    logging: false,
    // Parsing, validation and their cache are the gate's: Yoga's own are never reached.
    parserAndValidationCache: false,
    maxRequestBodySize: door.settings.bodyLimitBytes,
    maskedErrors: { maskError: (error) => httpError(error, door.log) },
    cors: false,
    plugins: [readRequests(), answerThroughGate(door)],
  });

  return (request, response) => {
    response.setHeader('Cache-Control', 'no-store');
    if (isPreflight(request, response, door.settings.allowedOrigins)) return;
    request.headers.accept = acceptOf(request.headers.accept);
    void yoga(request, response);
  };
}

/** Parsers of our own: JSON alone by POST, and clear words for what is not JSON. */
function readRequests(): Plugin<ServerContext> {
  return {
    onRequestParse({ request, setRequestParser }) {
      if (request.method === 'GET') setRequestParser((get) => paramsOfUrl(new URL(get.url, 'http://localhost')));
      if (request.method !== 'POST') return;
      const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
      if (type !== 'application/json') {
        throw new HttpFault('the body must be JSON, with content-type application/json', { status: 415 });
      }
      setRequestParser(async (post) => parseJson(await textOf(post), 'the body') as GraphQLParams);
    },
  };
}

async function textOf(request: Request): Promise<string> {
  try {
    return await request.text();
  } catch (error) {
    // Over the limit; anything else is a client that hung up.
    if (error instanceof GraphQLError) throw error;
    throw new Fault('BAD_REQUEST', 'the body ended early');
  }
}

function paramsOfUrl({ searchParams }: URL): GraphQLParams {
  const json = (name: string) => {
    const text = searchParams.get(name);
    return text === null || text === '' ? undefined : (parseJson(text, name) as Record<string, unknown>);
  };
  return {
    query: searchParams.get('query') ?? undefined,
    operationName: searchParams.get('operationName') ?? undefined,
    variables: json('variables'),
    extensions: json('extensions'),
  } as GraphQLParams;
}

function parseJson(text: string, what: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Fault('BAD_REQUEST', `${what} is not JSON`);
  }
  if (typeof value !== 'object' || value === null) throw new Fault('BAD_REQUEST', `${what} is not a JSON object`);
  if (Array.isArray(value)) throw new Fault('BAD_REQUEST', `${what} is a list: send one operation per request`);
  return value;
}

function answerThroughGate(door: HttpDoor): Plugin<ServerContext> {
  return {
    onParams({ setParamsHandler }) {
      setParamsHandler(async ({ params, context }) => {
        try {
          return withStatus(await answer(door, params, context as unknown as ServerContext));
        } catch (error) {
          return { errors: [httpError(error, door.log)] };
        }
      });
    },
  };
}

async function answer(door: HttpDoor, params: GraphQLParams, { req, res }: ServerContext) {
  const caller = await callerOf(door, req, res);
  const admitted = await door.gate.admit(caller, { ...params, query: params.query as string });
  if (isRefused(admitted)) return { errors: admitted };
  const { operation } = admitted.operation;
  if (operation === 'subscription') {
    throw new Fault(
      'SUBSCRIPTION_OVER_HTTP',
      'subscriptions go over WebSocket (graphql-transport-ws) on the same path',
    );
  }
  if (operation === 'mutation' && req.method !== 'POST') {
    throw new HttpFault('mutations go by POST', { status: 405, headers: { Allow: 'POST' } });
  }
  return runOperation(door.engine, caller, admitted, door.log);
}

async function callerOf(
  { engine, rates, settings }: HttpDoor,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<Caller> {
  const remote = remoteOf(req, settings.trustProxy);
  const setCookie = (token: string | null, expiresAt: Date | null) => {
    res.appendHeader('Set-Cookie', sessionCookie(token, expiresAt, remote.isSecure));
  };
  try {
    const viewer = await authenticateRequest(engine, req, remote, settings.allowedOrigins);
    const subject = { userId: viewer?.user.id ?? null, address: remote.address };
    return { viewer, setCookie, spend: (bucket) => rates.spend(bucket, subject) };
  } catch (error) {
    if (error instanceof BadCredential && error.isBadCookie) setCookie(null, null);
    throw error;
  }
}

/** Pages of allowed origins may read answers and send the cookie; true when the request was a preflight, now answered. */
function isPreflight(request: IncomingMessage, response: ServerResponse, allowedOrigins: readonly string[]): boolean {
  const { origin } = request.headers;
  response.setHeader('Vary', 'Origin');
  if (origin !== undefined && allowedOrigins.includes(origin)) {
    response.setHeader('Access-Control-Allow-Origin', origin);
    response.setHeader('Access-Control-Allow-Credentials', 'true');
    response.setHeader('Access-Control-Allow-Methods', 'GET, POST');
    response.setHeader('Access-Control-Allow-Headers', 'Content-Type, Authorization');
    response.setHeader('Access-Control-Expose-Headers', 'Retry-After');
    response.setHeader('Access-Control-Max-Age', '600');
  }
  if (request.method !== 'OPTIONS') return false;
  response.writeHead(204, { Allow: 'GET, POST, OPTIONS' }).end();
  return true;
}

/** Whoever asks for a stream or parts alone gets the refusal as JSON, not as an event or a part. */
function acceptOf(accept: string | undefined): string | undefined {
  const isStreamAlone = accept !== undefined && /text\/event-stream|multipart\/mixed/i.test(accept);
  return isStreamAlone && !/json|\*\/\*|application\/\*/i.test(accept) ? 'application/json' : accept;
}
