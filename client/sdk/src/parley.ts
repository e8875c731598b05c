/// <reference lib="esnext.disposable" preserve="true" />
import { type Clock, realClock } from './clock.ts';
import { type ParleyDocument, textOf } from './document.ts';
import { eventsDocument, messagesDocument, sendDocument } from './documents.ts';
import { ParleyError } from './errors.ts';
import type {
  EventFilter,
  ParleyEventsSubscription,
  ParleyMessagesSubscription,
  ParleySendMutation,
} from './generated/operations.ts';
import { makeKey } from './key.ts';
import {
  type Answer,
  type Endpoint,
  type EndpointOptions,
  mutate,
  once,
  query,
  type RequestOptions,
  repeating,
  throwRefused,
} from './request.ts';
import { asSent, declaresAfter } from './resume.ts';
import { openSocket, type Socket, type SocketOptions } from './socket.ts';
import { LogStream, type StreamOptions } from './stream.ts';
import { Credential, type Token } from './token.ts';

export interface ParleyOptions extends EndpointOptions, Pick<SocketOptions, 'webSocketImpl' | 'onState' | 'timing'> {
  /** Where Parley is, `https://chat.example`; with a path, the endpoint itself. */
  readonly url: string | URL;
  /**
   * Signs in; null or absent by the cookie. A function is asked at each request and each connection. Where the server refuses what it
   * gave, it is asked once more, and everything goes on if it has another one by then.
   */
  readonly token?: Token | undefined;
  /** Told of what mends itself, by all streams: why they wait. A lost connection is told by `onState`. */
  readonly onProblem?: ((error: ParleyError) => void) | undefined;
}

/** An item of `events`. A kind that this version does not know comes with its name and cursor. */
export type ParleyEvent = Exclude<ParleyEventsSubscription['events'], { __typename: 'Checkpoint' | 'StreamEnded' }>;
/** An item of `messages`. */
export type ParleyMessageUpdate = ParleyMessagesSubscription['messages'];
/** What `send` resolves to. */
export type Sent = Pick<ParleySendMutation['sendMessage'], 'message' | 'cursor' | 'replayed'>;

/** An own document in place of the usual one, with its variables beside `after`. */
export interface OwnDocument<Data> {
  readonly query: ParleyDocument<Data>;
  readonly variables?: object | undefined;
}

export interface EventsOptions extends StreamOptions {
  /** Begin right after this place. Absent: now. */
  readonly after?: string | null | undefined;
  readonly filter?: EventFilter | undefined;
}

export interface MessagesOptions extends StreamOptions {
  readonly roomId: string;
  /** Begin right after this place. Absent: now. */
  readonly after?: string | null | undefined;
  /** Begin with the newest so many messages. Not with `after`. */
  readonly last?: number | undefined;
}

export interface Send {
  readonly roomId: string;
  readonly text: string;
  /** Names this send: the same key never makes a second message. Absent: a random one. */
  readonly clientKey?: string | undefined;
  /** Global id of whose message it is: with the token of anybody else it is UNAUTHENTICATED, and not written. */
  readonly asUserId?: string | undefined;
}

type RootOf<Data> = Data[keyof Data];

export interface Parley extends Disposable {
  /** Everything the viewer may see, as an endless loop: `for await (const event of parley.events())`. */
  events(options?: EventsOptions): LogStream<ParleyEvent>;
  events<Data>(options: EventsOptions & OwnDocument<Data>): LogStream<RootOf<Data>>;
  /** What is said in one room. */
  messages(options: MessagesOptions): LogStream<ParleyMessageUpdate>;
  messages<Data>(options: MessagesOptions & OwnDocument<Data>): LogStream<RootOf<Data>>;
  /** Sends a message once, also where the connection breaks meanwhile. Throws ParleyError where it was refused. */
  send(message: Send, options?: RequestOptions): Promise<Sent>;
  query<Data, Variables extends object>(
    document: ParleyDocument<Data, Variables>,
    variables?: Variables,
    options?: RequestOptions,
  ): Promise<Answer<Data>>;
  mutate<Data, Variables extends object>(
    document: ParleyDocument<Data, Variables>,
    variables?: Variables,
    options?: RequestOptions,
  ): Promise<Answer<Data>>;
  /** The one socket of all streams; it opens with the first. */
  readonly socket: Socket;
  readonly clock: Clock;
  readonly random: () => number;
  /** Ends all streams, without an error, and the socket. */
  close(): void;
}

