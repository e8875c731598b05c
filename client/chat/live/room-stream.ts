import type { Client, CombinedError } from 'urql';
import type { EndCode, MessagesSubscription } from '../../gql/graphql.ts';
import { retryDelayMs } from '../../wire/socket.ts';
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
 * history → subscribed after its asOf → (dropped: the socket resumes by cursor) → over.
 * A stream that the server ends for its own reasons goes on after the newest cursor; one whose cursor is no longer held
 * starts over from history. Between history and stream nothing is missed, since the stream begins at the history's own position.
 */
export class RoomStream {
  readonly #client: Client;
  readonly #roomId: string;
  readonly #events: StreamEvents;
  #cursor: string | null = null;
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
      this.#cursor = asOf;
      this.#subscribe();
    } catch (error) {
      this.#failed(error as CombinedError);
    }
  }

  #subscribe(): void {
    const { unsubscribe } = this.#client
      .subscription(MessagesDocument, { roomId: this.#roomId, after: this.#cursor ?? '' })
      .subscribe(({ data, error }) => {
        if (this.#isStopped) return;
        if (error) {
          if (error.graphQLErrors.some(({ extensions }) => !mendsItself.has(extensions.code as string)))
            this.#cursor = null;
          this.#failed(error);
        } else if (data) {
          this.#take(data.messages);
        }
      });
    this.#unsubscribe = unsubscribe;
  }

  #take(update: Update): void {
    this.#cursor = update.cursor;
    this.#retries = 0;
    this.#events.onProblem(null);
    if (update.kind !== 'ENDED') {
      this.#events.onUpdate(update);
      return;
    }

    this.#unsubscribe();
    const code = update.end?.code ?? null;
    if (code === 'CURSOR_EXPIRED') this.#cursor = null;
    if (code === 'CURSOR_EXPIRED' || code === 'SERVER_STOPPING') this.#retry();
    else this.#events.onEnd(code);
  }

  #failed(error: CombinedError): void {
    if (this.#isStopped) return;
    this.#unsubscribe();
    this.#events.onProblem(error);
    this.#retry();
  }

  #retry(): void {
    const timeout = setTimeout(() => {
      if (this.#cursor === null) void this.#load();
      else this.#subscribe();
    }, retryDelayMs(this.#retries));
    this.#retries += 1;
    this.#cancelRetry = () => clearTimeout(timeout);
  }
}

/** Refusals of a moment, after which the cursor is as good as before. After any other, history has a good one. */
const mendsItself = new Set(['UNAVAILABLE', 'RATE_LIMITED', 'INTERNAL']);

/** Fills two tall screens. */
export const newestPageSize = 50;
