import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GraphQLError } from 'graphql';
import { Fault, type FaultCode, faults, tokenReplaced } from '../observe/fault.ts';
import type { Log } from '../observe/log.ts';
import { BadCredential } from './authenticate.ts';
import type { AdmittedOperation, Caller, Engine } from './contract.ts';
import { allowOrigin } from './cors.ts';
import { maskError } from './errors.ts';
import { type Gate, isRefused } from './gate.ts';
import { callerOfRequest } from './http-caller.ts';
import type { Lasting } from './lasting.ts';
import type { Rates } from './rates.ts';
import { type Remote, remoteOf } from './remote.ts';
import { runOperation } from './run.ts';
import { SendQueue } from './send-queue.ts';
import type { TransportSettings } from './settings.ts';
import { EventConnection, outletOfResponse } from './sse-connection.ts';
import { COMPLETE, NextEvents, nextEvent, retryFrame } from './sse-frames.ts';
import { readEventRequest } from './sse-request.ts';

export interface EventDoorOptions {
  readonly engine: Engine;
  readonly gate: Gate;
  readonly rates: Rates;
  readonly lasting: Lasting;
  readonly settings: TransportSettings;
  readonly log: Log;
}

const headers = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  // nginx and its kin would hold events back until a buffer is full.
  'X-Accel-Buffering': 'no',
};

/** Whoever has too many connections from one address may try again after this time. */
const CROWDED_RETRY_MS = 5_000;

/**
 * GraphQL over SSE, in its mode of distinct connections: one operation per request, its results as `next` events, then
 * `complete`. All that is refused is told by a `next` with errors, as the protocol says: browsers show no other answer.
 * What is worth repeating ends without `complete`, so that clients come back by themselves.
 */
export function createEventDoor(
  options: EventDoorOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { engine, gate, lasting, settings, log } = options;
  const { census, flusher } = lasting;
  const events = new NextEvents((mark) => engine.cursorOf(mark));
  const {
    sendQueueLowBytes: lowBytes,
    sendQueueLimitBytes: limitBytes,
    socketsPerAddress,
    socketsPerUser,
  } = settings.socket;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A GET changes nothing, so that it may be repeated even before we know what it asks.
    let isRepeatable = request.method === 'GET';
    try {
      const asked = await readEventRequest(request, settings.bodyLimitBytes);
      const remote = remoteOf(request, settings.trustProxy);
      const caller = await callerOfRequest(options, request, response, remote);
      const admitted = await gate.admit(caller, asked);
      if (isRefused(admitted)) return refuse(response, admitted, isRepeatable);
      const { operation } = admitted.operation;
      isRepeatable ||= operation === 'subscription';
      if (operation === 'mutation' && request.method !== 'POST') throw new Fault('BAD_REQUEST', 'mutations go by POST');
      if (operation !== 'subscription') {
        const result = await runOperation(engine, caller, admitted, log);
        return finish(response, nextEvent(JSON.stringify(result), null) + COMPLETE);
      }
      const connection = enter(request, response, remote, caller);
      const errors = connection && (await open(connection, response, caller, admitted, asked.lastEventId));
      if (errors) refuse(response, errors, isRepeatable);
    } catch (error) {
      const masked = maskError(error, log);
      if (masked.extensions.code === 'BODY_TOO_LARGE') response.setHeader('Connection', 'close');
      refuse(response, [masked], isRepeatable);
    }
  }

  /** Null: the client has gone meanwhile. */
  function enter(
    request: IncomingMessage,
    response: ServerResponse,
    remote: Remote,
    { viewer }: Caller,
  ): EventConnection | null {
    if (lasting.isLeaving) throw new Fault('UNAVAILABLE', 'this node is stopping; come back, another one answers');
    if (census.countOfAddress(remote.address) >= socketsPerAddress) {
      const details = { bucket: 'socketsPerAddress', retryAfterMs: CROWDED_RETRY_MS };
      throw new Fault('RATE_LIMITED', `the address has ${socketsPerAddress} connections, its limit`, details);
    }
    if (viewer !== null && census.countOfUser(viewer.user.id) >= socketsPerUser) {
      const message = `the user has ${socketsPerUser} sockets and streams, the limit; close one first`;
      throw new Fault('TOO_MANY_SUBSCRIPTIONS', message, { socketsPerUser });
    }
    if (response.destroyed) return null;
    const outlet = outletOfResponse(response);
    const queue = new SendQueue({ outlet, tcp: request.socket, flusher, lowBytes, limitBytes });
    const connection = new EventConnection({ response, remote, viewer, queue, events, settings, log });
    census.add(connection);
    response.once('close', () => {
      connection.closed();
      census.remove(connection);
    });
    const parting = census.addViewer(connection);
    if (parting?.isToComeBack) throw tokenReplaced();
    if (parting) throw new BadCredential('the session has ended; sign in again', false);
    return connection;
  }

  /** The head goes out first, so that whoever waits knows that the server is there. */
  function open(
    connection: EventConnection,
    response: ServerResponse,
    caller: Caller,
    admitted: AdmittedOperation,
    lastEventId: string | null,
  ) {
    response.writeHead(200, headers);
    response.write(retryFrame(settings.eventStream.retryMs));
    return connection.open(engine, caller, admitted, lastEventId);
  }

  return (request, response) => {
    response.on('error', (err) => log.debug({ err }, 'a stream of events failed'));
    allowOrigin(request, response, settings.allowedOrigins);
    answer(request, response).catch((err) => {
      log.error({ err }, 'a stream of events could not be refused');
      response.destroy();
    });
  };
}

/** Tells why, as the only result. */
function refuse(response: ServerResponse, errors: readonly GraphQLError[], isRepeatable: boolean): void {
  const [first] = errors;
  const status = faults[first?.extensions.code as FaultCode]?.status ?? 500;
  const isTemporary = status === 429 || status === 503;
  const retryAfterMs = first?.extensions.retryAfterMs;
  const retry = typeof retryAfterMs === 'number' ? retryFrame(retryAfterMs) : '';
  // With the credential of who was replaced nothing has begun.
  const isWorthRepeating = first?.extensions.code === 'TOKEN_REPLACED' || (isRepeatable && isTemporary);
  const complete = isWorthRepeating ? '' : COMPLETE;
  finish(response, retry + nextEvent(JSON.stringify({ errors }), null) + complete);
}

function finish(response: ServerResponse, frames: string): void {
  if (response.destroyed) return;
  if (!response.headersSent) response.writeHead(200, headers);
  response.end(frames);
}
