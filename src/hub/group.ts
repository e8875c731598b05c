import type { Position } from '../log/position.ts';
import type { Log } from '../observe/log.ts';
import { type GroupSpec, markOfItem, type Outgoing, type StreamItem } from './contract.ts';
import type { Ring, RingEntry } from './ring.ts';
import type { EndOfTurn, Turns } from './turns.ts';

/** A member of a group while it is live. */
export interface LiveMember {
  /** Takes the payloads of items, in their order, without those that it has read past; none when it has left. */
  deliver(run: readonly Delivered[]): void;
  /** The item could not be executed: reads on from the log by itself. */
  miss(item: StreamItem): void;
}

/** An item on its way to the members of a group, made once for all of them. */
export interface Delivered extends Outgoing {
  readonly item: StreamItem;
  readonly position: Position;
}

interface Delivery {
  readonly item: StreamItem;
  readonly position: Position;
  readonly payload: Promise<string>;
  /** The same array for the same members spares work: what is ready for them goes to each in one go. */
  readonly members: readonly LiveMember[];
}

interface Queued extends Omit<Delivery, 'payload'> {
  /** Null until the payload is there. */
  delivered: Delivered | null;
  /** Null unless there will be none. */
  failure: { readonly cause: unknown } | null;
}

/** What the groups of a hub share. */
export interface GroupParts {
  readonly ring: Ring;
  readonly log: Log;
  /** Of the executions for one viewer. */
  readonly turns: Turns;
  /** A thousand groups for one viewer each would else wait for it one by one. */
  readonly endOfTurn: EndOfTurn;
}

/** Members that are written to in one turn of the event loop. */
const SLICE = 512;
/** Sum of the payloads of one go, in UTF-16 code units: what a slow connection gets before its reader looks whether it is behind. */
const RUN_LENGTH = 32 * 1_024;

/**
 * Subscriptions that share document, operation, variables and viewer scope. For each item it executes and serialises
 * once, and hands the bytes to the members that were chosen when the item arrived, in the order of arrival.
 */
export class Group {
  readonly key: string;
  readonly #spec: GroupSpec;
  readonly #parts: GroupParts;
  readonly #queue: Queued[] = [];
  #isFlushing = false;
  members = 0;

  constructor(spec: GroupSpec, parts: GroupParts) {
    this.key = spec.key;
    this.#spec = spec;
    this.#parts = parts;
  }

  /** Payload of an event that is in the ring: what is kept there, unless it is for one viewer alone. */
  payloadOf(entry: RingEntry): Promise<string> {
    const item = { kind: 'event', event: entry.event, rows: entry.rows } as const;
    if (this.#spec.isPerViewer) return this.execute(item);
    const make = () => this.#spec.execute(item);
    return this.#parts.ring.payloadOf(entry, this.key, make);
  }

  /** Payload of anything else. */
  execute(item: StreamItem): Promise<string> {
    return this.#spec.isPerViewer ? this.#parts.turns.take(() => this.#spec.execute(item)) : this.#spec.execute(item);
  }

  /** Delivers to these members after all that was enqueued before. */
  enqueue({ item, position, payload, members }: Delivery): void {
    const queued: Queued = { item, position, members, delivered: null, failure: null };
    this.#queue.push(queued);
    payload.then(
      (text) => {
        queued.delivered = { payload: text, item, position, mark: markOfItem(item) };
        this.#flushSoon();
      },
      (cause: unknown) => {
        queued.failure = { cause };
        this.#flushSoon();
      },
    );
  }

  #flushSoon(): void {
    if (this.#isFlushing || !isReady(this.#queue[0])) return;
    this.#isFlushing = true;
    // What becomes ready in this turn goes along.
    this.#parts.endOfTurn.do(() => this.#flush());
  }

  /** Its first is ready. */
  #flush(): void {
    const first = this.#queue[0] as Queued;
    if (first.failure) {
      this.#queue.shift();
      this.#miss(first, first.failure.cause);
    } else this.#deliver(first, this.#takeRun(first.members), 0);
  }

  /** To the members from this one on, a slice of them in each turn of the event loop. */
  #deliver(first: Queued, run: readonly Delivered[], from: number): void {
    const { members } = first;
    const to = Math.min(from + SLICE, members.length);
    try {
      for (let n = from; n < to; n += 1) members[n]?.deliver(run);
    } catch (error) {
      this.#miss(first, error);
      return;
    }
    if (to < members.length) setImmediate(() => this.#deliver(first, run, to));
    else this.#flushNext();
  }

  #miss({ position, members, item }: Queued, error: unknown): void {
    this.#parts.log.warn({ err: error, position }, 'an item could not be executed now; it is tried again');
    for (const member of members) member.miss(item);
    this.#flushNext();
  }

  #flushNext(): void {
    this.#isFlushing = isReady(this.#queue[0]);
    if (this.#isFlushing) setImmediate(() => this.#flush());
  }

  /** The first of the queue, and those right behind it that are for the same members and are ready. */
  #takeRun(members: readonly LiveMember[]): readonly Delivered[] {
    const run: Delivered[] = [];
    let length = 0;
    for (let next = this.#queue[0]; next?.members === members && length < RUN_LENGTH; next = this.#queue[0]) {
      if (next.delivered === null) break;
      run.push(next.delivered);
      length += next.delivered.payload.length;
      this.#queue.shift();
    }
    return run;
  }
}

function isReady(queued: Queued | undefined): queued is Queued {
  return queued !== undefined && (queued.delivered !== null || queued.failure !== null);
}
