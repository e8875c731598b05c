import type { GraphQLError } from 'graphql';
import type { Outgoing, Reader, Sink, StreamEnd } from '../hub/contract.ts';
import type { AdmittedOperation, Caller, Engine } from './contract.ts';
import type { Frame } from './frames.ts';
import { isRefused } from './gate.ts';
import type { SendQueue } from './send-queue.ts';

/** The connection that a stream is on. */
export interface StreamHost {
  readonly queue: SendQueue;
  /** What goes out for payloads of the hub, behind the head of the stream. */
  frameOf(head: Buffer, run: readonly Outgoing[]): Frame;
  /** Told once. */
  streamClosed(stream: Stream): void;
}

/** What the hub writes before the stream is open. */
interface Early {
  readonly frames: Frame[];
  bytes: number;
  readonly waiting: (() => void)[];
  /** The reader has come to its end already: what it wrote goes out all the same. */
  isAll: boolean;
}

const over = Promise.resolve<IteratorResult<never, void>>({ done: true, value: undefined });

/**
 * One subscription on one connection: the sink of the hub; whoever iterates it gets nothing but the end.
 *
 *   opening → open → closed
 *
 * Opening: what the hub writes is kept. Open: it goes out. Closed: it is dropped, and the reader is out of the hub, also
 * when it was closed while opening.
 */
export class Stream implements AsyncGenerator<never, void, void>, Sink {
  readonly #host: StreamHost;
  readonly #head: Buffer;
  /** Null: open, or closed. */
  #early: Early | null = { frames: [], bytes: 0, waiting: [], isAll: false };
  #isClosed = false;
  #reader: Reader | null = null;
  #next: Promise<IteratorResult<never, void>> | null = null;
  #settleNext: ((result: IteratorResult<never, void>) => void) | null = null;

  constructor(host: StreamHost, head: Buffer) {
    this.#host = host;
    this.#head = head;
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

  /** For the hub, as are the next three. */
  write(run: readonly Outgoing[]): void {
    if (this.#isClosed) return;
    const frame = this.#host.frameOf(this.#head, run);
    if (this.#early === null) {
      this.#host.queue.send(frame);
      return;
    }
    this.#early.frames.push(frame);
    for (const { payload } of run) this.#early.bytes += payload.length;
  }

  get unsentBytes(): number {
    return this.#host.queue.unsentFrameBytes + (this.#early?.bytes ?? 0);
  }

  onceDrained(callback: () => void): void {
    // While opening, the queue knows nothing of the early bytes and would call back at once, again and again.
    if (this.#early !== null) this.#early.waiting.push(callback);
    else this.#host.queue.onceDrained(callback);
  }

  closed(): void {
    if (this.#early === null) this.close();
    else this.#early.isAll = true;
  }

  /** Says why, as the last item; a stream that is still opening closes without a word. */
  end(end: StreamEnd): void {
    if (this.#reader === null) this.close();
    else this.#reader.end(end);
  }

  /** Takes the reader out of the hub; nothing is written after it. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#reader?.close();
    this.#handOverWaiting();
    this.#settleNext?.({ done: true, value: undefined });
    this.#host.streamClosed(this);
  }

  /** By hand and not by an async function, whose parts weigh as much as the stream itself as long as it is open. */
  next(): Promise<IteratorResult<never, void>> {
    if (this.#isClosed) return over;
    this.#next ??= new Promise((resolve) => {
      this.#settleNext = resolve;
    });
    return this.#next;
  }

  return(): Promise<IteratorResult<never, void>> {
    this.close();
    return over;
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
    if (this.#isClosed) {
      reader.close();
      return;
    }
    const early = this.#early;
    for (const frame of early?.frames ?? []) this.#host.queue.send(frame);
    this.#handOverWaiting();
    if (early?.isAll) this.close();
  }

  #handOverWaiting(): void {
    const early = this.#early;
    this.#early = null;
    for (const callback of early?.waiting ?? []) this.#host.queue.onceDrained(callback);
  }
}
