/// <reference lib="esnext.disposable" preserve="true" />
import { type Client, createClient, type Sink, type SubscribePayload } from 'graphql-ws/client';
import { type Clock, realClock, retryDelayMs } from './clock.ts';
import { errorOf, ParleyError } from './errors.ts';
import type { Credential } from './token.ts';

export type SocketState = 'connecting' | 'open' | 'retrying';

type Handler = ((event: never) => void) | null;

/** What is used of a WebSocket. Browsers have one, Node from version 22, and the package `ws`. */
export interface WebSocketLike {
  readonly readyState: number;
  readonly OPEN: number;
  onopen: Handler;
  onmessage: Handler;
  onerror: Handler;
  onclose: Handler;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'error', listener: () => void): void;
}

export type WebSocketImpl = new (url: string, protocols?: string | string[]) => WebSocketLike;

export interface SocketOptions {
  /** `ws://` or `wss://`, to the endpoint. */
  readonly url: string;
  readonly credential: Credential;
  readonly webSocketImpl?: WebSocketImpl | undefined;
  readonly onState?: ((state: SocketState) => void) | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
  readonly timing?: Partial<SocketTiming> | undefined;
}

export interface SocketTiming {
  /** How long connecting and signing in may take. */
  readonly connectTimeoutMs: number;
  /** A ping goes out after this much silence; without any message in `pongTimeoutMs` the connection counts as dead. */
  readonly pingAfterMs: number;
  readonly pongTimeoutMs: number;
  /** A socket without a subscription stays this long for the next one. */
  readonly idleCloseMs: number;
}

export const defaultTiming: SocketTiming = {
  connectTimeoutMs: 10_000,
  pingAfterMs: 10_000,
  pongTimeoutMs: 5_000,
  idleCloseMs: 3_000,
};

type Result = Parameters<Parameters<Client['subscribe']>[1]['next']>[0];

/** One WebSocket for any number of subscriptions. It opens with the first, and connects anew for ever while there is one. */
export interface Socket extends Disposable {
  /**
   * As the client of graphql-ws does: after a reconnect `payload` is read again. Returns the way to stop. Of a disposed socket the
   * sink is completed at once.
   */
  subscribe(payload: SubscribePayload, sink: Sink<Result>): () => void;
  /** True: it was disposed, and opens nothing any more. */
  readonly isClosed: boolean;
  /**
   * After the server refused who signs in: whether there is another token. Then the connection is left, and the next one has it.
   * Throws UNREACHABLE where it could not be had. Null: there is only one token, or a cookie.
   */
  readonly renew: (() => Promise<boolean>) | null;
  /** Whether to come back is pointless, with the token that there is. */
  isFinal(error: ParleyError): boolean;
  /** Drops the connection and opens a new one, for instance to be seen under a new cookie. Running subscriptions go on. */
  reopen(): void;
}

/** Throws WEBSOCKET_MISSING where there is none. */
export function openSocket(options: SocketOptions): Socket {
  const { url, credential, onState, clock = realClock, random } = options;
  const timing = { ...defaultTiming, ...options.timing };
  const found = options.webSocketImpl ?? (globalThis as { WebSocket?: WebSocketImpl }).WebSocket;
  if (found === undefined) throw new ParleyError('WEBSOCKET_MISSING', 'there is no WebSocket here');
  let failures = 0;
  let heardAt = 0;
  let preventTimeout = () => {};
  let wake = () => {};
  const wakeNow = () => wake();

  let isClosed = false;
  let left: WebSocketLike | null = null;
  let newest: WebSocketLike | null = null;
  /** What the newest connection signs in with. */
  let sentToken: string | null = null;

  /**
   * Only the newest one speaks: graphql-ws would take a late close of the one before for its own. An error has a listener for
   * good: a `ws` that is closed while it connects makes one, which unheard would end the process.
   */
  class OnlyWebSocket extends found {
    constructor(target: string, protocols?: string | string[]) {
      super(target, protocols);
      this.addEventListener('error', () => {});
      if (newest !== null) {
        newest.onopen = newest.onmessage = newest.onerror = newest.onclose = null;
        newest.close();
      }
      newest = this;
    }
  }

  function within(ms: number, isOver: () => void): void {
    preventTimeout();
    preventTimeout = clock.later(ms, isOver);
  }

  /** A connection that died without a close (a laptop that slept) is found out by its silence alone. */
  function watch(socket: WebSocketLike): void {
    const silentMs = clock.now() - heardAt;
    if (silentMs < timing.pingAfterMs) {
      within(timing.pingAfterMs - silentMs, () => watch(socket));
      return;
    }
    const askedAt = clock.now();
    if (socket.readyState === socket.OPEN) socket.send('{"type":"ping"}');
    within(timing.pongTimeoutMs, () => (heardAt >= askedAt ? watch(socket) : client.terminate()));
  }

  const client = createClient({
    url,
    webSocketImpl: OnlyWebSocket,
    lazyCloseTimeout: timing.idleCloseMs,
    ...(credential.isGiven && {
      connectionParams: async () => {
        sentToken = await credential.now();
        return { token: sentToken };
      },
    }),
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: (failure) => !credential.isFinal(errorOf(failure)),
    retryWait: () =>
      new Promise((resolve) => {
        const prevent = clock.later(retryDelayMs(failures, random), resolve);
        failures += 1;
        wake = () => {
          prevent();
          resolve();
        };
      }),
    on: {
      connecting: (isRetry) => {
        onState?.(isRetry ? 'retrying' : 'connecting');
        within(timing.connectTimeoutMs, () => client.terminate());
      },
      opened: (socket) => {
        // The protocol pings of a server can be heard where the WebSocket is the one of `ws`.
        (socket as { on?: (sign: string, heard: () => void) => void }).on?.('ping', () => {
          heardAt = clock.now();
        });
      },
      connected: (socket) => {
        onState?.('open');
        watch(socket as WebSocketLike);
      },
      message: ({ type }) => {
        heardAt = clock.now();
        if (type === 'next') failures = 0;
      },
      closed: (event) => {
        preventTimeout();
        const { code } = event as CloseEvent;
        // 1000: nobody subscribes any more, or the server says good-bye in peace; nothing is wrong.
        onState?.(code === 1000 ? 'connecting' : 'retrying');
      },
    },
  });
  globalThis.addEventListener?.('online', wakeNow);

  function reopen(): void {
    wake();
    client.terminate();
  }

  async function renew(): Promise<boolean> {
    const refused = newest;
    const hasOther = await credential.hasOther(sentToken);
    // Once for all the streams that were refused on it.
    if (hasOther && newest === refused && left !== refused) {
      left = refused;
      reopen();
    }
    return hasOther;
  }

  return {
    subscribe(payload, sink) {
      // The client of graphql-ws would open a connection all the same.
      if (isClosed) {
        queueMicrotask(() => sink.complete());
        return () => {};
      }
      const leave = client.subscribe(payload, sink);
      // Not in the turn of a message: a complete right behind it would have graphql-ws count one subscription too few for ever.
      return () => queueMicrotask(leave);
    },
    get isClosed() {
      return isClosed;
    },
    renew: credential.mayChange ? renew : null,
    isFinal: (error) => credential.isFinal(error),
    reopen,
    [Symbol.dispose]() {
      isClosed = true;
      globalThis.removeEventListener?.('online', wakeNow);
      preventTimeout();
      wake();
      // It rejects where a connection was under way that then failed.
      Promise.resolve(client.dispose()).catch(() => {});
    },
  };
}
