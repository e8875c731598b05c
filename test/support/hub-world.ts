import { createMemoryBus } from '../../src/bus/memory.ts';
import {
  type GroupSpec,
  markOfItem,
  type OpenRequest,
  type Outgoing,
  type Reader,
  type Sink,
  type StreamItem,
  type StreamStart,
} from '../../src/hub/contract.ts';
import { startHub } from '../../src/hub/hub.ts';
import type { PresenceSource, RoomMembersSource } from '../../src/hub/watched-room.ts';
import type { LogEvent } from '../../src/log/event.ts';
import type { Mark, Position } from '../../src/log/position.ts';
import type { PageScope } from '../../src/log/read.ts';
import type { MembershipSnapshot, MembershipSpan } from '../../src/log/span.ts';
import { silentLog } from '../../src/observe/log.ts';
import { logOf } from './log-array.ts';

/** A hub on an array as its log: what is appended is told to the hub by the bus, unless it is lost. */
export interface HubWorld extends AsyncDisposable {
  readonly hub: Awaited<ReturnType<typeof startHub>>;
  readonly log: readonly LogEvent[];
  /** Memberships, as a database would have them; changed by `append`. */
  readonly spans: (MembershipSpan & { userId: string })[];
  append(event: { kind: string; roomId: string; userId?: string }, isLost?: boolean): LogEvent;
  /** The bus brings an event, late or once more. */
  tell(event: LogEvent): void;
  /** From now on the log holds no event up to this position. */
  trim(position: Position): void;
  open(options: OpenOptions): { reader: Reader; sink: TestSink };
  /** Reads of memberships wait while this is set. */
  holdMembership: Promise<void> | null;
  /** How far the hub has come. */
  handedOut: Position;
  /** Reads of the newest events and of pages so far. */
  reads: number;
}

export interface OpenOptions {
  readonly source: OpenRequest['source'];
  readonly start?: StreamStart;
  /** Instead of `show`; absent: every item is shown at once. */
  readonly execute?: GroupSpec['execute'];
  readonly executeAlone?: OpenRequest['executeAlone'];
  readonly key?: string;
}

export const nobodyOnline: PresenceSource = { isOnline: () => false, online: () => [], watch: () => () => undefined };
export const noMembers: RoomMembersSource = {
  readSome: async () => ({ position: 0, userIds: [] }),
  readAmong: async () => ({ position: 0, userIds: [] }),
};

export const HIGH_BYTES = 200;

/** What an item is in the tests: its kind, place, and how it was executed. */
export function show(item: StreamItem, how = 'shared'): string {
  const position = markOfItem(item)?.position ?? 0;
  return `${item.kind} ${position} ${how}`;
}

/** A connection whose other end reads when it is told to. */
export class TestSink implements Sink {
  readonly written: string[] = [];
  isReading = true;
  unsentBytes = 0;
  /** Settles when the reader is closed. */
  readonly ended: Promise<void>;
  closed: () => void = () => undefined;
  #waiting: (() => void)[] = [];
  #watchers: (() => void)[] = [];

  constructor() {
    this.ended = new Promise((resolve) => {
      this.closed = resolve;
    });
  }

