import type { Bus } from '../bus/bus.ts';
import type { LogEvent } from '../log/event.ts';
import type { Place } from '../log/head.ts';
import type { Mark, Position } from '../log/position.ts';
import type { PageScope } from '../log/read.ts';
import type { MembershipChange, MembershipSnapshot } from '../log/span.ts';
import { Fault } from '../observe/fault.ts';
import type { Log } from '../observe/log.ts';
import type { EventRows, Hub, OpenRequest, Reader, StreamItem } from './contract.ts';
import { coverageOf } from './coverage.ts';
import { Entitlements } from './entitlement.ts';
import { Groups } from './groups.ts';
import { LiveIndex } from './live-index.ts';
import { LogReader, type ReaderHost } from './reader.ts';
import { Ring, type RingEntry } from './ring.ts';
import { RoomPresence } from './room-presence.ts';
import { type RoomStates, StateChannel, type StateHost, StateReader } from './state-stream.ts';
import { type LogTail, Tail, type TailOptions } from './tail.ts';
import { Turns } from './turns.ts';
import type { PresenceSource, RoomMembersSource } from './watched-room.ts';

/** All that the hub is given: it knows the log and the bus, and of chat only what these say. */
export interface HubOptions {
  readonly bus: Bus;
  readonly source: LogSource;
  readonly typing: TypingSource;
  readonly presence: PresenceSource;
  readonly roomMembers: RoomMembersSource;
  readonly loadMembership: (viewerId: string) => Promise<MembershipSnapshot>;
  /** Rows that the events of a page are about, read after it in one go. */
  readonly loadRows: (events: readonly LogEvent[]) => Promise<EventRows>;
  readonly membershipChangeOf: (event: LogEvent) => MembershipChange | null;
  /** What an event shows (a room, a message), so that its change is shown in what the ring keeps. */
  readonly subjectsOf: (event: LogEvent) => readonly string[];
  /** The subject that the event changes; null: none. */
  readonly changedSubjectOf: (event: LogEvent) => string | null;
  /** Told of each event right after its recipients were chosen and before the next one is looked at. Must not throw. */
  readonly onHandedOut: (event: LogEvent) => void;
  /** Kinds that a stream of a room's messages has. */
  readonly messageKinds: readonly string[];
  /** What follows the log; absent: a Tail. */
  readonly newTail?: (start: Mark, options: TailOptions) => LogTail;
  readonly log: Log;
  readonly clock: () => number;
  readonly settings: HubSettings;
}

/** What the hub is given of typing. */
export interface TypingSource {
  current(roomId: string): readonly string[];
  watch(roomId: string, onChange: () => void): () => void;
}

export interface LogSource {
  readHead(): Promise<Mark>;
  readPlace(position: Position): Promise<Place>;
  readRange(range: { after: Position; upTo: Position; limit: number }): Promise<LogEvent[]>;
  readPage(range: { after: Position; upTo: Position; limit: number }, scope: PageScope): Promise<LogEvent[]>;
  /** The newest messages of a room as they were sent, oldest first; those that the log no longer holds too. */
  readNewest(wanted: { roomId: string; upTo: Position; count: number }): Promise<LogEvent[]>;
}

export interface HubSettings {
  readonly sendQueueHighBytes: number;
  readonly checkpointIntervalMs: number;
}

/** 200 events a page and 4 pages at a time: a returning crowd leaves the pool to queries and the committer. */
const PAGE_EVENTS = 200;
const PAGE_TURNS = 4;
const RETRY_MS = 100;

export interface RunningHub extends Hub {
  /** A bell says that the log has come this far: what the bus does not bring soon is read from there. */
  hear(position: Position): void;
  /** When events were last read from the log because the bus had not brought them; null: never. */
  readonly repairedAt: Date | null;
  /** Resolves when the log went back below this node, which then can serve no stream: it must start anew. */
  readonly lost: Promise<Error>;
  /** Rooms of which it is followed who is online. */
  readonly presenceRooms: number;
  stop(): Promise<void>;
}

