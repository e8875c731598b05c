import type { CommittedBatch, LogEvent } from '../log/event.ts';
import type { Mark, Position } from '../log/position.ts';
import type { Log } from '../observe/log.ts';

/**
 * Follows the log on this node. in line → delivered; ahead → held for reorderMs, then one repair reads what is missing
 * from the log. Invariant: `onEvent` sees every position once, in order, from the mark at the start.
 */
export interface TailOptions {
  readonly readRange: (range: { after: Position; upTo: Position; limit: number }) => Promise<LogEvent[]>;
  readonly readHead: () => Promise<Mark>;
  readonly onEvent: (event: LogEvent, rows: CommittedBatch['rows'] | null) => void;
  readonly log: Log;
  /** 25 ms: batches out of line healed within 5 ms with 2 to 4 nodes. */
  readonly reorderMs?: number;
  /** The bell that no bus can lose: heads are compared about once a second. */
  readonly compareMs?: number;
}

const REPAIR_PAGE = 500;

export class Tail {
  readonly #options: TailOptions;
  readonly #held = new Map<Position, CommittedBatch>();
  #mark: Mark;
  #known: Position;
  #reorderTimer: NodeJS.Timeout | null = null;
  #compareTimer: NodeJS.Timeout | null = null;
  #repairing: Promise<void> | null = null;
  #isStopped = false;

  constructor(start: Mark, options: TailOptions) {
    this.#mark = start;
    this.#known = start.position;
    this.#options = options;
    this.#armCompare();
  }

  /** Mark of the event that was delivered last. */
  get mark(): Mark {
    return this.#mark;
  }

  receive(batch: CommittedBatch): void {
    const last = batch.events.at(-1);
    if (this.#isStopped || !last || last.position <= this.#mark.position) return;
    this.#known = Math.max(this.#known, last.position);
    const first = batch.events[0] as LogEvent;
    if (first.position > this.#mark.position + 1) {
      this.#held.set(first.position, batch);
      this.#armReorder();
      return;
    }
    this.#deliver(batch.events, batch.rows);
    this.#drainHeld();
  }

  /** Reads from the log whatever is after the mark, up to the head. One at a time. Never rejects. */
  repair(): Promise<void> {
    this.#repairing ??= this.#repair().finally(() => {
      this.#repairing = null;
    });
    return this.#repairing;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#reorderTimer) clearTimeout(this.#reorderTimer);
    if (this.#compareTimer) clearTimeout(this.#compareTimer);
    await this.#repairing;
  }

  #deliver(events: readonly LogEvent[], rows: CommittedBatch['rows'] | null): void {
    for (const event of events) {
      if (event.position <= this.#mark.position) continue;
      this.#mark = { position: event.position, tag: event.tag };
      try {
        this.#options.onEvent(event, rows);
      } catch (error) {
        this.#options.log.error({ err: error, position: event.position }, 'an event could not be handed to readers');
      }
    }
  }

  #drainHeld(): void {
    let next = this.#held.get(this.#mark.position + 1);
    while (next) {
      this.#deliver(next.events, next.rows);
      next = this.#held.get(this.#mark.position + 1);
    }
    for (const [first, batch] of this.#held) {
      const last = batch.events.at(-1) as LogEvent;
      if (last.position <= this.#mark.position) this.#held.delete(first);
    }
    if (this.#held.size > 0) this.#armReorder();
  }

  async #repair(): Promise<void> {
    try {
      const head = await this.#options.readHead();
      this.#known = Math.max(this.#known, head.position);
      while (!this.#isStopped && this.#mark.position < head.position) {
        const range = { after: this.#mark.position, upTo: head.position, limit: REPAIR_PAGE };
        const events = await this.#options.readRange(range);
        if (events.length === 0) break;
        this.#deliver(events, null);
      }
      this.#drainHeld();
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the log could not be read for a repair; it is tried again');
    }
  }

  #armReorder(): void {
    this.#reorderTimer ??= setTimeout(() => {
      this.#reorderTimer = null;
      if (this.#held.size > 0) void this.repair();
    }, this.#options.reorderMs ?? 25);
  }

  #armCompare(): void {
    this.#compareTimer = setTimeout(() => {
      void this.repair().finally(() => {
        if (!this.#isStopped) this.#armCompare();
      });
    }, this.#options.compareMs ?? 1_000);
    this.#compareTimer.unref();
  }
}
