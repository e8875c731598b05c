/**
 * Other people's clients without the lines by which examples/ resume: each follows a room as its own pages show it, told to
 * come back for ever where it can be told so. What they receive is the control of what the examples receive.
 */
import { ApolloClient, gql as apolloGql, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { subscriptionExchange, Client as UrqlClient, gql as urqlGql } from '@urql/core';
import { createClient as createSseClient } from 'graphql-sse';
import { type Client, type ClientOptions, createClient, type Sink } from 'graphql-ws';
import {
  Environment,
  type GraphQLResponse,
  Network,
  Observable,
  RecordSource,
  requestSubscription,
  Store,
} from 'relay-runtime';
import { WebSocket } from 'ws';
import relayLive, {
  type documentsLiveSubscription,
} from '../../examples/relay/__generated__/documentsLiveSubscription.graphql.ts';

export interface AloneOptions {
  /** Of the server, `http://…`. */
  readonly url: string;
  readonly token: string;
  readonly roomId: string;
  /** Absent: it begins with what comes next. */
  readonly after?: string;
}

interface Update {
  readonly kind: string;
  readonly message?:
    | {
        readonly text?: string | null | undefined;
        readonly author?: { readonly displayName: string } | null | undefined;
      }
    | null
    | undefined;
}

/** What one client received. */
export class Follower {
  /** `name: text` of each message, as the examples print it. */
  readonly lines: string[] = [];
  /** Checkpoints: the first says that it follows, and each further first one that it came back. */
  checkpoints = 0;
  /** Why it gave up; null while it has not. */
  end: { readonly reason: unknown } | null = null;

  /** The number that the writer said last; NaN before it said one. */
  get newest(): number {
    return Number(this.lines.findLast((line) => /^Writer: \d+$/.test(line))?.slice('Writer: '.length));
  }

  readonly take = (update: Update | null | undefined): void => {
    if (update?.kind === 'CHECKPOINT') this.checkpoints += 1;
    if (update?.kind === 'SENT') this.lines.push(`${update.message?.author?.displayName}: ${update.message?.text}`);
  };
  readonly giveUp = (reason?: unknown): void => {
    this.end ??= { reason };
  };
}

const document = `subscription ($roomId: ID!, $after: Cursor) {
  messages(roomId: $roomId, after: $after) { kind cursor message { id text author { id displayName } } }
}`;
const quickly = () => new Promise<void>((resolve) => setTimeout(resolve, 50));
/** As the recipes of graphql-ws show it, but for the time between two tries. */
const forEver = { retryAttempts: Number.POSITIVE_INFINITY, shouldRetry: () => true, retryWait: quickly };

function socketTo({ url, token }: AloneOptions, retry: Partial<ClientOptions>): Client {
  return createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { token },
    ...retry,
  });
}

const variablesOf = ({ roomId, after }: AloneOptions) => ({ roomId, after: after ?? null });

function graphqlWs(options: AloneOptions, retry: Partial<ClientOptions> = forEver): Follower {
  const follower = new Follower();
  socketTo(options, retry).subscribe<{ messages: Update }>(
    { query: document, variables: variablesOf(options) },
    {
      next: ({ data }) => follower.take(data?.messages),
      error: follower.giveUp,
      complete: follower.giveUp,
    },
  );
  return follower;
}

function apollo(options: AloneOptions): Follower {
  const follower = new Follower();
  const link = new GraphQLWsLink(socketTo(options, forEver));
  new ApolloClient({ link, cache: new InMemoryCache() })
    .subscribe<{ messages: Update }>({ query: apolloGql(document), variables: variablesOf(options) })
    .subscribe({
      next: ({ data, error }) => (error ? follower.giveUp(error) : follower.take(data?.messages)),
      complete: follower.giveUp,
    });
  return follower;
}

function urql(options: AloneOptions): Follower {
  const follower = new Follower();
  const socket = socketTo(options, forEver);
  const exchange = subscriptionExchange({
    forwardSubscription: ({ query = '', variables }) => ({
      subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables: { ...variables } }, sink as Sink) }),
    }),
  });
  new UrqlClient({ url: `${options.url}/graphql`, preferGetMethod: false, exchanges: [exchange] })
    .subscription<{ messages: Update }>(urqlGql(document), variablesOf(options))
    .subscribe(({ data, error }) => (error ? follower.giveUp(error) : follower.take(data?.messages)));
  return follower;
}

function relay(options: AloneOptions): Follower {
  const follower = new Follower();
  const socket = socketTo(options, forEver);
  const network = Network.create(
    () => ({ errors: [], data: null }) as unknown as GraphQLResponse,
    ({ text }, variables) =>
      Observable.create((sink) => socket.subscribe({ query: text ?? '', variables }, sink as unknown as Sink)),
  );
  requestSubscription<documentsLiveSubscription>(new Environment({ network, store: new Store(new RecordSource()) }), {
    subscription: relayLive,
    variables: variablesOf(options),
    onNext: (item) => follower.take(item?.messages),
    onError: follower.giveUp,
    onCompleted: follower.giveUp,
  });
  return follower;
}

/** It comes back from what it takes for an error of the network, here for ever. */
function graphqlSse(options: AloneOptions): Follower {
  const follower = new Follower();
  createSseClient({
    url: `${options.url}/graphql`,
    headers: { authorization: `Bearer ${options.token}` },
    retryAttempts: Number.POSITIVE_INFINITY,
    retry: quickly,
  }).subscribe<{ messages: Update }>(
    { query: document, variables: variablesOf(options) },
    { next: ({ data }) => follower.take(data?.messages), error: follower.giveUp, complete: follower.giveUp },
  );
  return follower;
}

/** One of each. The one that begins from now on comes back when `isTimely` resolves. */
export function followAlone(options: AloneOptions, isTimely: Promise<void>) {
  const { after: _, ...fromNowOn } = options;
  return {
    graphqlWs: graphqlWs(options),
    apollo: apollo(options),
    urql: urql(options),
    relay: relay(options),
    graphqlSse: graphqlSse(options),
    fromNowOn: graphqlWs(fromNowOn, { ...forEver, retryWait: () => isTimely }),
    // With the five tries, and the kinds of failure, that it comes back from; only the pause between two tries is shorter.
    graphqlWsAsItIs: graphqlWs(options, { retryWait: quickly }),
  };
}
