import type { GraphQLError } from 'graphql';
import type { Outgoing, Reader, Sink, StreamEnd } from '../hub/contract.ts';
import type { AdmittedOperation, Caller, Engine } from './contract.ts';
import type { Frame } from './frames.ts';
import { isRefused } from './gate.ts';
import type { SendQueue } from './send-queue.ts';

/** What goes out for payloads of the hub. */
export type FrameMaker = (run: readonly Outgoing[]) => Frame;

/**
 * One subscription on one connection: the sink of the hub; whoever iterates it gets nothing but the end.
 *
 *   opening → open → closed
 *
 * Opening: what the hub writes is kept. Open: it goes out. Closed: it is dropped, and the reader is out of the hub, also
 * when it was closed while opening.
 */
export class Stream implements AsyncGenerator<never, void, void>, Sink {
  readonly #queue: SendQueue;
  readonly #frameOf: FrameMaker;
  readonly #onClosed: (stream: Stream) => void;
  readonly #closed: Promise<void>;
  #settleClosed: () => void = () => {};
  #state: 'opening' | 'open' | 'closed' = 'opening';
  #early: Frame[] = [];
  #earlyBytes = 0;
  #waitingEarly: (() => void)[] = [];
  #reader: Reader | null = null;

  constructor(queue: SendQueue, frameOf: FrameMaker, onClosed: (stream: Stream) => void) {
    this.#queue = queue;
    this.#frameOf = frameOf;
    this.#onClosed = onClosed;
    this.#closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
  }

  /** Errors: refused, and closed. Null: open, or closed meanwhile. Rejects only on a bug, closed. */
  async open(
    engine: Engine,
    caller: Caller,
    operation: AdmittedOperation,
    resumeAfter: string | null = null,
  ): Promise<readonly GraphQLError[] | null> {
    try {
      const outcome = await engine.openStream(caller, operation, this, resumeAfter);
      if (isRefused(outcome)) {
        this.close();
        return outcome;
      }
      this.#attach(outcome);
      return null;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** For the hub, as are the next two. */
  write(run: readonly Outgoing[]): void {
    if (this.#state === 'open') this.#queue.send(this.#frameOf(run));
    if (this.#state !== 'opening') return;
    this.#early.push(this.#frameOf(run));
    for (const { payload } of run) this.#earlyBytes += payload.length;
  }

  get unsentBytes(): number {
    return this.#queue.unsentFrameBytes + this.#earlyBytes;
  }

  onceDrained(callback: () => void): void {
    // While opening, the queue knows nothing of the early bytes and would call back at once, again and again.
    if (this.#state === 'opening') this.#waitingEarly.push(callback);
    else this.#queue.onceDrained(callback);
  }

  /** Says why, as the last item; a stream that is still opening closes without a word. */
  end(end: StreamEnd): void {
    if (this.#reader === null) this.close();
    else this.#reader.end(end);
  }

  /** Takes the reader out of the hub; nothing is written after it. Idempotent. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#early = [];
    this.#reader?.close();
    this.#handOverWaiting();
    this.#settleClosed();
    this.#onClosed(this);
  }

  async next(): Promise<IteratorResult<never, void>> {
    await this.#closed;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<never, void>> {
    this.close();
    return { done: true, value: undefined };
  }

  throw(): Promise<IteratorResult<never, void>> {
    return this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #attach(reader: Reader): void {
    this.#reader = reader;
    if (this.#state === 'closed') {
      reader.close();
      return;
    }
    this.#state = 'open';
    for (const frame of this.#early.splice(0)) this.#queue.send(frame);
    this.#earlyBytes = 0;
    this.#handOverWaiting();
    const close = () => this.close();
    reader.ended.then(close, close);
  }

  #handOverWaiting(): void {
    for (const callback of this.#waitingEarly.splice(0)) this.#queue.onceDrained(callback);
  }
}