export async function startHub(options: HubOptions): Promise<RunningHub> {
  const { bus, source, log, clock, settings, messageKinds } = options;
  const head = await source.readHead();
  const ring = new Ring(head.position, options);
  const entitlements = new Entitlements({ loadMembership: options.loadMembership, log });
  const index = new LiveIndex();
  const groups = new Groups({ ring, log });
  const channels = new Map<string, StateChannel>();
  const logReaders = new Set<LogReader>();
  const stateReaders = new Set<StateReader>();
  const typing: RoomStates = {
    current: (roomId) => ({ kind: 'typing', roomId, userIds: options.typing.current(roomId) }),
    watch: (roomId, onChange) => options.typing.watch(roomId, onChange),
    spacingMs: 0,
  };
  const presence = new RoomPresence({
    presence: options.presence,
    members: options.roomMembers,
    reportRetry: (error) => log.warn({ err: error }, 'members of a room could not be read; again'),
  });
  let isStopped = false;

  let lose: (error: Error) => void = () => undefined;
  const lost = new Promise<Error>((resolve) => {
    lose = resolve;
  });

  const newTail = options.newTail ?? ((start, rest) => new Tail(start, rest));
  const tail = newTail(head, {
    onWentBack: ({ position }) =>
      lose(new Error(`the log no longer has what stood at position ${position}: was a backup restored? Start again.`)),
    onTrimmedPast: ({ position }) =>
      lose(new Error(`the log was trimmed past position ${position}, which this node had come to: start again.`)),
    readPlace: (position) => source.readPlace(position),
    readRange: (range) => source.readRange(range),
    loadRows: async (events) => (logReaders.size > 0 ? options.loadRows(events) : null),
    log,
    onEvent(event, rows) {
      const entry = ring.push(event, rows);
      try {
        handOut(entry);
      } catch (error) {
        log.error({ err: error, position: event.position }, 'an event could not be handed out; streams read it again');
        for (const [, members] of index.all())
          for (const member of members) member.miss({ kind: 'event', event, rows });
      }
      options.onHandedOut(event);
    },
  });

  function handOut(entry: RingEntry): void {
    const { event, rows } = entry;
    const change = options.membershipChangeOf(event);
    if (change) takeRights(change, event.position);
    for (const [group, members] of index.recipientsOf(event)) {
      const item: StreamItem = { kind: 'event', event, rows };
      group.enqueue({ item, position: event.position, payload: group.payloadOf(entry), members });
    }
    if (change?.change === 'left') endUnreadable(change.userId);
    if (change) presence.apply(change, event.position);
  }

  /** Before the recipients are chosen: who joins is one of them, who leaves is not. */
  function takeRights(change: MembershipChange, position: Position): void {
    entitlements.get(change.userId)?.apply(change, position);
    for (const reader of index.readersOf(change.userId)) index.refresh(reader);
  }

  /** In the turn of the event that says so. Who is still loading their rights finds out by themselves. */
  function endUnreadable(userId: string): void {
    const gone = { code: 'NO_LONGER_READABLE', message: 'you may no longer read this room' } as const;
    const entitlement = entitlements.get(userId);
    if (!entitlement || entitlement.position === null) return;
    for (const reader of logReaders) {
      if (reader.coverage.entitlement === entitlement && !reader.coverage.isReadable()) reader.end(gone);
    }
    for (const reader of stateReaders) {
      if (reader.entitlement === entitlement && !entitlement.isMember(reader.roomId)) reader.end(gone);
    }
  }

  const host: ReaderHost = {
    get mark() {
      return tail.mark;
    },
    ring,
    pageTurns: new Turns(PAGE_TURNS),
    settings: { sendQueueHighBytes: settings.sendQueueHighBytes, pageEvents: PAGE_EVENTS, retryMs: RETRY_MS },
    async readPage(coverage, after, upTo) {
      const events = await source.readPage({ after, upTo, limit: PAGE_EVENTS }, coverage.scope());
      // Read after the page: what is gone by then may have been missing in it.
      if ((await tail.confirm()) > after) return null;
      return { events, rows: await options.loadRows(events) };
    },
    async readNewest(coverage, upTo, count) {
      const [roomId] = coverage.liveRooms();
      if (roomId === undefined) return { events: [], rows: {}, heldFrom: 0 };
      const events = await source.readNewest({ roomId, upTo, count });
      const heldFrom = await tail.confirm();
      return { events, rows: await options.loadRows(events), heldFrom };
    },
    attach: (reader) => index.add(reader),
    detach: (reader) => index.delete(reader),
    forget(reader) {
      logReaders.delete(reader);
      groups.leave(reader.group, reader.viewerId);
      if (reader.coverage.entitlement) entitlements.release(reader.coverage.entitlement);
    },
    reportRetry: (error) => log.warn({ err: error }, 'a stream could not be read; it is tried again'),
    now: () => new Date(clock()),
  };

  const stateHost: StateHost = {
    get mark() {
      return tail.mark;
    },
    sendQueueHighBytes: settings.sendQueueHighBytes,
    forget(reader) {
      stateReaders.delete(reader);
      groups.leave(reader.group, reader.viewerId);
      if (reader.entitlement) entitlements.release(reader.entitlement);
      if (reader.group.members === 0) channels.delete(reader.group.key);
    },
    report: (error) => log.warn({ err: error }, 'a state could not be shown'),
    now: () => new Date(clock()),
  };

  function contradicts({ position, tag }: Mark): boolean {
    const known = position === tail.mark.position ? tail.mark : ring.get(position)?.event;
    return known !== undefined && known.tag !== tag;
  }

  function open(request: OpenRequest): Reader {
    if (isStopped) throw new Fault('UNAVAILABLE', 'this node is stopping');
    const { source: wanted, sink, start } = request;
    // The log holds the mark: then what was delivered here is of a history that was replaced.
    if (start.kind === 'after' && contradicts(start.mark)) {
      void tail.confirm().catch(() => undefined);
      throw new Fault('UNAVAILABLE', 'this node follows a log that was replaced, and stops');
    }
    const { viewerId } = wanted;
    const group = groups.join(request.group, viewerId);
    const acquire = () => entitlements.acquire(viewerId);
    if (wanted.kind === 'typing' || wanted.kind === 'presence') {
      const { roomId } = wanted;
      const states = wanted.kind === 'typing' ? typing : presence;
      const entitlement = wanted.isPrivate ? acquire() : null;
      const channel = channels.get(group.key) ?? new StateChannel({ roomId, group, states }, stateHost);
      channels.set(group.key, channel);
      const reader = new StateReader({ roomId, viewerId, group, entitlement, sink, channel }, stateHost);
      stateReaders.add(reader);
      reader.start();
      return reader;
    }
    const coverage = coverageOf(wanted, messageKinds, acquire);
    const { executeAlone } = request;
    const reader = new LogReader({ coverage, viewerId, group, sink, start, executeAlone }, host);
    logReaders.add(reader);
    reader.start();
    return reader;
  }

  /** Keeps the cursors of quiet streams young: one execution per group. */
  function writeCheckpoints(): void {
    const { mark } = tail;
    for (const [group, members] of index.all()) {
      const item: StreamItem = { kind: 'checkpoint', mark, at: host.now(), isCaughtUp: true };
      group.enqueue({ item, position: mark.position, payload: group.execute(item), members });
    }
  }

  const checkpoints = setInterval(writeCheckpoints, settings.checkpointIntervalMs);
  checkpoints.unref();
  const unsubscribe = await bus.subscribe({
    onBatch: (batch) => tail.receive(batch),
    onPosition: (position) => tail.hear(position),
  });
  await tail.repair();

  return {
    open,
    get mark() {
      return tail.mark;
    },
    get size() {
      return { readers: logReaders.size + stateReaders.size, groups: groups.size, entitlements: entitlements.size };
    },
    hear: (position) => tail.hear(position),
    get repairedAt() {
      return tail.repairedAt;
    },
    lost,
    get presenceRooms() {
      return presence.size;
    },
    async stop() {
      isStopped = true;
      clearInterval(checkpoints);
      unsubscribe();
      await tail.stop();
      for (const reader of [...logReaders, ...stateReaders]) reader.close();
    },
  };
}
