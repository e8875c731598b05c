import type { LogEvent } from '../log/event.ts';
import type { Mark, Position } from '../log/position.ts';
import {
  type EventRows,
  type OpenRequest,
  type Reader,
  type Sink,
  type StreamEnd,
  type StreamItem,
  type StreamStart,
  ViewerTouched,
} from './contract.ts';
import type { Coverage } from './coverage.ts';
import type { Delivered, Group, LiveMember } from './group.ts';
import type { Ring } from './ring.ts';
import type { Turns } from './turns.ts';

/**
 * One stream of the log: starting → paging → ring → live → closed, and from live back to ring or paging when its
 * connection is slow. Invariants: attached (live) only where its position is not behind the tail's, in the turn of the
 * comparison; what it wrote is in the order of the log; nothing is held aside for it, so a slow one costs no memory.
 */
export interface ReaderHost {
  readonly mark: Mark;
  readonly ring: Ring;
  readonly pageTurns: Turns;
  readonly settings: ReaderSettings;
  /** Null: the log was trimmed past `after`. */
  readPage(coverage: Coverage, after: Position, upTo: Position): Promise<ReadEvents | null>;
  /** `heldFrom`: those before it are no places to go on from, as the log was trimmed past them. */
  readNewest(coverage: Coverage, upTo: Position, count: number): Promise<ReadEvents & { heldFrom: Position }>;
  /** From now on live items come by `deliver`. */
  attach(reader: LogReader): void;
  detach(reader: LogReader): void;
  forget(reader: LogReader): void;
  reportRetry(error: unknown): void;
  now(): Date;
}

export interface ReadEvents {
  readonly events: readonly LogEvent[];
  readonly rows: EventRows;
}

export interface ReaderSettings {
  /** A live reader with more unsent than this reads on at its own pace. */
  readonly sendQueueHighBytes: number;
  /** Events of one page from the database. */
  readonly pageEvents: number;
  readonly retryMs: number;
}

type State = 'catchingUp' | 'live' | 'ending' | 'closed';

/** Ring entries that a reader looks at in one turn. */
const RING_SLICE = 256;

export class LogReader implements Reader, LiveMember {
  readonly coverage: Coverage;
  readonly viewerId: string;
  readonly group: Group;
  readonly #sink: Sink;
  readonly #host: ReaderHost;
  readonly #start: StreamStart;
  readonly #executeAlone: OpenRequest['executeAlone'];
  #state: State = 'catchingUp';
  /** Everything covered up to here was written. */
  #read: Mark = { position: 0, tag: 0 };
  /** False until all is written that comes before the stream goes on from its start. */
  #hasBegun = false;
  #pendingEnd: StreamEnd | null = null;
  #wasToldCaughtUp = false;

  constructor(
    parts: { coverage: Coverage; viewerId: string; group: Group } & Pick<
      OpenRequest,
      'sink' | 'start' | 'executeAlone'
    >,
    host: ReaderHost,
  ) {
    this.coverage = parts.coverage;
    this.viewerId = parts.viewerId;
    this.group = parts.group;
    this.#sink = parts.sink;
    this.#start = parts.start;
    this.#executeAlone = parts.executeAlone;
    this.#host = host;
  }

  get isLive(): boolean {
    return this.#state === 'live';
  }

