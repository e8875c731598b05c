import type { Position } from '../log/position.ts';
import type { Log } from '../observe/log.ts';
import type { GroupSpec, StreamItem } from './contract.ts';
import type { Ring, RingEntry } from './ring.ts';

/** A member of a group while it is live. */
export interface LiveMember {
  /** Takes the payload of the item at a position, unless it has read past it or has left. */
  deliver(payload: string, position: Position, item: StreamItem): void;
  /** The item could not be executed: reads on from the log by itself. */
  miss(item: StreamItem): void;
}

interface Delivery {
  readonly item: StreamItem;
  readonly position: Position;
  readonly payload: Promise<string>;
  readonly members: readonly LiveMember[];
}

/** Members that are written to in one turn of the event loop. */
const SLICE = 512;

/**
 * Subscriptions that share document, operation, variables and viewer scope. For each item it executes and serialises
 * once, and hands the bytes to the members that were chosen when the item arrived, in the order of arrival.
 */
export class Group {
  readonly key: string;
  readonly #spec: GroupSpec;
  readonly #ring: Ring;
  readonly #log: Log;
  readonly #queue: Delivery[] = [];
  #isFlushing = false;
  members = 0;

  constructor(spec: GroupSpec, ring: Ring, log: Log) {
    this.key = spec.key;
    this.#spec = spec;
    this.#ring = ring;
    this.#log = log;
  }

  /** Payload of an event that is in the ring: what is kept there, unless it is for one viewer alone. */
  payloadOf(entry: RingEntry): Promise<string> {
    const make = () => this.#spec.execute({ kind: 'event', event: entry.event, rows: entry.rows });
    return this.#spec.isPerViewer ? make() : this.#ring.payloadOf(entry, this.key, make);
  }

  /** Payload of anything else. */
  execute(item: StreamItem): Promise<string> {
    return this.#spec.execute(item);
  }

  /** Delivers to these members after all that was enqueued before. */
  enqueue(delivery: Delivery): void {
    // Awaited in its turn; until then a rejection must have a home.
    delivery.payload.catch(() => undefined);
    this.#queue.push(delivery);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    void this.#flush();
  }

  async #flush(): Promise<void> {
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      try {
        await this.#deliver(next, await next.payload);
      } catch (error) {
        this.#log.warn({ err: error, position: next.position }, 'an item could not be executed now; it is tried again');
        for (const member of next.members) member.miss(next.item);
      }
    }
    this.#isFlushing = false;
  }

  async #deliver({ members, position, item }: Delivery, payload: string): Promise<void> {
    for (let start = 0; start < members.length; start += SLICE) {
      if (start > 0) await new Promise(setImmediate);
      for (const member of members.slice(start, start + SLICE)) member.deliver(payload, position, item);
    }
  }
}
