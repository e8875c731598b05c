import type { SubscribePayload } from 'graphql-ws/client';
import type { Clock } from './clock.ts';
import { ParleyError } from './errors.ts';
import { type Following, type FollowOptions, follow, type Result } from './follow.ts';
import { endCodeOf, isCheckpoint, resumeVariables, rootOf } from './resume.ts';

/** Where a program keeps its place in the log, so that it outlives the program. */
export interface CursorStore {
  /** Null: there is none yet. */
  load(): Promise<string | null> | string | null;
  /** Called with one cursor after the other, never two at once. When it rejects, the stream throws that. */
  save(cursor: string): Promise<void> | void;
}

export interface StreamOptions {
  /** Keeps the place: what it loads wins over `after`. */
  readonly store?: CursorStore | undefined;
  /** Ends the stream, as `return` does: the loop ends without an error. */
  readonly signal?: AbortSignal | undefined;
  /** Checkpoints come too. Default: they only move the cursor. */
  readonly checkpoints?: boolean | undefined;
  /** How many items are held for a consumer that is behind. Default 1024. */
  readonly queueLimit?: number | undefined;
}

export interface LogStreamOptions extends StreamOptions {
  readonly socket: () => FollowOptions['socket'];
  readonly request: SubscribePayload;
  readonly onProblem: (error: ParleyError) => void;
  readonly onEnd: (stream: LogStream<unknown>) => void;
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
}

/** bench/sdk-slow.ts, 2026-11: half a megabyte of usual messages; with 256 six times the bytes come that are needed, with 1,024 twice. */
const defaultQueueLimit = 1_024;

interface Queued {
  readonly root: object;
  readonly cursor: string | null;
  readonly isQuiet: boolean;
}

/**
 * The items of one subscription, for ever, in order, each once; see `follow` for how it comes back. It subscribes at the first
 * `next`. A consumer that is behind has at most `queueLimit` items waiting: then the subscription is ended at the server, and
 * goes on from the newest of them when a quarter is left. Other streams of the socket do not notice.
 *
 * `cursor` moves, and is saved, when the consumer asks for the next item and so is done with the one before: a program that
 * dies gets the item in hand again, and no other.
 */
export class LogStream<Item> implements AsyncIterableIterator<Item> {
  readonly #options: LogStreamOptions;
  readonly #queueLimit: number;
  readonly #queue: Queued[] = [];
  #cursor: string | null = null;
  #inHand: string | null = null;
  #following: Following | null = null;
  #isPaused = false;
  #isOver = false;
  #failure: unknown = null;
  #turn: Promise<unknown> = Promise.resolve();
  #wake = () => {};

  constructor(options: LogStreamOptions) {
    this.#options = options;
    this.#queueLimit = Math.max(4, options.queueLimit ?? defaultQueueLimit);
    const { signal } = options;
    if (signal?.aborted) this.#end(null);
    else signal?.addEventListener('abort', this.#abort, { once: true });
  }

  /** The place up to which the consumer is done; null where nothing came yet. Another stream goes on after it. */
  get cursor(): string | null {
    return this.#cursor;
  }

  /** How many items wait for the consumer. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Throws ParleyError where coming back is pointless; items that came before are given first. */
  next(): Promise<IteratorResult<Item, undefined>> {
    const taken = this.#turn.then(() => this.#take());
    this.#turn = taken.catch(() => {});
    return taken;
  }

  /** Ends the stream, also while a `next` waits. The item in hand does not count as done. */
  return(): Promise<IteratorResult<Item, undefined>> {
    this.#queue.length = 0;
    this.#inHand = null;
    this.#end(null);
    return Promise.resolve({ done: true, value: undefined });
  }

  throw(error: unknown): Promise<IteratorResult<Item, undefined>> {
    void this.return();
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  readonly #abort = () => void this.return();

  async #take(): Promise<IteratorResult<Item, undefined>> {
    try {
      if (this.#following === null && !this.#isOver) await this.#start();
      await this.#settle(this.#inHand);
      for (;;) {
        const item = this.#queue.shift();
        if (item === undefined) {
          if (this.#isOver) break;
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          continue;
        }
        this.#resumeWhenShort();
        if (item.isQuiet) {
          await this.#settle(item.cursor);
          continue;
        }
        this.#inHand = item.cursor;
        return { done: false, value: item.root as Item };
      }
    } catch (error) {
      this.#queue.length = 0;
      this.#end(null);
      throw error;
    }
    const failure = this.#failure;
    this.#failure = null;
    if (failure !== null) throw failure;
    return { done: true, value: undefined };
  }

  async #start(): Promise<void> {
    const { request, store, socket, onProblem, clock, random } = this.#options;
    const stored = (await store?.load()) ?? null;
    if (this.#isOver) return;
    this.#cursor = stored ?? (request.variables?.after as string | null | undefined) ?? null;
    const variables = request.variables ?? {};
    this.#following = follow({
      socket: socket(),
      request: {
        ...request,
        variables: stored === null ? variables : resumeVariables(request.query, variables, stored),
      },
      listener: {
        item: (result, cursor) => this.#put(result, cursor),
        problem: onProblem,
        over: (error) => this.#end(error),
      },
      clock,
      random,
    });
  }

  #put({ data }: Result, cursor: string | null): void {
    const root = rootOf(data);
    if (root === null) return;
    if (typeof root.cursor !== 'string') {
      this.#end(new ParleyError('CURSOR_MISSING', 'an item came without one'));
      return;
    }
    const isQuiet = endCodeOf(root) !== null || (isCheckpoint(root) && this.#options.checkpoints !== true);
    this.#queue.push({ root, cursor, isQuiet });
    if (this.#queue.length >= this.#queueLimit && !this.#isPaused) {
      this.#isPaused = true;
      this.#following?.pause();
    }
    this.#wake();
  }

  #resumeWhenShort(): void {
    if (!this.#isPaused || this.#queue.length > this.#queueLimit / 4) return;
    this.#isPaused = false;
    this.#following?.resume();
  }

  /** The consumer is done with everything up to `cursor`. */
  async #settle(cursor: string | null): Promise<void> {
    this.#inHand = null;
    if (cursor === null || cursor === this.#cursor) return;
    await this.#options.store?.save(cursor);
    this.#cursor = cursor;
  }

  #end(failure: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failure = failure;
    this.#following?.stop();
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#options.onEnd(this);
    this.#wake();
  }
}
