import type { Mark } from '../log/position.ts';
import type { Reader, Sink, StreamEnd, StreamItem } from './contract.ts';
import type { Entitlement } from './entitlement.ts';
import type { Group } from './group.ts';

/** What the hub is given of presence. */
export interface TypingSource {
  current(roomId: string): readonly string[];
  watch(roomId: string, onChange: (userIds: readonly string[]) => void): () => void;
}

export interface TypingHost {
  readonly mark: Mark;
  readonly typing: TypingSource;
  readonly sendQueueHighBytes: number;
  forget(reader: TypingReader): void;
  report(error: unknown): void;
  now(): Date;
}

/** A state that could not be shown (the database is away) is tried again after this time. */
const RETRY_MS = 1_000;

/**
 * A stream of a state: the current one, then each change. A slow reader skips states, never the newest one. One
 * execution per group and state: the payload of the newest is kept by the group's channel.
 */
export class TypingReader implements Reader {
  readonly ended: Promise<void>;
  readonly roomId: string;
  readonly viewerId: string;
  readonly group: Group;
  readonly entitlement: Entitlement | null;
  readonly #channel: TypingChannel;
  readonly #sink: Sink;
  readonly #host: TypingHost;
  #markEnded: () => void = () => undefined;
  #isClosed = false;
  #isEnding = false;
  #isWaiting = false;

  constructor(
    parts: Pick<TypingReader, 'roomId' | 'viewerId' | 'group' | 'entitlement'> & {
      sink: Sink;
      channel: TypingChannel;
    },
    host: TypingHost,
  ) {
    this.roomId = parts.roomId;
    this.viewerId = parts.viewerId;
    this.group = parts.group;
    this.entitlement = parts.entitlement;
    this.#sink = parts.sink;
    this.#channel = parts.channel;
    this.#host = host;
    this.ended = new Promise((resolve) => {
      this.#markEnded = resolve;
    });
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
      this.#sink.write(payload, null);
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
        if (!this.#isClosed) this.#sink.write(payload, null);
      })
      .catch((error: unknown) => this.#host.report(error))
      .finally(() => this.close());
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#channel.leave(this);
    this.#host.forget(this);
    this.#markEnded();
  }
}

/** The state of one room as one group shows it. Watches presence while it has readers. */
export class TypingChannel {
  readonly #roomId: string;
  readonly #group: Group;
  readonly #host: TypingHost;
  readonly #readers = new Set<TypingReader>();
  #stopWatching: (() => void) | null = null;
  #isExecuting = false;
  #isStale = false;
  /** Payload of the newest state; null until it was executed. */
  newest: string | null = null;

  constructor(roomId: string, group: Group, host: TypingHost) {
    this.#roomId = roomId;
    this.#group = group;
    this.#host = host;
  }

  join(reader: TypingReader): void {
    this.#readers.add(reader);
    if (this.#stopWatching && this.newest !== null && !this.#isExecuting) {
      reader.write(this.newest);
      return;
    }
    this.#stopWatching ??= this.#host.typing.watch(this.#roomId, () => this.#show());
    this.#show();
  }

  leave(reader: TypingReader): void {
    this.#readers.delete(reader);
    if (this.#readers.size > 0) return;
    this.#stopWatching?.();
    this.#stopWatching = null;
    this.newest = null;
  }

  #show(): void {
    this.#isStale = true;
    if (this.#isExecuting) return;
    this.#isExecuting = true;
    this.#execute().catch((error: unknown) => {
      this.#host.report(error);
      setTimeout(() => this.#readers.size > 0 && this.#show(), RETRY_MS).unref();
    });
  }

  async #execute(): Promise<void> {
    try {
      while (this.#isStale && this.#readers.size > 0) {
        this.#isStale = false;
        const userIds = this.#host.typing.current(this.#roomId);
        const payload = await this.#group.execute({ kind: 'typing', roomId: this.#roomId, userIds });
        this.newest = payload;
        for (const reader of this.#readers) reader.write(payload);
      }
    } finally {
      // In the turn of the last look at isStale: a change between the two would be lost.
      this.#isExecuting = false;
    }
  }
}
