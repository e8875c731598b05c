import { type Presence, presenceTimes, type Typing, typingTtlMs } from './contract.ts';
import { Leases } from './leases.ts';
import { OwnPeople } from './own-people.ts';
import { People } from './people.ts';

/** Leases of a single node. */
export function createMemoryTyping(options: { readonly ttlMs?: number } = {}): Typing {
  const ttlMs = options.ttlMs ?? typingTtlMs;
  const leases = new Leases();
  return {
    start: (roomId, userId) => leases.take(roomId, userId, ttlMs, true),
    stop: (roomId, userId) => leases.end(roomId, userId),
    current: (roomId) => leases.current(roomId),
    watch: (roomId, onChange) => leases.watch(roomId, onChange),
    get size() {
      return leases.size;
    },
  };
}

/** The people of a single node. */
export function createMemoryPresence(options: { readonly graceMs?: number } = {}): Presence & { close(): void } {
  const people = new People();
  const own = new OwnPeople({
    graceMs: options.graceMs ?? presenceTimes.graceMs,
    onCame: (userId) => people.add('own', userId),
    onLeft: (userId) => people.delete('own', userId),
  });
  return {
    come: (userId) => own.come(userId),
    leave: (userId) => own.leave(userId),
    isOnline: (userId) => people.isOnline(userId),
    online: () => people.online(),
    watch: (onChange) => people.watch(onChange),
    get size() {
      return people.size;
    },
    close: () => own.close(),
  };
}
