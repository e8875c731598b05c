import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit';
import type { Client } from 'graphql-ws';
import { cursorOf, subscribeResuming } from '../wire/resume.ts';

export interface Hooks {
  /** Each log cursor seen, in the order of arrival: `extensions.asOf` of an answer, `cursor` of a subscription's item. */
  onCursor: (cursor: string) => void;
  /** An operation signed in or out: the cookie may be another one now. */
  onPersonChanged: () => void;
}

interface HttpAnswer {
  data?: Record<string, unknown> | null;
  extensions?: { asOf?: unknown };
}

/** Queries and mutations over HTTP, subscriptions over the WebSocket, resumed after the newest cursor when it reconnects. */
export function makeFetcher(socket: Client, { onCursor, onPersonChanged }: Hooks): Fetcher {
  const wsClient: Client = {
    ...socket,
    subscribe: (request, sink) =>
      subscribeResuming(socket, request, {
        next(result) {
          const cursor = cursorOf(result.data);
          if (cursor !== null) onCursor(cursor);
          sink.next(result as never);
        },
        error: (error) => sink.error(error),
        complete: () => sink.complete(),
      }),
  };
  const watchedFetch: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    const answer = (await response
      .clone()
      .json()
      .catch(() => ({}))) as HttpAnswer;
    if (typeof answer.extensions?.asOf === 'string') onCursor(answer.extensions.asOf);
    if (answer.data?.signOut || answer.data?.enterAsGuest) onPersonChanged();
    return response;
  };
  return createGraphiQLFetcher({ url: '/graphql', fetch: watchedFetch, wsClient, enableIncrementalDelivery: false });
}
