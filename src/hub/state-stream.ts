import type { Mark } from '../log/position.ts';
import type { Reader, Sink, StreamEnd, StreamItem } from './contract.ts';
import type { Entitlement } from './entitlement.ts';
import type { Group } from './group.ts';

/** A state that rooms have, and that streams show. */
export interface RoomStates {
  /** The newest one; null while it is not known: `watch` tells when it is. */
  current(roomId: string): StreamItem | null;
  /** Calls back after each change. Returns the way to stop. */
  watch(roomId: string, onChange: () => void): () => void;
  /** Changes that come sooner after one another are shown together. */
  readonly spacingMs: number;
}

export interface StateHost {
  readonly mark: Mark;
  readonly sendQueueHighBytes: number;
  forget(reader: StateReader): void;
  report(error: unknown): void;
  now(): Date;
}

/** A state that could not be shown (the database is away) is tried again after this time. */
const RETRY_MS = 1_000;

/**
 * A stream of a state: the current one, then each change. A slow reader skips states, never the newest one. One
 * execution per group and state: the payload of the newest is kept by the group's channel.
 */
export class StateReader implements Reader {
  readonly roomId: string;
  readonly viewerId: string;
  readonly group: Group;
  readonly entitlement: Entitlement | null;
  readonly #channel: StateChannel;
  readonly #sink: Sink;
  readonly #host: StateHost;
  #isClosed = false;
  #isEnding = false;
  #isWaiting = false;

  constructor(
    parts: Pick<StateReader, 'roomId' | 'viewerId' | 'group' | 'entitlement'> & {
      sink: Sink;
      channel: StateChannel;
    },
    host: StateHost,
  ) {
    this.roomId = parts.roomId;
    this.viewerId = parts.viewerId;
    this.group = parts.group;
    this.entitlement = parts.entitlement;
    this.#sink = parts.sink;
    this.#channel = parts.channel;
    this.#host = host;
  }

  /** Begins to read. */
  start(): void {
    const loaded = this.entitlement?.loaded ?? Promise.resolve();
    loaded.then(() => this.#join()).catch((error: unknown) => this.#host.report(error));
  }

  #join(): void {
    if (this.#isClosed) return;
    if (!this.entitlement || this.entitlement.isMember(this.roomId)) this.#channel.join(this);
    else this.end({ code: 'NO_LONGER_READABLE', message: 'you may no longer read this room' });
  }

  /** Writes the newest state; later, and then the newest of that time, when the connection is slow. */
  write(payload: string): void {
    if (this.#isClosed || this.#isEnding || this.#isWaiting) return;
    if (this.#sink.unsentBytes <= this.#host.sendQueueHighBytes) {
      this.#sink.write([{ payload, mark: null }]);
      return;
    }
    this.#isWaiting = true;
    this.#sink.onceDrained(() => {
      this.#isWaiting = false;
      if (this.#channel.newest !== null) this.write(this.#channel.newest);
    });
  }

  end(end: StreamEnd): void {
    if (this.#isClosed || this.#isEnding) return;
    // No state of the room after the position that takes the right to see it, while the end is being made.
    this.#isEnding = true;
    const item: StreamItem = { kind: 'end', mark: this.#host.mark, at: this.#host.now(), end };
    this.group
      .execute(item)
      .then((payload) => {
        if (!this.#isClosed) this.#sink.write([{ payload, mark: null }]);
      })
      .catch((error: unknown) => this.#host.report(error))
      .finally(() => this.close());
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#channel.leave(this);
    this.#host.forget(this);
    this.#sink.closed();
  }
}

/**
 * The state of one room as one group shows it. Watches it while it has readers.
 * fresh (`newest` is the state) → stale → executing → fresh; stale waits where the last execution is too short ago.
 */
export class StateChannel {
  readonly #roomId: string;
  readonly #group: Group;
  readonly #states: RoomStates;
  readonly #host: StateHost;
  readonly #readers = new Set<StateReader>();
  #stopWatching: (() => void) | null = null;
  #isExecuting = false;
  #isStale = true;
  #timer: NodeJS.Timeout | null = null;
  /** By `performance.now()`. */
  #executedAtMs = Number.NEGATIVE_INFINITY;
  /** Payload of the newest state; null until it was executed. */
  newest: string | null = null;

  constructor(parts: { roomId: string; group: Group; states: RoomStates }, host: StateHost) {
    this.#roomId = parts.roomId;
    this.#group = parts.group;
    this.#states = parts.states;
    this.#host = host;
  }

  join(reader: StateReader): void {
    this.#readers.add(reader);
    this.#stopWatching ??= this.#states.watch(this.#roomId, () => {
      this.#isStale = true;
      this.#show();
    });
    // While it is stale there is nothing true to show: the reader gets the next state with all others.
    if (this.newest !== null && !this.#isStale && !this.#isExecuting) reader.write(this.newest);
    else this.#show();
  }

  leave(reader: StateReader): void {
    this.#readers.delete(reader);
    if (this.#readers.size > 0) return;
    this.#stopWatching?.();
    this.#stopWatching = null;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#isStale = true;
    this.newest = null;
  }

  #show(): void {
    if (!this.#isStale || this.#isExecuting || this.#timer || this.#readers.size === 0) return;
    const waitMs = this.#executedAtMs + this.#states.spacingMs - performance.now();
    if (waitMs > 0) this.#showAfter(waitMs);
    else this.#execute();
  }

  #showAfter(waitMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#execute();
    }, waitMs).unref();
  }

  #execute(): void {
    const state = this.#states.current(this.#roomId);
    if (state === null) return;
    this.#isExecuting = true;
    this.#isStale = false;
    this.#executedAtMs = performance.now();
    this.#group
      .execute(state)
      .then(
        (payload) => {
          this.#isExecuting = false;
          if (this.#readers.size === 0) return;
          this.newest = payload;
          for (const reader of this.#readers) reader.write(payload);
        },
        (error: unknown) => {
          this.#isExecuting = false;
          this.#isStale = true;
          this.#host.report(error);
          if (this.#readers.size > 0 && !this.#timer) this.#showAfter(RETRY_MS);
        },
      )
      .then(() => this.#show())
      .catch((error: unknown) => this.#host.report(error));
  }
}
