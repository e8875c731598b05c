import type { Client, CombinedError } from 'urql';
import type { EndCode, MessagesSubscription } from '../../gql/graphql.ts';
import { retryDelayMs } from '../../sdk/src/index.ts';
import { HistoryDocument, MessagesDocument } from '../documents.ts';
import type { HistoryPage } from '../state/timeline.ts';

type Update = MessagesSubscription['messages'];

export interface StreamEvents {
  /** The newest page; whatever was shown before it is replaced. */
  onNewestPage(page: HistoryPage): void;
  onUpdate(update: Update): void;
  /** An answer could not be had; null when it came after all. The stream tries again by itself. */
  onProblem(error: CombinedError | null): void;
  /** The stream is over for good. `null`: the room is unknown, or not ours to see. */
  onEnd(code: EndCode | null): void;
}

/**
 * history → subscribed after its asOf → over. The SDK keeps the subscription going from its newest cursor; where it cannot, as
 * the log no longer holds the place, the stream starts over from history. Between history and stream nothing is missed, since the stream begins at the history's own position.
 */
export class RoomStream {
  readonly #client: Client;
  readonly #roomId: string;
  readonly #events: StreamEvents;
  #unsubscribe: () => void = () => {};
  #cancelRetry: () => void = () => {};
  #retries = 0;
  #isStopped = false;

  constructor(options: { client: Client; roomId: string; events: StreamEvents }) {
    this.#client = options.client;
    this.#roomId = options.roomId;
    this.#events = options.events;
  }

  /** Once only; a stream that was stopped stays so. */
  start(): void {
    void this.#load();
  }

  stop(): void {
    this.#isStopped = true;
    this.#unsubscribe();
    this.#cancelRetry();
  }

  /** A page of history that ends before a page cursor. Throws CombinedError when there is no answer. */
  async page(before: string | null, last: number): Promise<{ page: HistoryPage | null; asOf: string | null }> {
    const { data, error, extensions } = await this.#client
      .query(HistoryDocument, { roomId: this.#roomId, last, before }, { requestPolicy: 'network-only' })
      .toPromise();
    if (error) throw error;
    const messages = data?.room?.messages;
    const asOf = typeof extensions?.asOf === 'string' ? extensions.asOf : null;
    if (messages === undefined) return { page: null, asOf };
    const { hasPreviousPage, startCursor } = messages.pageInfo;
    return { page: { messages: messages.nodes, olderThan: hasPreviousPage ? startCursor : null }, asOf };
  }

  async #load(): Promise<void> {
    try {
      const { page, asOf } = await this.page(null, newestPageSize);
      if (this.#isStopped) return;
      this.#events.onProblem(null);
      if (page === null) return this.#events.onEnd(null);
      this.#events.onNewestPage(page);
      this.#subscribe(asOf ?? '');
    } catch (error) {
      this.#failed(error as CombinedError);
    }
  }

  #subscribe(after: string): void {
    const { unsubscribe } = this.#client
      .subscription(MessagesDocument, { roomId: this.#roomId, after })
      .subscribe(({ data, error }) => {
        if (this.#isStopped) return;
        if (error) this.#failed(error);
        else if (data) this.#take(data.messages);
      });
    this.#unsubscribe = unsubscribe;
  }

  #take(update: Update): void {
    this.#retries = 0;
    this.#events.onProblem(null);
    if (update.kind !== 'ENDED') {
      this.#events.onUpdate(update);
      return;
    }
    const code = update.end?.code ?? null;
    // It comes back by itself.
    if (code === 'SERVER_STOPPING' || code === 'TOKEN_REPLACED') return;
    this.#unsubscribe();
    if (code === 'CURSOR_EXPIRED') this.#retry();
    else this.#events.onEnd(code);
  }

  #failed(error: CombinedError): void {
    if (this.#isStopped) return;
    this.#unsubscribe();
    this.#events.onProblem(error);
    this.#retry();
  }

  #retry(): void {
    const timeout = setTimeout(() => void this.#load(), retryDelayMs(this.#retries));
    this.#retries += 1;
    this.#cancelRetry = () => clearTimeout(timeout);
  }
}

/** Fills two tall screens. */
export const newestPageSize = 50;
