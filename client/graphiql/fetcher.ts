import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit';
import { type DocumentNode, Kind, parse } from 'graphql';
import type { Client } from 'graphql-ws';
import { follow, type Parley, type ParleyError } from '../sdk/src/index.ts';
import { nothingReceived, type Received, withReceived } from './received.ts';

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

/**
 * Queries and mutations over HTTP, subscriptions over the WebSocket, resumed after the newest cursor when it reconnects and shown
 * as a list; what keeps one waiting is an item of the list too.
 */
export function makeFetcher({ socket }: Pick<Parley, 'socket'>, { onCursor, onPersonChanged }: Hooks): Fetcher {
  const wsClient: Pick<Client, 'subscribe'> = {
    subscribe(request, sink) {
      let received: Received<object> = nothingReceived;
      const show = (item: object) => {
        received = withReceived(received, item);
        sink.next(received as never);
      };
      const following = follow({
        socket,
        request,
        listener: {
          item(result, cursor) {
            if (cursor !== null) onCursor(cursor);
            show(result);
          },
          problem: (error) => show({ errors: [shapeOf(error)] }),
          over: (error) => (error === null ? sink.complete() : sink.error([shapeOf(error)])),
        },
      });
      return () => following.stop();
    },
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
  const fetcher = createGraphiQLFetcher({
    url: '/graphql',
    fetch: watchedFetch,
    wsClient: wsClient as Client,
    enableIncrementalDelivery: false,
  });
  return (parameters, options) => {
    const documentAST = parseOrNull(parameters.query);
    if (documentAST === null) return fetcher(parameters, options);
    const operationName = chosenOperation(documentAST, parameters.operationName ?? null);
    return fetcher({ ...parameters, operationName }, { ...options, documentAST });
  };
}

/**
 * The operation of a document to run. GraphiQL learns a tenth of a second late what stands in its editor: run right after a
 * change of tab, it would name the operation of the tab before. Such a name gives way to the first operation here.
 */
export function chosenOperation(document: DocumentNode, named: string | null): string | null {
  const names = document.definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? [definition.name?.value ?? null] : [],
  );
  return names.includes(named) ? named : (names[0] ?? null);
}

/** As the server writes its errors. */
function shapeOf({ message, code, details }: ParleyError) {
  return { message, extensions: { ...details, code } };
}

/** Null for text that is no GraphQL: the server says best what is wrong with it. */
function parseOrNull(query: string): DocumentNode | null {
  try {
    return parse(query);
  } catch {
    return null;
  }
}
