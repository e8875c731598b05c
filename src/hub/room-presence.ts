import type { Position } from '../log/position.ts';
import type { MembershipChange } from '../log/span.ts';
import type { StreamItem } from './contract.ts';
import type { RoomStates } from './state-stream.ts';
import { Turns } from './turns.ts';
import { type PresenceSource, type RoomMembersSource, WatchedRoom } from './watched-room.ts';

export interface RoomPresenceOptions {
  readonly presence: PresenceSource;
  readonly members: RoomMembersSource;
  readonly reportRetry: (error: unknown) => void;
}

/** As many as a stream shows by name. */
const SHOWN_PEOPLE = 100;
/** Who comes and goes within this time is looked up in the watched rooms in one go. */
const GATHER_MS = 250;
/** One frame a second per room and group, however many come and go. */
const SPACING_MS = 1_000;
const READ_TURNS = 2;

/** Who is online in the rooms that are watched on this node; nothing is kept or read of others. */
export class RoomPresence implements RoomStates {
  readonly spacingMs = SPACING_MS;
  readonly #options: RoomPresenceOptions;
  readonly #rooms = new Map<string, { readonly room: WatchedRoom; readonly watchers: Set<() => void> }>();
  readonly #turns = new Turns(READ_TURNS);
  readonly #changed = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #stopListening: (() => void) | null = null;

  constructor(options: RoomPresenceOptions) {
    this.#options = options;
  }

  /** Rooms that are watched. */
  get size(): number {
    return this.#rooms.size;
  }

  current(roomId: string): StreamItem | null {
    const online = this.#rooms.get(roomId)?.room.online;
    if (!online) return null;
    return { kind: 'presence', roomId, userIds: smallest(online, SHOWN_PEOPLE), count: online.size };
  }

  watch(roomId: string, onChange: () => void): () => void {
    const watched = this.#rooms.get(roomId) ?? this.#begin(roomId);
    const watcher = () => onChange();
    watched.watchers.add(watcher);
    return () => {
      watched.watchers.delete(watcher);
      if (watched.watchers.size > 0 || this.#rooms.get(roomId) !== watched) return;
      watched.room.close();
      this.#rooms.delete(roomId);
      if (this.#rooms.size === 0) this.#rest();
    };
  }

  /** In the order of the log. */
  apply(change: MembershipChange, position: Position): void {
    this.#rooms.get(change.roomId)?.room.apply(change, position);
  }

  #begin(roomId: string) {
    this.#stopListening ??= this.#options.presence.watch((userId) => this.#gather(userId));
    const watchers = new Set<() => void>();
    const room = new WatchedRoom({
      ...this.#options,
      roomId,
      inTurn: (work) => this.#turns.take(work),
      onChange: () => {
        for (const watcher of watchers) watcher();
      },
    });
    const watched = { room, watchers };
    this.#rooms.set(roomId, watched);
    return watched;
  }

  #gather(userId: string): void {
    this.#changed.add(userId);
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      const changed = new Set(this.#changed);
      this.#changed.clear();
      for (const { room } of this.#rooms.values()) room.refresh(changed);
    }, GATHER_MS).unref();
  }

  #rest(): void {
    this.#stopListening?.();
    this.#stopListening = null;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#changed.clear();
  }
}

/** The smallest ones, in order: ids of people are in the order of their making. */
export function smallest(ids: Iterable<string>, count: number): string[] {
  const found: string[] = [];
  for (const id of ids) {
    if (found.length === count && id >= (found.at(-1) as string)) continue;
    let at = found.length;
    while (at > 0 && id < (found[at - 1] as string)) at -= 1;
    found.splice(at, 0, id);
    if (found.length > count) found.pop();
  }
  return found;
}
