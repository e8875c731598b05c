import type { Person } from './person.ts';
import type { TestServer } from './server.ts';
import type { Outcome, Subscription, WsClient } from './ws-client.ts';

/** One item of a log subscription, with the place that its cursor names. */
export interface StreamedItem {
  readonly position: number;
  /** `__typename` of an event, or `kind` of a message update. */
  readonly kind: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into items of any shape.
  readonly value: any;
}

export interface LogStreamOptions {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

export const eventsQuery = `subscription ($after: Cursor) { events(after: $after) { __typename cursor } }`;
export const messagesQuery = `subscription ($roomId: ID!, $after: Cursor, $last: Int) {
  messages(roomId: $roomId, after: $after, last: $last) { kind cursor isCaughtUp message { id text } end { code } }
}`;

const isNoEvent = new Set(['CHECKPOINT', 'ENDED', 'Checkpoint', 'StreamEnded']);

/**
 * A program that follows a log subscription and never gives up: when its connection is lost, it opens another and goes
 * on after the cursor of the newest item that it read.
 */
export class LogStream implements AsyncDisposable {
  /** All that came, over all connections, checkpoints included. */
  readonly items: StreamedItem[] = [];
  readonly #server: TestServer;
  readonly #person: Person;
  readonly #options: LogStreamOptions;
  readonly #running: Promise<void>;
  #waiting: (() => void)[] = [];
  #client: WsClient | null = null;
  #isDisposed = false;
  #failure: unknown = null;
  connections = 0;
  /** True when the server refused the subscription, at first or when it came back. */
  isRefused = false;

  constructor(server: TestServer, person: Person, options: LogStreamOptions) {
    this.#server = server;
    this.#person = person;
    this.#options = options;
    this.#running = this.#run().catch((error: unknown) => {
      this.#failure = error;
      this.#wake();
    });
  }

  /** What came but checkpoints and ends. */
  get events(): readonly StreamedItem[] {
    return this.items.filter(({ kind }) => !isNoEvent.has(kind));
  }

  get positions(): number[] {
    return this.events.map(({ position }) => position);
  }

  /** Cursor of the newest item. */
  get cursor(): string | undefined {
    return this.items.at(-1)?.value.cursor;
  }

  /** The connection of now, to be made slow. */
  get client(): WsClient {
    if (!this.#client) throw new Error('the stream has no connection now');
    return this.#client;
  }

  /** Cuts the TCP connection; the stream comes back by itself. */
  cut(): void {
    this.#client?.tcp.destroy();
  }

  async until(holds: (stream: LogStream) => boolean): Promise<this> {
    while (!holds(this)) {
      if (this.#failure !== null) throw this.#failure;
      if (this.isRefused) throw new Error('the subscription was refused');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this;
  }

  /** Waits until the stream has told that it has read up to a position: by an event or by a checkpoint. */
  reached(position: number): Promise<this> {
    return this.until(({ items }) => (items.at(-1)?.position ?? -1) >= position);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#client?.socket.terminate();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isDisposed) {
      this.#client = await this.#person.connect();
      this.connections += 1;
      if (this.#isDisposed) this.#client.socket.terminate();
      const { query, variables } = this.#options;
      const start = this.cursor === undefined ? {} : { after: this.cursor, last: null };
      const subscription = this.#client.subscribe(query, { ...variables, ...start });
      const outcome = await this.#readAll(subscription);
      this.#client.socket.terminate();
      if (outcome.kind === 'error') {
        this.isRefused = true;
        return this.#wake();
      }
      if (outcome.kind === 'complete') return;
    }
  }

  /** Also what had come when the connection was lost. */
  async #readAll(subscription: Subscription): Promise<Outcome> {
    for (;;) {
      const result = await subscription.next().catch(() => null);
      if (result === null) return subscription.ended;
      this.#take(result);
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: results of any shape.
  #take({ data, errors }: any): void {
    const value = data?.events ?? data?.messages;
    if (!value) throw new Error(`an item without data: ${JSON.stringify(errors)}`);
    const { position } = this.#server.node.engine.services.cursors.decode(value.cursor);
    this.items.push({ position, kind: value.__typename ?? value.kind, value });
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