  write(run: readonly Outgoing[]): void {
    for (const { payload } of run) {
      this.written.push(payload);
      if (!this.isReading) this.unsentBytes += payload.length;
    }
    for (const wake of this.#watchers.splice(0)) wake();
  }

  onceDrained(callback: () => void): void {
    this.#waiting.push(callback);
    if (this.isReading) this.drain();
  }

  drain(): void {
    this.unsentBytes = 0;
    for (const callback of this.#waiting.splice(0)) queueMicrotask(callback);
  }

  get positions(): number[] {
    return this.written.filter((text) => text.startsWith('event')).map((text) => Number(text.split(' ')[1]));
  }

  async until(holds: (sink: TestSink) => boolean): Promise<void> {
    while (!holds(this)) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }
}

export async function startHubWorld(before = 0): Promise<HubWorld> {
  const log: LogEvent[] = [];
  const spans: HubWorld['spans'] = [];
  let trimmed: Mark = { position: 0, tag: 0 };
  const bus = createMemoryBus({ log: silentLog });
  const pagesOf = ({ after, upTo, limit }: { after: Position; upTo: Position; limit: number }) =>
    log.slice(Math.max(after, trimmed.position), upTo).slice(0, limit);
  const tell = (event: LogEvent) => bus.publish({ afterTag: (event.position - 1) * 10, events: [event], rows: {} });
  const append: HubWorld['append'] = ({ kind, roomId, userId = 'ann' }, isLost = false) => {
    const position = log.length + 1;
    const event: LogEvent = {
      position,
      tag: position * 10,
      audience: { kind: 'room', roomId },
      kind,
      body: { roomId, userId },
      actorId: userId,
      roomSeq: null,
      at: new Date(0),
    };
    log.push(event);
    const isPrivate = roomId.startsWith('private');
    const current = spans.findIndex((span) => span.userId === userId && span.roomId === roomId && !span.toPosition);
    if (kind === 'JOINED') spans.push({ userId, roomId, isPrivate, fromPosition: position, toPosition: null });
    const span = spans[current];
    if (kind === 'LEFT' && span) spans[current] = { ...span, toPosition: position };
    if (!isLost) tell(event);
    return event;
  };
  for (let count = 0; count < before; count++) append({ kind: 'SENT', roomId: 'red' }, true);

  const hub = await startHub({
    bus,
    source: {
      ...logOf(
        () => log,
        () => trimmed,
      ),
      readPage: async ({ after, upTo, limit }, scope) => {
        world.reads += 1;
        return pagesOf({ after, upTo, limit: log.length }).filter(isIn(scope)).slice(0, limit);
      },
      readNewest: async ({ roomId, upTo, count }) => {
        world.reads += 1;
        return log
          .slice(trimmed.position, upTo)
          .filter((event) => event.kind === 'SENT' && event.body.roomId === roomId)
          .slice(-count);
      },
    },
    typing: { current: () => [], watch: () => () => undefined },
    presence: nobodyOnline,
    roomMembers: noMembers,
    async loadMembership(viewerId): Promise<MembershipSnapshot> {
      const snapshot = { position: log.length, spans: spans.filter(({ userId }) => userId === viewerId) };
      await world.holdMembership;
      return snapshot;
    },
    loadRows: async () => ({}),
    membershipChangeOf({ kind, body }) {
      const [roomId, userId] = [String(body.roomId), String(body.userId)];
      if (kind === 'LEFT') return { change: 'left', userId, roomId };
      return kind === 'JOINED' ? { change: 'joined', userId, roomId, isPrivate: roomId.startsWith('private') } : null;
    },
    subjectsOf: () => [],
    changedSubjectOf: () => null,
    onHandedOut: ({ position }) => {
      world.handedOut = position;
    },
    messageKinds: ['SENT'],
    log: silentLog,
    clock: Date.now,
    settings: { sendQueueHighBytes: HIGH_BYTES, checkpointIntervalMs: 60_000 },
  });

  const world: HubWorld = {
    hub,
    log,
    spans,
    append,
    tell,
    trim(position) {
      trimmed = { position, tag: position * 10 };
    },
    holdMembership: null,
    handedOut: before,
    reads: 0,
    open({ source, start = { kind: 'now' }, execute = async (item) => show(item), executeAlone, key = 'group' }) {
      const sink = new TestSink();
      const reader = hub.open({
        source,
        start,
        sink,
        group: { key, execute },
        executeAlone: executeAlone ?? (async (item) => show(item, 'alone')),
      });
      return { reader, sink };
    },
    [Symbol.asyncDispose]: () => hub.stop(),
  };
  return world;
}

function isIn({ spans, kinds }: PageScope) {
  return ({ position, body, kind }: LogEvent) =>
    (kinds === null || kinds.includes(kind)) &&
    spans.some(({ roomId, from, to }) => roomId === body.roomId && from <= position && (to === null || position < to));
}
