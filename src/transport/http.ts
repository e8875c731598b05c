import type { IncomingMessage, ServerResponse } from 'node:http';
import { createYoga, type GraphQLParams, type Plugin } from 'graphql-yoga';
import { howToSubscribe } from '../hub/plan.ts';
import { Fault } from '../observe/fault.ts';
import type { Log } from '../observe/log.ts';
import { bodyTextOf } from './body-text.ts';
import type { Engine } from './contract.ts';
import { allowOrigin, answerPreflight } from './cors.ts';
import { type Gate, isRefused } from './gate.ts';
import { callerOfRequest } from './http-caller.ts';
import { HttpFault, httpError, withStatus } from './http-result.ts';
import type { Rates } from './rates.ts';
import { remoteOf } from './remote.ts';
import { mediaTypeOf, paramsOfBody, paramsOfUrl } from './request-params.ts';
import { runOperation } from './run.ts';
import type { TransportSettings } from './settings.ts';
import { createTurns } from './turns.ts';

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

/** Each takes about half a millisecond; «A flood of sign-ins» of docs/performance.md is what many at once do to others. */
const REQUESTS_PER_TURN = 1;

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
    // Nor is the body read by Yoga, which pipes each through a stream of its own to count it.
    maxRequestBodySize: false,
    maskedErrors: { maskError: (error) => httpError(error, door.log) },
    cors: false,
    plugins: [readRequests(door.settings.bodyLimitBytes), answerThroughGate(door)],
  });

  const inTurn = createTurns(REQUESTS_PER_TURN);

  return (request, response) => {
    response.setHeader('Cache-Control', 'no-store');
    allowOrigin(request, response, door.settings.allowedOrigins);
    if (answerPreflight(request, response)) return;
    request.headers.accept = acceptOf(request.headers.accept);
    inTurn(() => void yoga(request, response));
  };
}

/** Parsers of our own: JSON alone by POST, and clear words for what is not JSON. */
function readRequests(bodyLimitBytes: number): Plugin<ServerContext> {
  return {
    onRequestParse({ request, serverContext, setRequestParser }) {
      if (request.method === 'GET') {
        setRequestParser((get) => paramsOfUrl(new URL(get.url, 'http://localhost')) as GraphQLParams);
      }
      if (request.method !== 'POST') return;
      if (mediaTypeOf(request.headers.get('content-type')) !== 'application/json') {
        throw new HttpFault('the body must be JSON, with content-type application/json', { status: 415 });
      }
      const { req } = serverContext as unknown as ServerContext;
      setRequestParser(async () => paramsOfBody(await bodyTextOf(req, bodyLimitBytes)) as GraphQLParams);
    },
  };
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
  const caller = await callerOfRequest(door, req, res, remoteOf(req, door.settings.trustProxy));
  const admitted = await door.gate.admit(caller, { ...params, query: params.query as string });
  if (isRefused(admitted)) return { errors: admitted };
  const { operation } = admitted.operation;
  if (operation === 'subscription') {
    throw new Fault('SUBSCRIPTION_OVER_HTTP', howToSubscribe);
  }
  if (operation === 'mutation' && req.method !== 'POST') {
    throw new HttpFault('mutations go by POST', { status: 405, headers: { Allow: 'POST' } });
  }
  return runOperation(door.engine, caller, admitted, door.log);
}

/** Whoever asks for parts alone gets the refusal as JSON. Those who would rather have a stream of events come by sse.ts. */
function acceptOf(accept: string | undefined): string | undefined {
  const isStreamAlone = accept !== undefined && /text\/event-stream|multipart\/mixed/i.test(accept);
  return isStreamAlone && !/json|\*\/\*|application\/\*/i.test(accept) ? 'application/json' : accept;
}
