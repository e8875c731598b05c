import { type Client, createClient } from 'graphql-ws';

export type SocketState = 'connecting' | 'open' | 'retrying';

export interface Socket {
  readonly client: Client;
  /** Drops the connection and opens a new one, for instance to be seen under a new cookie. Running subscriptions go on. */
  reopen(): void;
  [Symbol.dispose](): void;
}

const firstRetryMs = 250;
const longestRetryMs = 15_000;
/** A ping after this much silence; without a pong in `pongTimeoutMs` the connection counts as dead. */
const pingAfterMs = 10_000;
const pongTimeoutMs = 5_000;
/** Between two rooms no subscription runs; the socket stays for the next one. */
const idleCloseMs = 3_000;

/** Milliseconds before try number `retries` (from 0): doubling, at most 15 s, spread so that clients do not return together. */
export function retryDelayMs(retries: number, random: () => number = Math.random): number {
  const ceiling = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(retries, 16));
  return ceiling / 2 + (random() * ceiling) / 2;
}

/**
 * One WebSocket to /graphql on this origin. It tries for ever, at once when the browser comes back online. The cookie signs it
 * in when it opens, so a change of person needs `reopen`.
 */
export function openSocket(options: { onState?: (state: SocketState) => void } = {}): Socket {
  const url = new URL('/graphql', window.location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  let pongTimeout: ReturnType<typeof setTimeout> | undefined;
  let wake: () => void = () => {};
  const wakeNow = () => wake();
  window.addEventListener('online', wakeNow);

  const client = createClient({
    url: url.href,
    keepAlive: pingAfterMs,
    lazyCloseTimeout: idleCloseMs,
    connectionAckWaitTimeout: 10_000,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
    retryWait: (retries) =>
      new Promise((resolve) => {
        const timeout = setTimeout(resolve, retryDelayMs(retries));
        wake = () => {
          clearTimeout(timeout);
          resolve();
        };
      }),
    on: {
      connecting: (isRetry) => options.onState?.(isRetry ? 'retrying' : 'connecting'),
      connected: () => options.onState?.('open'),
      closed: (event) => {
        clearTimeout(pongTimeout);
        // 1000: nobody subscribes any more, or the server says good-bye in peace; nothing is wrong.
        options.onState?.((event as CloseEvent).code === 1000 ? 'connecting' : 'retrying');
      },
      ping: (received) => {
        if (received) return;
        // A socket that died without a close (a laptop that slept) is found out only by the missing pong.
        pongTimeout = setTimeout(() => client.terminate(), pongTimeoutMs);
      },
      pong: (received) => {
        if (received) clearTimeout(pongTimeout);
      },
    },
  });

  return {
    client,
    reopen: () => client.terminate(),
    [Symbol.dispose]() {
      window.removeEventListener('online', wakeNow);
      clearTimeout(pongTimeout);
      void client.dispose();
    },
  };
}
