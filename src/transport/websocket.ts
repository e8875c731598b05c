import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  CloseCode,
  type Context,
  DEPRECATED_GRAPHQL_WS_PROTOCOL,
  GRAPHQL_TRANSPORT_WS_PROTOCOL,
  makeServer,
  type SubscribePayload,
} from 'graphql-ws';
import { type ServerOptions, WebSocketServer } from 'ws';
import type { Log } from '../observe/log.ts';
import { authenticateSocket, cookieOf } from './authenticate.ts';
import { ClientSocket } from './client-socket.ts';
import { TOKEN_REPLACED, TRY_AGAIN_LATER } from './close-codes.ts';
import { Connection, tooManyOperations } from './connection.ts';
import type { AdmittedOperation, Caller, Engine } from './contract.ts';
import { DEVICE_COOKIE } from './device-cookie.ts';
import { maskError, maskErrors } from './errors.ts';
import { type Frame, NextBodies } from './frames.ts';
import { type Gate, isRefused } from './gate.ts';
import type { Lasting } from './lasting.ts';
import type { Rates } from './rates.ts';
import { headOf, remoteOf } from './remote.ts';
import { runOperation } from './run.ts';
import { type Outlet, SendQueue } from './send-queue.ts';
import type { TransportSettings } from './settings.ts';
import { frameLength, SocketWriter } from './socket-writer.ts';
import type { Stream } from './stream.ts';

export interface SocketDoorOptions {
  readonly engine: Engine;
  readonly gate: Gate;
  readonly rates: Rates;
  readonly lasting: Lasting;
  readonly settings: TransportSettings;
  readonly log: Log;
}

/** GraphQL over WebSocket: the protocol is that of graphql-ws, the socket, its queue and its limits are ours. */
export interface SocketDoor {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

const CLOSE_TIMEOUT_MS = 5_000;

type ConnectionContext = Context<Record<string, unknown>, Connection> & { connectionParams?: unknown };
/** What hooks hand to the executors of graphql-ws. */
type Prepared = { readonly stream: Stream } | { readonly caller: Caller; readonly admitted: AdmittedOperation };

export function createSocketDoor({ engine, gate, rates, lasting, settings, log }: SocketDoorOptions): SocketDoor {
  const { census, flusher } = lasting;
  const bodies = new NextBodies();
  const writer = new SocketWriter();
  const webSockets = new WebSocketServer<typeof ClientSocket>({
    noServer: true,
    WebSocket: ClientSocket,
    perMessageDeflate: false,
    maxPayload: settings.socket.messageLimitBytes,
    clientTracking: false,
    closeTimeout: CLOSE_TIMEOUT_MS,
    // The old protocol is taken up only to be told 4406: a browser could not read why otherwise.
    handleProtocols: (offered) =>
      [GRAPHQL_TRANSPORT_WS_PROTOCOL, DEPRECATED_GRAPHQL_WS_PROTOCOL].find((protocol) => offered.has(protocol)) ??
      false,
  } as ServerOptions<typeof ClientSocket>);

  const protocol = makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: settings.socket.initTimeoutMs,
    onConnect: (context) => signIn(context),
    onSubscribe: (context, id, payload) => prepare(context, id, payload),
    subscribe: ({ contextValue }) => (contextValue as { stream: Stream }).stream,
    execute: ({ contextValue }) => {
      const { caller, admitted } = contextValue as { caller: Caller; admitted: AdmittedOperation };
      return runOperation(engine, caller, admitted, log);
    },
  });

  async function signIn(context: ConnectionContext) {
    const connection = context.extra;
    try {
      const { upgrade, remote } = connection;
      const viewer = await authenticateSocket(
        engine,
        upgrade,
        remote,
        settings.allowedOrigins,
        context.connectionParams,
      );
      // The secret has done what it was for; no need to keep it as long as the socket.
      delete context.connectionParams;
      if (viewer !== null && census.countOfUser(viewer.user.id) >= settings.socket.socketsPerUser) {
        connection.close(TRY_AGAIN_LATER, `the user has ${settings.socket.socketsPerUser} sockets, the limit`);
        return false;
      }
      if (!census.all.has(connection)) return false;
      connection.viewer = viewer;
      const ended = census.addViewer(connection);
      if (ended === null) return true;
      connection.close(ended.closeCode, ended.end.message);
    } catch (error) {
      const { message, extensions } = maskError(error, log);
      connection.close(closeCodeOf(extensions.code), message);
    }
    return false;
  }

  /** The gate, then the hub for subscriptions. Errors become an `error` message. */
  async function prepare(context: ConnectionContext, id: string, payload: SubscribePayload) {
    try {
      const connection = context.extra;
      const { operationsPerSocket } = settings.socket;
      if (connection.operationsInFlight > operationsPerSocket) return [tooManyOperations(operationsPerSocket)];
      const caller = callerOf(connection);
      const admitted = await gate.admit(caller, payload);
      if (isRefused(admitted)) return [...admitted];
      const { document, operationName } = admitted;
      const { schema } = engine;
      if (admitted.operation.operation !== 'subscription') {
        return { schema, document, operationName, contextValue: { caller, admitted } satisfies Prepared };
      }
      const stream = connection.newStream(id);
      // When the client completes before or while the hub is asked, graphql-ws returns the stream, which closes it.
      const isCompleted = !(id in context.subscriptions);
      const errors = isCompleted ? null : await stream.open(engine, caller, admitted);
      if (errors !== null) return maskErrors(errors, log);
      forgetText(payload);
      return { schema, document, operationName, contextValue: { stream } satisfies Prepared };
    } catch (error) {
      return [maskError(error, log)];
    }
  }

  function callerOf({ viewer, remote, upgrade }: Connection): Caller {
    const userId = viewer?.user.id ?? null;
    const { address } = remote;
    const origin = { userAgent: upgrade.headers['user-agent'] ?? null, address };
    return {
      viewer,
      setCookie: null,
      device: cookieOf(upgrade, DEVICE_COOKIE),
      setDevice: null,
      isByCookie: false,
      origin,
      spend: (bucket, account) => rates.spend(bucket, { userId, address, account }),
    };
  }

  function opened(socket: ClientSocket, tcp: Socket, request: IncomingMessage): void {
    const { sendQueueLowBytes: lowBytes, sendQueueLimitBytes: limitBytes } = settings.socket;
    const queue = new SendQueue({ outlet: new SocketOutlet(socket, tcp, writer), tcp, flusher, lowBytes, limitBytes });
    const remote = remoteOf(request, settings.trustProxy);
    const upgrade = headOf(request);
    const connection = new Connection({
      socket,
      tcp,
      upgrade,
      remote,
      queue,
      bodies,
      settings: settings.socket,
      log,
      protocol,
      onClosed,
    });
    census.add(connection);
  }

  function onClosed(connection: Connection): void {
    census.remove(connection);
  }

  return {
    handleUpgrade(request, socket, head) {
      if (lasting.isLeaving) return refuseUpgrade(socket, 503);
      const { address } = remoteOf(request, settings.trustProxy);
      if (census.countOfAddress(address) >= settings.socket.socketsPerAddress) return refuseUpgrade(socket, 429);
      webSockets.handleUpgrade(request, socket, head, (webSocket) => opened(webSocket, socket as Socket, request));
    },
  };
}

