import type { LogEvent } from '../log/event.ts';
import type { Mark } from '../log/position.ts';
import { unreachable } from '../observe/unreachable.ts';

export type { Mark };

/**
 * The hub: delivers the log to readers. Promise: a reader that starts after a position gets every event after it that
 * its entitlement covers, once, in the order of the log, until it is closed or told its end. Memory is bounded per
 * reader: a slow one reads on from the log at its own pace. A lost bus message costs a delay, never an event.
 */
export interface Hub {
  /** Opens a reader. Items go to the sink, never before this returns. Throws Fault when the hub has stopped. */
  open(request: OpenRequest): Reader;
  /** Mark up to which events were handed to live readers. */
  readonly mark: Mark;
  readonly size: { readonly readers: number; readonly groups: number; readonly entitlements: number };
}

export interface OpenRequest {
  readonly source: StreamSource;
  readonly start: StreamStart;
  readonly group: GroupSpec;
  /** Executes for this viewer alone, where the group's shared execution asked for a viewer. */
  readonly executeAlone: (item: StreamItem) => Promise<string>;
  readonly sink: Sink;
}

/** Why a stream ended, as told to the reader in its last item. */
export type EndCode = 'NO_LONGER_READABLE' | 'SIGNED_OUT' | 'TOKEN_REPLACED' | 'CURSOR_EXPIRED' | 'SERVER_STOPPING';

export interface StreamEnd {
  readonly code: EndCode;
  readonly message: string;
}

export interface Reader {
  /** Takes the reader out at once; nothing is written after it. Idempotent. */
  close(): void;
  /** Says the end as the last item, then closes. */
  end(end: StreamEnd): void;
}

/** What a stream reads. */
export type StreamSource =
  /** A room's message events, for whoever may read the room now. */
  | { readonly kind: 'room'; readonly roomId: string; readonly viewerId: string; readonly isPrivate: boolean }
  /** All that the viewer is entitled to, within spans of membership. */
  | { readonly kind: 'viewer'; readonly viewerId: string; readonly filter: EventFilter }
  /** A state of a room, not a log: who is typing there, or which of its members are online. */
  | {
      readonly kind: 'typing' | 'presence';
      readonly roomId: string;
      readonly viewerId: string;
      readonly isPrivate: boolean;
    };

export interface EventFilter {
  /** Rooms to which the stream is limited; null: all of the viewer's. */
  readonly roomIds: readonly string[] | null;
  /** Those of roomIds that are public: covered whole, member or not. */
  readonly publicRoomIds: readonly string[];
  readonly actorIds: readonly string[] | null;
  readonly kinds: readonly string[] | null;
}

export type StreamStart =
  /** After a verified mark. */
  | { readonly kind: 'after'; readonly mark: Mark }
  /** From now, after the newest `count` messages of the room as SENT. */
  | { readonly kind: 'last'; readonly count: number }
  | { readonly kind: 'now' };

/** What one execution is about: the root value of the subscription field. */
export type StreamItem =
  | { readonly kind: 'event'; readonly event: LogEvent; readonly rows: EventRows | null }
  | { readonly kind: 'checkpoint'; readonly mark: Mark; readonly at: Date; readonly isCaughtUp: boolean }
  | { readonly kind: 'typing'; readonly roomId: string; readonly userIds: readonly string[] }
  /** The first of those who are online, and how many there are. */
  | { readonly kind: 'presence'; readonly roomId: string; readonly userIds: readonly string[]; readonly count: number }
  | { readonly kind: 'end'; readonly mark: Mark; readonly at: Date; readonly end: StreamEnd };

/** The place in the log at which an item stands; null: a state, which has none. */
export function markOfItem(item: StreamItem): Mark | null {
  switch (item.kind) {
    case 'event':
      return item.event;
    case 'checkpoint':
    case 'end':
      return item.mark;
    case 'typing':
    case 'presence':
      return null;
    default:
      return unreachable(item);
  }
}

/** Rows that the commit touched, as the bus brought them: spares reads, means nothing. Opaque to the hub. */
export type EventRows = Readonly<Record<string, unknown>>;

/** What a shared execution rejects with when it asks who the viewer is: the item is then executed per viewer. */
export class ViewerTouched extends Error {
  constructor() {
    super('a shared execution asked for the viewer');
    this.name = 'ViewerTouched';
  }
}

/** Subscriptions of one group share document, operation, coerced variables and viewer scope. */
export interface GroupSpec {
  readonly key: string;
  /**
   * True where one viewer's execution may reach beyond what the event is about (a room's newest messages): such payloads
   * are not kept, since no later event tells that they are out of date. Absent: false.
   */
  readonly isPerViewer?: boolean;
  /**
   * Executes the document for one item; gives the execution result as JSON. Rejects when it could not be executed now
   * (the database is away): the item is then tried again, never skipped.
   */
  execute(item: StreamItem): Promise<string>;
}

/** A payload (the JSON of an execution result) as it goes out. */
export interface Outgoing {
  readonly payload: string;
  /** A stream that starts after it misses nothing that comes behind the payload; null: it is no place to start from. */
  readonly mark: Mark | null;
}

/** One member's writer on its socket or stream. */
export interface Sink {
  /** Queues payloads behind all that was queued before. What is made of them is made once where it is the same array. */
  write(run: readonly Outgoing[]): void;
  /** Bytes queued on the whole connection and not yet taken by the kernel. */
  readonly unsentBytes: number;
  /** Calls back once, when unsentBytes is at or under the low mark, or the connection has closed. */
  onceDrained(callback: () => void): void;
  /** The reader is closed, by itself after its last item, or by `close`: nothing is written any more. Told once. */
  closed(): void;
}
