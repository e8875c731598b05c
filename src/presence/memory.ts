import { type Typing, typingTtlMs } from './contract.ts';

interface Room {
  readonly leases: Map<string, NodeJS.Timeout>;
  readonly watchers: Set<(userIds: readonly string[]) => void>;
}

/** Leases of a single node. */
export function createMemoryTyping(options: { readonly ttlMs?: number } = {}): Typing {
  const ttlMs = options.ttlMs ?? typingTtlMs;
  const rooms = new Map<string, Room>();

  const roomOf = (roomId: string): Room => {
    const room = rooms.get(roomId) ?? { leases: new Map(), watchers: new Set() };
    rooms.set(roomId, room);
    return room;
  };
  const forgetEmpty = (roomId: string, room: Room): void => {
    if (room.leases.size === 0 && room.watchers.size === 0) rooms.delete(roomId);
  };
  const tell = (room: Room): void => {
    const userIds = [...room.leases.keys()];
    for (const watcher of room.watchers) watcher(userIds);
  };
  const end = (roomId: string, userId: string): void => {
    const room = rooms.get(roomId);
    const timer = room?.leases.get(userId);
    if (!room || !timer) return;
    clearTimeout(timer);
    room.leases.delete(userId);
    tell(room);
    forgetEmpty(roomId, room);
  };
  const sum = (count: (room: Room) => number) => [...rooms.values()].reduce((total, room) => total + count(room), 0);

  return {
    start(roomId, userId) {
      const room = roomOf(roomId);
      const held = room.leases.get(userId);
      if (held) {
        held.refresh();
        return;
      }
      room.leases.set(userId, setTimeout(() => end(roomId, userId), ttlMs).unref());
      tell(room);
    },
    stop: end,
    current: (roomId) => [...(rooms.get(roomId)?.leases.keys() ?? [])],
    watch(roomId, onChange) {
      const room = roomOf(roomId);
      room.watchers.add(onChange);
      return () => {
        room.watchers.delete(onChange);
        forgetEmpty(roomId, room);
      };
    },
    get size() {
      return { leases: sum((room) => room.leases.size), watchers: sum((room) => room.watchers.size) };
    },
  };
}
