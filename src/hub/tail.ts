import type { CommittedBatch, LogEvent } from '../log/event.ts';
import type { Place } from '../log/head.ts';
import type { Mark, Position } from '../log/position.ts';
import type { Log } from '../observe/log.ts';

/**
 * Follows the log on this node. in line → delivered; ahead, or heard of by a bell → waited for during reorderMs, then one
 * repair reads what is missing from the log. Invariant: `onEvent` sees every position once, in order, from the mark at
 * the start, and of one history: nothing goes behind an event but what was committed behind that event.
 */
export interface TailOptions {
  readonly readRange: (range: { after: Position; upTo: Position; limit: number }) => Promise<LogEvent[]>;
  /** Rows that repaired events are about, as they are now: spares a read per event. Null: none are needed. */
  readonly loadRows?: (events: readonly LogEvent[]) => Promise<CommittedBatch['rows']>;
  /** What the log has at a position, with how far it goes back and on. */
  readonly readPlace: (position: Position) => Promise<Place>;
  readonly onEvent: (event: LogEvent, rows: CommittedBatch['rows'] | null) => void;
  /**
   * The event that was delivered last is no longer in the log: a backup was restored below this node, or a standby took
   * over that lacked it. Positions mean other events now. Told once.
   */
  readonly onWentBack: (mark: Mark) => void;
  /** The log was trimmed past what was delivered last, while this node stood still: it cannot go on without a hole. Told once. */
  readonly onTrimmedPast: (mark: Mark) => void;
  readonly log: Log;
  /** 25 ms: batches out of line healed within 5 ms with 2 to 4 nodes. */
  readonly reorderMs?: number;
  /** The bell that no bus can lose: heads are compared about once a second. */
  readonly compareMs?: number;
}

/** What the hub asks of it. */
export type LogTail = Pick<Tail, keyof Tail>;

const REPAIR_PAGE = 200;
/** Batches that wait for one that is missing; more are left to the log. */
const HELD_BATCHES = 500;

export class Tail {
  readonly #options: TailOptions;
  readonly #held = new Map<Position, CommittedBatch>();
  #mark: Mark;
  /** As far as the log is heard to have come; a bell that lies is forgotten by the next repair. */
  #known: Position;
  #repairedAt: Date | null = null;
  #reorderTimer: NodeJS.Timeout | null = null;
  #compareTimer: NodeJS.Timeout | null = null;
  #repairing: Promise<void> | null = null;
  #isStopped = false;
  #isLost = false;

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

  /** When events were last read from the log because nothing else had brought them; null: never. */
  get repairedAt(): Date | null {
    return this.#repairedAt;
  }

