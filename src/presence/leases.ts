interface Lease {
  readonly timer: NodeJS.Timeout;
  /** By `performance.now()`. */
  readonly endsAt: number;
  /** Taken on this node, not heard of. */
  readonly isOwn: boolean;
}

interface Room {
  readonly leases: Map<string, Lease>;
  readonly watchers: Set<(userIds: readonly string[]) => void>;
}

/** The leases that one node knows of, who watches them, and the timers that end them. */
export class Leases {
  readonly #rooms = new Map<string, Room>();

  /** Takes the lease, or renews it, for a time from now. */
  take(roomId: string, userId: string, ttlMs: number, isOwn: boolean): void {
    const room = this.#roomOf(roomId);
    const held = room.leases.get(userId);
    if (held) clearTimeout(held.timer);
    const timer = setTimeout(() => this.end(roomId, userId), ttlMs).unref();
    room.leases.set(userId, { timer, endsAt: performance.now() + ttlMs, isOwn });
    if (!held) this.#tell(room);
  }

  end(roomId: string, userId: string): void {
    const room = this.#rooms.get(roomId);
    const lease = room?.leases.get(userId);
    if (!room || !lease) return;
    clearTimeout(lease.timer);
    room.leases.delete(userId);
    this.#tell(room);
    this.#forgetEmpty(roomId, room);
  }

  /** In order of taking. */
  current(roomId: string): readonly string[] {
    return [...(this.#rooms.get(roomId)?.leases.keys() ?? [])];
  }

  /** What is left of a lease, in ms; 0: none is held. */
  remainingMs(roomId: string, userId: string): number {
    const lease = this.#rooms.get(roomId)?.leases.get(userId);
    return lease ? Math.max(0, lease.endsAt - performance.now()) : 0;
  }

  /** Those taken on this node. */
  *own(): Generator<readonly [roomId: string, userId: string]> {
    for (const [roomId, { leases }] of this.#rooms) {
      for (const [userId, { isOwn }] of leases) if (isOwn) yield [roomId, userId];
    }
  }

  watch(roomId: string, onChange: (userIds: readonly string[]) => void): () => void {
    const room = this.#roomOf(roomId);
    room.watchers.add(onChange);
    return () => {
      room.watchers.delete(onChange);
      this.#forgetEmpty(roomId, room);
    };
  }

  get size(): { readonly leases: number; readonly watchers: number } {
    const rooms = [...this.#rooms.values()];
    return {
      leases: rooms.reduce((sum, room) => sum + room.leases.size, 0),
      watchers: rooms.reduce((sum, room) => sum + room.watchers.size, 0),
    };
  }

  #roomOf(roomId: string): Room {
    const room = this.#rooms.get(roomId) ?? { leases: new Map(), watchers: new Set() };
    this.#rooms.set(roomId, room);
    return room;
  }

  #forgetEmpty(roomId: string, room: Room): void {
    if (room.leases.size === 0 && room.watchers.size === 0) this.#rooms.delete(roomId);
  }

  #tell(room: Room): void {
    const userIds = [...room.leases.keys()];
    for (const watcher of room.watchers) watcher(userIds);
  }
}