/** Opens nothing yet: the socket comes with the first stream. */
export function createParley(options: ParleyOptions): Parley {
  const { clock = realClock, random = Math.random, onProblem = () => {} } = options;
  const http = endpointOf(options.url);
  const credential = new Credential(options.token);
  const closing = new AbortController();
  const endpoint: Endpoint = { ...options, url: http, credential, closing: closing.signal };
  const streams = new Set<LogStream<unknown>>();
  let socket: Socket | null = null;
  let isClosed = false;

  function theSocket(): Socket {
    if (isClosed) throw new ParleyError('CLOSED', 'it opens nothing any more');
    socket ??= openSocket({ ...options, credential, url: http.replace(/^http/, 'ws'), clock, random });
    return socket;
  }

  function stream<Item>(
    document: ParleyDocument<unknown>,
    variables: object,
    streamOptions: StreamOptions,
  ): LogStream<Item> {
    const text = textOf(document);
    if (!declaresAfter(text)) throw new ParleyError('CURSOR_MISSING', 'the document does not declare $after');
    const { store, signal, checkpoints, queueLimit } = streamOptions;
    theSocket();
    const opened = new LogStream<Item>({
      ...{ store, signal, checkpoints, queueLimit, clock, random, onProblem },
      socket: theSocket,
      request: { query: text, variables: asSent(variables) },
      onEnd: (ended) => streams.delete(ended),
    });
    if (!signal?.aborted) streams.add(opened);
    return opened;
  }

  function close(): void {
    isClosed = true;
    closing.abort(new ParleyError('CLOSED', 'nothing is repeated any more'));
    for (const open of [...streams]) void open.return();
    socket?.[Symbol.dispose]();
    socket = null;
  }

  return {
    events<Item>({ after = null, filter, ...rest }: EventsOptions & Partial<OwnDocument<unknown>> = {}) {
      const { query: document = eventsDocument, variables } = rest;
      return stream<Item>(document, { ...variables, after, ...(filter && { filter }) }, rest);
    },
    messages<Item>({ roomId, after = null, last, ...rest }: MessagesOptions & Partial<OwnDocument<unknown>>) {
      const { query: document = messagesDocument, variables } = rest;
      return stream<Item>(document, { ...variables, roomId, after, ...(last !== undefined && { last }) }, rest);
    },
    async send({ roomId, text, clientKey = makeKey(), asUserId }, { signal } = {}) {
      const variables = { input: { roomId, text, clientKey, asUserId } };
      return repeating(endpoint, { isRepeatable: true, signal }, clock.now(), async () => {
        const { data } = await once(endpoint, sendDocument, variables, { signal });
        const { errors, ...sent } = data.sendMessage;
        throwRefused(errors);
        return sent;
      });
    },
    query: (document, variables, requestOptions) => query(endpoint, document, variables, requestOptions),
    mutate: (document, variables, requestOptions) => mutate(endpoint, document, variables, requestOptions),
    get socket() {
      return theSocket();
    },
    clock,
    random,
    close,
    [Symbol.dispose]: close,
  };
}

/** The endpoint over HTTP of what may be the address of a deployment, or the endpoint, over HTTP or WebSocket. */
export function endpointOf(url: string | URL): string {
  const endpoint = new URL(url);
  endpoint.protocol = endpoint.protocol.replace(/^ws/, 'http');
  if (endpoint.pathname === '/') endpoint.pathname = '/graphql';
  return endpoint.href;
}
