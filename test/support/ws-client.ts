import { WebSocket } from 'ws';

/** A message of graphql-transport-ws, as it came. */
export interface Message {
  readonly type: string;
  readonly id?: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into payloads of any shape.
  readonly payload?: any;
}

export interface ConnectOptions {
  readonly connectionParams?: Record<string, unknown>;
  readonly headers?: Record<string, string>;
  /** Default graphql-transport-ws; null offers none. */
  readonly protocol?: string | null;
  /** False sends no connection_init. */
  readonly init?: boolean;
}

/**
 * What came and was not taken yet, from the first byte on; `next` waits for a thing, never for a time. After the end,
 * what is left can still be taken, then `next` rejects and says why.
 */
export class Inbox<Item> {
  readonly #items: Item[] = [];
  readonly #takers: { resolve(item: Item): void; reject(reason: Error): void }[] = [];
  #end: Error | null = null;

  push(item: Item): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#items.push(item);
    else taker.resolve(item);
  }

  end(reason: Error): void {
    this.#end ??= reason;
    for (const taker of this.#takers.splice(0)) taker.reject(reason);
  }

  /** Items that came and were not taken. */
  get waiting(): readonly Item[] {
    return this.#items;
  }

  next(): Promise<Item> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve(item);
    if (this.#end !== null) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => this.#takers.push({ resolve, reject }));
  }

  /** Takes items up to and with the first that fits; all of them. */
  async until(fits: (item: Item) => boolean): Promise<Item[]> {
    const taken: Item[] = [];
    for (;;) {
      const item = await this.next();
      taken.push(item);
      if (fits(item)) return taken;
    }
  }
}

/** How a subscription ended. */
export type Outcome =
  | { readonly kind: 'complete' }
  | { readonly kind: 'error'; readonly errors: readonly { message: string; extensions?: Record<string, unknown> }[] }
  | { readonly kind: 'closed'; readonly code: number };

export class Subscription {
  readonly id: string;
  /** Execution results, in order. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into results of any shape.
  readonly results = new Inbox<any>();
  readonly ended: Promise<Outcome>;
  readonly #complete: () => void;
  #settle: (outcome: Outcome) => void = () => {};

  constructor(id: string, complete: () => void) {
    this.id = id;
    this.#complete = complete;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: see results.
  next(): Promise<any> {
    return this.results.next();
  }

  // biome-ignore lint/suspicious/noExplicitAny: see results.
  until(fits: (result: any) => boolean): Promise<any[]> {
    return this.results.until(fits);
  }

  /** Tells the server that no more is wanted. */
  complete(): void {
    this.#complete();
  }

  /** For the client. */
  settle(outcome: Outcome): void {
    this.results.end(new Error(`the subscription ended: ${JSON.stringify(outcome)}`));
    this.#settle(outcome);
  }
}

export class WsClient implements AsyncDisposable {
  readonly socket: WebSocket;
  /** Messages that belong to no subscription made by `subscribe`. */
  readonly messages = new Inbox<Message>();
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #subscriptions = new Map<string, Subscription>();
  #lastId = 0;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => this.#take(JSON.parse(data.toString()) as Message));
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.messages.end(new Error(`the socket closed with ${code} ${reason}`));
        for (const subscription of this.#subscriptions.values()) subscription.settle({ kind: 'closed', code });
      });
    });
  }

  /** Sends as it is; objects as JSON. */
  send(message: string | Buffer | object): void {
    const isRaw = typeof message === 'string' || Buffer.isBuffer(message);
    this.socket.send(isRaw ? message : JSON.stringify(message));
  }

  subscribe(
    query: string,
    variables: object = {},
    options: { id?: string; operationName?: string } = {},
  ): Subscription {
    this.#lastId += 1;
    const id = options.id ?? String(this.#lastId);
    const subscription = new Subscription(id, () => this.send({ id, type: 'complete' }));
    this.#subscriptions.set(id, subscription);
    const { operationName } = options;
    this.send({ id, type: 'subscribe', payload: { query, variables, ...(operationName ? { operationName } : {}) } });
    return subscription;
  }

  /** One query or mutation: its result, or its errors where it was refused. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into results of any shape.
  async request(query: string, variables: object = {}): Promise<any> {
    const subscription = this.subscribe(query, variables);
    const outcome = await subscription.ended;
    if (outcome.kind === 'closed') throw new Error(`the socket closed with ${outcome.code}`);
    return outcome.kind === 'error' ? { errors: outcome.errors } : subscription.results.waiting[0];
  }

  /** The connection below: to cut it (`destroy`), to write in one go (`cork`). To stop reading: `socket.pause()`. */
  get tcp() {
    return (this.socket as unknown as { _socket: import('node:net').Socket })._socket;
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate();
    await this.closed;
  }

  #take(message: Message): void {
    const subscription = message.id === undefined ? undefined : this.#subscriptions.get(message.id);
    if (subscription === undefined) this.messages.push(message);
    else if (message.type === 'next') subscription.results.push(message.payload);
    else {
      this.#subscriptions.delete(subscription.id);
      subscription.settle(message.type === 'error' ? { kind: 'error', errors: message.payload } : { kind: 'complete' });
    }
  }
}

/**
 * Opens a socket at `/graphql` of the server at `url` (`http://…`). With `init` it waits for the ack, and rejects with
 * the close code where there is none.
 */
export async function connect(url: string, options: ConnectOptions = {}): Promise<WsClient> {
  const { connectionParams, headers, protocol = 'graphql-transport-ws', init = true } = options;
  const target = `${url.replace(/^http/, 'ws')}/graphql`;
  const socket = new WebSocket(target, protocol === null ? [] : [protocol], headers === undefined ? {} : { headers });
  const client = new WsClient(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  if (!init) return client;
  client.send({ type: 'connection_init', ...(connectionParams ? { payload: connectionParams } : {}) });
  await client.messages.until(({ type }) => type === 'connection_ack');
  return client;
}