  receive(batch: CommittedBatch): void {
    const last = batch.events.at(-1);
    if (this.#isStopped || !last || last.position <= this.#mark.position) return;
    const first = batch.events[0] as LogEvent;
    if (first.position > this.#mark.position + 1) {
      if (this.#held.size < HELD_BATCHES) this.#held.set(first.position, batch);
      this.hear(last.position);
      return;
    }
    this.#continue(batch);
    this.#drainHeld();
  }

  /** A bell says that the log has come this far: what does not come within reorderMs is read from there. */
  hear(position: Position): void {
    if (this.#isStopped || position <= this.#mark.position) return;
    this.#known = Math.max(this.#known, position);
    this.#armReorder();
  }

  /** Reads from the log whatever is after the mark, up to the head. One at a time. Never rejects. */
  repair(): Promise<void> {
    this.#repairing ??= this.#repair().then((isDone) => {
      this.#repairing = null;
      // After a failure the next bell tries again.
      if (isDone) this.#armReorder();
    });
    return this.#repairing;
  }

  /**
   * Rejects when the log no longer has what was delivered last: then what was just read from it may be of another
   * history than what readers have. Else tells how far the log was trimmed: what was read before is whole behind that.
   */
  async confirm(): Promise<Position> {
    const mark = this.#mark;
    const place = await this.#options.readPlace(mark.position);
    if (!this.#isStopped) this.#follows(place, mark);
    if (this.#isLost) throw new Error('this node follows a log that was replaced');
    return place.trimmed.position;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#reorderTimer) clearTimeout(this.#reorderTimer);
    if (this.#compareTimer) clearTimeout(this.#compareTimer);
    await this.#repairing;
  }

  /** A batch that begins at or before the next position. One of another history is left to the log, which decides. */
  #continue({ afterTag, events, rows }: CommittedBatch): void {
    const before = this.#mark.position - (events[0] as LogEvent).position;
    const tag = before < 0 ? afterTag : events[before]?.tag;
    if (tag === this.#mark.tag) this.#deliver(events, rows);
    else this.hear((events.at(-1) as LogEvent).position);
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
      this.#held.delete(this.#mark.position + 1);
      this.#continue(next);
      next = this.#held.get(this.#mark.position + 1);
    }
    for (const [first, batch] of this.#held) {
      const last = batch.events.at(-1) as LogEvent;
      if (last.position <= this.#mark.position) this.#held.delete(first);
    }
  }

  async #repair(): Promise<boolean> {
    const heard = this.#known;
    const before = this.#mark;
    const begunAt = performance.now();
    try {
      const place = await this.#options.readPlace(before.position);
      if (!this.#follows(place, before)) return false;
      const head = place.headPosition;
      while (!this.#isStopped && this.#mark.position < head) {
        const mark = this.#mark;
        // With the mark itself, so that one read tells whether what follows is its continuation.
        const range = { after: Math.max(0, mark.position - 1), upTo: head, limit: REPAIR_PAGE };
        const found = await this.#options.readRange(range);
        const [stored] = found;
        if (stored?.position === mark.position && stored.tag !== mark.tag) {
          this.#lose(mark, this.#options.onWentBack);
          return false;
        }
        const events = found.filter(({ position }) => position > mark.position);
        if ((events[0]?.position ?? head + 1) > this.#mark.position + 1) {
          this.#lose(mark, this.#options.onTrimmedPast);
          return false;
        }
        if (events.length === 0) continue;
        const rows = (await this.#options.loadRows?.(events)) ?? null;
        if ((events.at(-1) as LogEvent).position > this.#mark.position) this.#repairedAt = new Date();
        // A batch may have come meanwhile: behind that one these go only where they continue it.
        this.#continue({ afterTag: mark.tag, events, rows });
      }
      const events = this.#mark.position - before.position;
      const tookMs = Math.round(performance.now() - begunAt);
      this.#options.log.debug({ events, tookMs }, 'what no news had brought was read from the log');
      this.#drainHeld();
      // What was heard meanwhile stays known; what was heard before is there by now, or never was.
      if (this.#known === heard) this.#known = this.#mark.position;
      return true;
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the log could not be read for a repair; it is tried again');
      return false;
    }
  }

  /** Waits for what is known now, not for what others commit meanwhile: a busy bus is always a little behind. */
  #armReorder(): void {
    if (this.#isStopped || this.#reorderTimer || this.#repairing || this.#known <= this.#mark.position) return;
    const awaited = this.#known;
    const look = () => {
      this.#reorderTimer = null;
      if (this.#isStopped) return;
      if (this.#mark.position < awaited) void this.repair();
      else this.#armReorder();
    };
    // After a stall of the process the timer comes first, before what has waited in the sockets meanwhile.
    this.#reorderTimer = setTimeout(() => setImmediate(look), this.#options.reorderMs ?? 25);
  }

  #armCompare(): void {
    this.#compareTimer = setTimeout(() => {
      void this.#compare().finally(() => {
        if (!this.#isStopped) this.#armCompare();
      });
    }, this.#options.compareMs ?? 1_000);
    this.#compareTimer.unref();
  }

  async #compare(): Promise<void> {
    const mark = this.#mark;
    try {
      const place = await this.#options.readPlace(mark.position);
      if (this.#isStopped || !this.#follows(place, mark)) return;
      const untold = place.headPosition - Math.max(this.#known, this.#mark.position);
      if (untold > 0)
        this.#options.log.debug({ untold }, 'heads were compared before any news of the newest events came');
      this.hear(place.headPosition);
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the head of the log could not be read; it is tried again');
    }
  }

  #lose(mark: Mark, tell: (mark: Mark) => void): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#isStopped = true;
    tell(mark);
  }

  /**
   * Whether the log goes on behind the mark, by a place that was read after the mark was delivered: a log which only grows
   * has it, or has trimmed it away. Tells of a loss.
   */
  #follows(place: Place, mark: Mark): boolean {
    if (place.tag === mark.tag) return true;
    const { onTrimmedPast, onWentBack } = this.#options;
    const isTrimmed = place.tag === null && mark.position < place.trimmed.position;
    if (isTrimmed && this.#mark.position >= place.trimmed.position) return true;
    this.#lose(mark, isTrimmed ? onTrimmedPast : onWentBack);
    return false;
  }
}
