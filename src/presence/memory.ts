import { type Typing, typingTtlMs } from './contract.ts';
import { Leases } from './leases.ts';

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