  /** Begins to read. */
  start(): void {
    this.#inBackground(async () => {
      await this.#untilEntitled();
      await this.#begin();
      await this.#catchUp();
    });
  }

  deliver(run: readonly Delivered[]): void {
    if (this.#state !== 'live' && this.#state !== 'ending') return;
    const [first] = run;
    const unread = first && this.#hasRead(first) ? run.filter((delivered) => !this.#hasRead(delivered)) : run;
    const last = unread.at(-1);
    if (!last) return;
    this.#sink.write(unread);
    if (last.mark) this.#read = last.mark;
    if (last.item.kind === 'end') this.close();
    if (this.#state === 'live' && this.#sink.unsentBytes > this.#host.settings.sendQueueHighBytes) this.#leaveLive();
  }

  miss(item: StreamItem): void {
    if (this.#state === 'ending') this.close();
    if (this.#state !== 'live' || item.kind === 'end') return;
    // What the group could not execute, a checkpoint too, the reader executes by itself before it is live again.
    if (item.kind === 'checkpoint') this.#wasToldCaughtUp = false;
    this.#leaveLive();
  }

  #hasRead({ item, position }: Delivered): boolean {
    switch (item.kind) {
      case 'end':
        return false;
      case 'event':
        return position <= this.#read.position;
      default:
        return position < this.#read.position;
    }
  }

  #leaveLive(): void {
    this.#state = 'catchingUp';
    this.#host.detach(this);
    this.#inBackground(() => this.#catchUp());
  }

  end(end: StreamEnd): void {
    if (this.#state === 'closed' || this.#state === 'ending') return;
    if (this.#state === 'catchingUp') {
      this.#pendingEnd ??= end;
      return;
    }
    this.#state = 'ending';
    this.#host.detach(this);
    const item: StreamItem = { kind: 'end', mark: this.#place, at: this.#host.now(), end };
    this.group.enqueue({ item, position: item.mark.position, payload: this.#execute(item), members: [this] });
  }

  /** Where a stream is that has all up to the tail: there, or further where its start was ahead of the tail. */
  get #place(): Mark {
    const { mark } = this.#host;
    return mark.position < this.#read.position ? this.#read : mark;
  }

  close(): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'live') this.#host.detach(this);
    this.#state = 'closed';
    this.#host.forget(this);
    this.#sink.closed();
  }

  /** Rights are used only where the tail has reached the position that they were loaded at. */
  async #untilEntitled(): Promise<void> {
    const { entitlement } = this.coverage;
    if (!entitlement) return;
    await entitlement.loaded;
    while (!this.#isClosed() && (entitlement.position ?? 0) > this.#host.mark.position) await pause(5);
  }

  /** Says where the stream begins, and the newest messages where they were asked for. */
  async #begin(): Promise<void> {
    const start = this.#start;
    const now = this.#host.mark;
    const mark = start.kind === 'after' ? start.mark : now;
    this.#read = mark;
    const isReadable = this.coverage.isReadable();
    const hasNewest = start.kind === 'last' && isReadable;
    const newest = hasNewest ? await this.#readNewest(mark.position, start.count) : noNewest;
    const isCaughtUp = isReadable && newest.events.length === 0 && mark.position >= now.position;
    // Whoever came back to this checkpoint would not see the newest messages that come behind it.
    const isStart = newest.events.length === 0;
    await this.#retrying(() => this.#writeCheckpoint(mark, isCaughtUp, isStart));
    for (const event of newest.events) {
      if (this.#pendingEnd) return;
      const isStart = event.position >= newest.heldFrom;
      await this.#retrying(() => this.#writeEvent(event, newest.rows, isStart));
      this.#read = event;
    }
    this.#read = mark;
    this.#hasBegun = true;
  }

  async #readNewest(upTo: Position, count: number): Promise<typeof noNewest> {
    let found = noNewest;
    await this.#retrying(async () => {
      found = await this.#inTurn(() => this.#host.readNewest(this.coverage, upTo, count), noNewest);
    });
    return found;
  }

  async #catchUp(): Promise<void> {
    while (this.#state === 'catchingUp') {
      await this.#untilDrained();
      if (this.#isClosed()) return;
      if (!this.#pendingEnd && !this.coverage.isReadable()) this.#pendingEnd = noLongerReadable;
      if (this.#pendingEnd) return await this.#writeEnd(this.#pendingEnd);
      if (this.#read.position >= this.#host.mark.position) {
        if (!this.#wasToldCaughtUp) {
          await this.#retrying(() => this.#writeCheckpoint(this.#place, true, true));
          continue;
        }
        this.#state = 'live';
        this.#host.attach(this);
        return;
      }
      const isInRing = this.#host.ring.holdsAfter(this.#read.position);
      await this.#retrying(() => (isInRing ? this.#readRing() : this.#readPage()));
    }
  }

  async #readRing(): Promise<void> {
    const upTo = Math.min(this.#host.mark.position, this.#read.position + RING_SLICE);
    for (let position = this.#read.position + 1; position <= upTo; position++) {
      const entry = this.#host.ring.get(position);
      if (!entry) return;
      if (this.coverage.covers(entry.event)) {
        const payload = await this.#payloadOf(entry.event, entry.rows);
        if (this.#isClosed() || this.#pendingEnd) return;
        this.#sink.write([{ payload, mark: entry.event }]);
        this.#read = entry.event;
        if (this.#sink.unsentBytes > this.#host.settings.sendQueueHighBytes) return;
      }
      this.#read = entry.event;
    }
  }

  async #readPage(): Promise<void> {
    const upTo = this.#host.mark;
    const { pageEvents } = this.#host.settings;
    const page = await this.#inTurn(
      () => this.#host.readPage(this.coverage, this.#read.position, upTo.position),
      noEvents,
    );
    if (page === null) {
      this.#pendingEnd ??= trimmedPast;
      return;
    }
    for (const event of page.events) {
      if (this.#isClosed() || this.#pendingEnd) return;
      await this.#writeEvent(event, page.rows);
      this.#read = event;
      // The rows of the page would grow old while the connection drains: it is read anew then.
      if (this.#sink.unsentBytes > this.#host.settings.sendQueueHighBytes) return;
    }
    if (page.events.length < pageEvents && this.#read.position < upTo.position) this.#read = upTo;
  }

  /** Reads from the database when it is its turn; who has gone meanwhile needs nothing. */
  #inTurn<Found>(read: () => Promise<Found>, nothing: Found): Promise<Found> {
    return this.#host.pageTurns.take(async () => (this.#isClosed() ? nothing : read()));
  }

  async #writeEvent(event: LogEvent, rows: EventRows, isStart = true): Promise<void> {
    const payload = await this.#payloadOf(event, rows);
    if (!this.#isClosed()) this.#sink.write([{ payload, mark: isStart ? event : null }]);
  }

  async #payloadOf(event: LogEvent, rows: EventRows | null): Promise<string> {
    const entry = this.#host.ring.get(event.position);
    const item: StreamItem = { kind: 'event', event, rows };
    return this.#execute(item, entry && (() => this.group.payloadOf(entry)));
  }

  /** By the group; alone, where the group's shared execution asked for a viewer. */
  async #execute(item: StreamItem, shared = () => this.group.execute(item)): Promise<string> {
    try {
      return await shared();
    } catch (error) {
      if (error instanceof ViewerTouched) return this.#executeAlone(item);
      throw error;
    }
  }

  /** `isStart`: a stream that starts after the mark misses nothing of this one. */
  async #writeCheckpoint(mark: Mark, isCaughtUp: boolean, isStart: boolean): Promise<void> {
    const payload = await this.#execute({ kind: 'checkpoint', mark, at: this.#host.now(), isCaughtUp });
    if (this.#isClosed()) return;
    this.#sink.write([{ payload, mark: isStart ? mark : null }]);
    this.#wasToldCaughtUp ||= isCaughtUp;
  }

  async #writeEnd(end: StreamEnd): Promise<void> {
    this.#state = 'ending';
    try {
      // The place that was read, not the tail's: what lies between the two has not been delivered.
      const mark = this.#read;
      const payload = await this.#execute({ kind: 'end', mark, at: this.#host.now(), end });
      this.#sink.write([{ payload, mark: this.#hasBegun ? mark : null }]);
    } catch (error) {
      this.#host.reportRetry(error);
    }
    this.close();
  }

  #untilDrained(): Promise<void> {
    if (this.#sink.unsentBytes <= this.#host.settings.sendQueueHighBytes) return Promise.resolve();
    return new Promise((resolve) => this.#sink.onceDrained(resolve));
  }

  #inBackground(work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      this.#host.reportRetry(error);
      this.close();
    });
  }

  /** A database that fails delays a stream, never ends it. */
  async #retrying(work: () => Promise<void>): Promise<void> {
    for (let tries = 0; !this.#isClosed(); tries++) {
      try {
        return await work();
      } catch (error) {
        this.#host.reportRetry(error);
        await pause(this.#host.settings.retryMs * Math.min(2 ** tries, 8));
      }
    }
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }
}

const noEvents: ReadEvents = { events: [], rows: {} };
const noNewest: ReadEvents & { heldFrom: Position } = { ...noEvents, heldFrom: 0 };

const noLongerReadable: StreamEnd = {
  code: 'NO_LONGER_READABLE',
  message: 'you may no longer read this room',
};

const trimmedPast: StreamEnd = {
  code: 'CURSOR_EXPIRED',
  message: 'the log was trimmed past the place that this stream had come to: load state anew and go on from its asOf',
};

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