/**
 * graphql-ws keeps the message of a subscription as long as it is open. What it asks is in the document, of which there is one
 * for all who ask the same.
 */
function forgetText(payload: SubscribePayload): void {
  (payload as { query: string }).query = '';
}

/** Writes beside `ws`, which has no queue of its own without compression; what it sends itself goes to the same connection. */
class SocketOutlet implements Outlet {
  readonly #socket: ClientSocket;
  readonly #tcp: Socket;
  readonly #writer: SocketWriter;

  constructor(socket: ClientSocket, tcp: Socket, writer: SocketWriter) {
    this.#socket = socket;
    this.#tcp = tcp;
    this.#writer = writer;
  }

  get unsentBytes(): number {
    return this.#tcp.writableLength;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  get isClosed(): boolean {
    return this.#socket.readyState === this.#socket.CLOSED;
  }

  lengthOf(frame: Frame): number {
    return frameLength(frame);
  }

  write(frames: readonly Frame[], isBehind: boolean, onWritten?: () => void): boolean {
    return this.#writer.write(this.#tcp, frames, isBehind, onWritten);
  }

  terminate(): void {
    this.#socket.terminate();
  }
}

/** Answers an upgrade in plain HTTP and hangs up. */
export function refuseUpgrade(socket: Duplex, status: number): void {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () =>
    socket.destroy(),
  );
}

/** How sign-in that failed looks as a close code; see the table in authenticate.ts. */
function closeCodeOf(code: unknown): number {
  if (code === 'TOKEN_REPLACED') return TOKEN_REPLACED;
  if (code === 'UNAUTHENTICATED' || code === 'ORIGIN_REFUSED') return CloseCode.Forbidden;
  return code === 'UNAVAILABLE' ? TRY_AGAIN_LATER : CloseCode.InternalServerError;
}
