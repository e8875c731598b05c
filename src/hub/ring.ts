import type { LogEvent } from '../log/event.ts';
import type { Position } from '../log/position.ts';
import type { EventRows } from './contract.ts';

/** An event of the recent past with what groups made of it: one execution per group, however many read it. */
export interface RingEntry {
  readonly event: LogEvent;
  rows: EventRows | null;
  /** By group key; read and filled through `Ring.payloadOf`. Null: none was made. */
  payloads: Map<string, Promise<string>> | null;
  /** Sum of the payloads' lengths, in UTF-16 code units. */
  payloadLength: number;
}

export interface RingOptions {
  /** Events that the ring holds. 4,096: some seconds of a busy node, minutes of a quiet one. */
  readonly capacity?: number;
  /** Sum of what payloads may take, in UTF-16 code units; the oldest are forgotten first. 32 Mi: 64 MB at most. */
  readonly payloadLimit?: number;
  /** What the event shows and later events may change. */
  readonly subjectsOf: (event: LogEvent) => readonly string[];
  /** The subject that earlier events show otherwise from this event on; null: none. */
  readonly changedSubjectOf: (event: LogEvent) => string | null;
}

/** The newest events, gapless, in memory. Never shows what was changed or deleted as it was before. */
export class Ring {
  readonly #options: RingOptions;
  readonly #capacity: number;
  readonly #payloadLimit: number;
  #payloadLength = 0;
  /** Entries at or before this position have no payloads. */
  #payloadsAfter: Position;
  /** An entry lies at the remainder of its position by the capacity: without gaps, no two of those that are kept share a slot. */
  readonly #slots: (RingEntry | undefined)[];
  /** Of the events from `#subjectsFrom` on. Most subjects are shown by one event, the one that made them. */
  #bySubject = new Map<string, Position | Position[]>();
  /**
   * Of as many events before those as the ring holds. They go all at once: to take out the subjects of each event that leaves, it
   * would have to be fetched into the cache again.
   */
  #earlierBySubject = new Map<string, Position | Position[]>();
  #subjectsFrom: Position;
  /** Events after this position are all here. */
  #after: Position;
  #last: Position;

  constructor(start: Position, options: RingOptions) {
    this.#options = options;
    this.#capacity = options.capacity ?? 4_096;
    this.#payloadLimit = options.payloadLimit ?? 32 * 2 ** 20;
    this.#slots = new Array(this.#capacity);
    this.#payloadsAfter = start;
    this.#after = start;
    this.#last = start;
    this.#subjectsFrom = start + 1;
  }

  /** True when every event after the position is in the ring. */
  holdsAfter(position: Position): boolean {
    return position >= this.#after;
  }

  get(position: Position): RingEntry | undefined {
    return position > this.#after && position <= this.#last ? this.#slots[position % this.#capacity] : undefined;
  }

  push(event: LogEvent, rows: EventRows | null): RingEntry {
    if (event.position !== this.#last + 1)
      throw new Error(`the ring is at ${this.#last}, not before ${event.position}`);
    const entry: RingEntry = { event, rows, payloads: null, payloadLength: 0 };
    this.#remember(event);
    if (this.#last - this.#after === this.#capacity) this.#dropOldest();
    this.#slots[event.position % this.#capacity] = entry;
    this.#last = event.position;
    return entry;
  }

  /** What the group made of the event: made by the first who asks, kept for the others while there is room. */
  payloadOf(entry: RingEntry, groupKey: string, make: () => Promise<string>): Promise<string> {
    const kept = entry.payloads?.get(groupKey);
    if (kept !== undefined) return kept;
    const payload = make();
    if (!this.#mayKeep(entry)) return payload;
    const payloads = entry.payloads ?? new Map<string, Promise<string>>();
    entry.payloads = payloads.set(groupKey, payload);
    payload.then(
      ({ length }) => {
        if (payloads.get(groupKey) !== payload) return;
        if (this.#mayKeep(entry)) this.#count(entry, length);
        else payloads.delete(groupKey);
      },
      () => {
        if (payloads.get(groupKey) === payload) payloads.delete(groupKey);
      },
    );
    return payload;
  }

  /** False of what has left, or had its payloads forgotten for want of room: what is kept there would never be forgotten again. */
  #mayKeep({ event }: RingEntry): boolean {
    return event.position > this.#payloadsAfter;
  }

  #count(entry: RingEntry, length: number): void {
    entry.payloadLength += length;
    this.#payloadLength += length;
    while (this.#payloadLength > this.#payloadLimit && this.#payloadsAfter < this.#last) {
      this.#payloadsAfter += 1;
      const oldest = this.get(this.#payloadsAfter);
      if (oldest) this.#forgetPayloads(oldest);
    }
  }

  #forgetPayloads(entry: RingEntry): void {
    this.#payloadLength -= entry.payloadLength;
    entry.payloadLength = 0;
    entry.payloads?.clear();
  }

  #remember(event: LogEvent): void {
    if (event.position === this.#subjectsFrom + this.#capacity) {
      this.#earlierBySubject = this.#bySubject;
      this.#bySubject = new Map();
      this.#subjectsFrom = event.position;
    }
    const changed = this.#options.changedSubjectOf(event);
    if (changed !== null) {
      for (const position of asList(this.#earlierBySubject.get(changed))) this.#forgetContent(position);
      for (const position of asList(this.#bySubject.get(changed))) this.#forgetContent(position);
    }
    for (const subject of this.#options.subjectsOf(event)) {
      const known = this.#bySubject.get(subject);
      if (known === undefined) this.#bySubject.set(subject, event.position);
      else if (typeof known === 'number') this.#bySubject.set(subject, [known, event.position]);
      else known.push(event.position);
    }
  }

  #forgetContent(position: Position): void {
    const entry = this.get(position);
    if (!entry) return;
    this.#forgetPayloads(entry);
    if (entry.rows !== null) this.#forgetRows(position, entry.rows);
  }

  /** Of all events that came with these rows: they are neighbours, and any of them may show any of the rows. */
  #forgetRows(position: Position, rows: EventRows): void {
    let at = position;
    while (this.get(at - 1)?.rows === rows) at -= 1;
    for (let entry = this.get(at); entry?.rows === rows; entry = this.get(at)) {
      entry.rows = null;
      at += 1;
    }
  }

  #dropOldest(): void {
    // It was last touched long ago, so it is left alone where no payload is kept. One that is still made finds that it may not be.
    const oldest = this.#payloadLength === 0 ? undefined : this.get(this.#after + 1);
    if (oldest) this.#forgetPayloads(oldest);
    this.#after += 1;
    this.#payloadsAfter = Math.max(this.#payloadsAfter, this.#after);
  }
}

function asList(positions: Position | Position[] = []): readonly Position[] {
  return typeof positions === 'number' ? [positions] : positions;
}
