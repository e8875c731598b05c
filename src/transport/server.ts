import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../observe/log.ts';
import { hasCredential } from './authenticate.ts';
import { AVATAR_PATH, AVATARS_PATH, createAvatarDoor } from './avatars.ts';
import type { Engine } from './contract.ts';
import { createExportDoor, EXPORT_PATH } from './export.ts';
import { createGate } from './gate.ts';
import { createHttpDoor } from './http.ts';
import { careForConnections } from './lasting.ts';
import { CALLBACK_PATH, createProviderDoor, START_PATH } from './oidc.ts';
import { createPages, respond, setSecurityHeaders } from './pages.ts';
import { createRates } from './rates.ts';
import type { TransportSettings } from './settings.ts';
import { createEventDoor } from './sse.ts';
import { prefersEvents } from './sse-request.ts';
import { createPace } from './turns.ts';
import { createSocketDoor, refuseUpgrade } from './websocket.ts';

export interface Transport {
  /** `http://host:port`, with the port that was taken. */
  readonly url: string;
  readonly port: number;
  /** Sockets and streams of events open now. */
  readonly socketCount: number;
  /**
   * Is not ready from the first moment, and after settings.drainDelayMs takes nothing new. Requests end; streams get
   * their last word and sockets close with 1012, one after the other; within settings.drainMs from then on the rest is
   * cut. Idempotent, never rejects.
   */
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly engine: Engine;
  readonly settings: TransportSettings;
  readonly log: Log;
  /** Where the built client is; null: no pages. */
  readonly clientFolder: string | null;
}

/** Long enough for slow networks, short enough that a client that dribbles does not hold a connection. */
const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** Over the 60 s of common proxies, so that they and not we close idle connections. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

/**
 * Of operations of those who are not signed in one begins in so long: a flood of them leaves most of the processor to the others. While
 * many wait for their passwords to be hashed, to begin sooner would let nobody in sooner.
 */
const STRANGER_MS = 2;
const STRANGER_MS_IN_FLOOD = 8;

/** Of the time of a drain: the last connection is told, the last one should have ended, what is left is cut. */
const SPREAD_OVER = 0.7;
const END_AT = 0.85;
/** The rest is for the parts behind the transport to stop. */
const CUT_AT = 0.9;

/** Listens; rejects when the address cannot be taken. All that Parley serves is behind this one server. */
export async function startTransport({ engine, settings, log, clientFolder }: TransportOptions): Promise<Transport> {
  const gate = createGate(engine.schema, settings.document);
  const rates = createRates(settings.rates);
  const graphql = createHttpDoor({ engine, gate, rates, settings, log });
  const lasting = careForConnections({ engine, settings, log });
  const sockets = createSocketDoor({ engine, gate, rates, lasting, settings, log });
  const events = createEventDoor({ engine, gate, rates, lasting, settings, log });
  const avatars = createAvatarDoor({ engine, rates, settings, log });
  const exportAccount = createExportDoor({ engine, rates, settings, log });
  const provider = createProviderDoor({ engine, rates, settings, log });
  const pages = createPages(clientFolder);
  const atPaceOfStrangers = createPace(() => (engine.hasSignInFlood ? STRANGER_MS_IN_FLOOD : STRANGER_MS));
  let closing: Promise<void> | null = null;

  async function answerReady(response: ServerResponse): Promise<void> {
    const isReady = closing === null && (await engine.isReady().catch(() => false));
    const lines = isReady ? ['ready', ...(engine.troubles?.() ?? [])] : ['not ready'];
    respond(response, isReady ? 200 : 503, lines.join('\n'));
  }

  function route(request: IncomingMessage, response: ServerResponse): void {
    setSecurityHeaders(response);
    const path = pathOf(request);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (path === '/graphql') {
      if (isRead && request.headers.accept?.includes('text/html')) pages.graphiql(request, response);
      else operate(request, response);
    } else if (path === AVATAR_PATH && ['PUT', 'DELETE', 'OPTIONS'].includes(request.method ?? '')) {
      void avatars.change(request, response);
    } else if (isRead && path.startsWith(AVATARS_PATH)) void avatars.show(request, response);
    else if (path === EXPORT_PATH && request.method !== 'HEAD' && (isRead || request.method === 'OPTIONS')) {
      void exportAccount(request, response);
    } else if (!isRead)
      respond(
        response,
        405,
        'Requests other than GET are for GraphQL, at /graphql, and for pictures, PUT and DELETE at /avatar.',
      );
    else if (provider && request.method === 'GET' && path === START_PATH) void provider.start(request, response);
    else if (provider && request.method === 'GET' && path === CALLBACK_PATH) void provider.callback(request, response);
    else if (path === '/health/live') respond(response, 200, 'live');
    else if (path === '/health/ready') void answerReady(response);
    else pages.file(request, response);
  }

  function operate(request: IncomingMessage, response: ServerResponse): void {
    const isOperation = ['GET', 'HEAD', 'POST'].includes(request.method ?? '');
    const door = isOperation && prefersEvents(request.headers.accept) ? events : graphql;
    if (!isOperation || hasCredential(request)) {
      door(request, response);
      return;
    }
    atPaceOfStrangers(() => {
      if (request.socket.destroyed) return false;
      guarded(response, () => door(request, response));
      return true;
    });
  }

  function guarded(response: ServerResponse, act: () => void): void {
    try {
      act();
    } catch (err) {
      log.error({ err }, 'a request failed before it was routed');
      if (!response.headersSent) respond(response, 500, 'INTERNAL: something went wrong on our side.');
    }
  }

  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: 5_000,
  });
  const connections = new Set<Socket>();
  // The same for all: a closure for each connection would be kept as long as it is.
  function forget(this: Socket): void {
    connections.delete(this);
  }
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.on('close', forget);
  });
  server.on('request', (request, response) => {
    if (closing !== null) response.setHeader('Connection', 'close');
    // A connection that becomes idle while the server closes is not kept.
    response.on('finish', () => !server.listening && setImmediate(() => server.closeIdleConnections()));
    guarded(response, () => route(request, response));
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', destroyThis);
    if (pathOf(request) !== '/graphql') refuseUpgrade(socket, 404);
    else sockets.handleUpgrade(request, socket, head);
  });
  server.on('clientError', refuseMalformed);
  await listen(server, settings);

  const { port } = server.address() as AddressInfo;
  async function drain(): Promise<void> {
    if (settings.drainDelayMs > 0) await delay(settings.drainDelayMs);
    const { drainMs } = settings;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const cut = setTimeout(() => {
      for (const socket of connections) socket.destroy();
    }, drainMs * CUT_AT);
    // Upgraded sockets count as connections of the server: `closed` waits for them too.
    await Promise.all([lasting.leave({ spreadMs: drainMs * SPREAD_OVER, endMs: drainMs * END_AT }), closed]);
    clearTimeout(cut);
    await lasting.stop();
  }

  return {
    url: `http://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${port}`,
    port,
    get socketCount() {
      return lasting.census.all.size;
    },
    close() {
      closing ??= drain();
      return closing;
    },
  };
}

function listen(server: Server, { host, port }: TransportSettings): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: 1_024 }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

function destroyThis(this: Duplex): void {
  this.destroy();
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/';
}

/** What node could not read as HTTP: answered in HTTP, then hung up. */
function refuseMalformed(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const statuses: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };
  refuseUpgrade(socket, statuses[error.code ?? ''] ?? 400);
}
