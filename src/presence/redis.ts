import type { RedisLink } from '../bus/redis-link.ts';
import { type Typing, typingTtlMs } from './contract.ts';
import { Leases } from './leases.ts';

/**
 * Leases of several nodes. Each node knows them all: one that takes, renews or ends a lease tells the others, and a node
 * that comes, or comes back, asks. Nothing is kept in Redis, so that one that is full or read-only does no harm, and
 * nothing is left over: timers end the leases on every node. With Redis away a node goes on with what it knows.
 */
type Note =
  | { readonly kind: 'held'; readonly leases: readonly Held[] }
  | { readonly kind: 'ended'; readonly roomId: string; readonly userId: string }
  /** Asks every node for the leases that were taken there. */
  | { readonly kind: 'asked' };

/** Room, person, and what is left of the time, in ms. */
type Held = readonly [roomId: string, userId: string, ms: number];

const TOPIC = 'typing';
/** Leases in one answer: about 40 KB. */
const ANSWER_LEASES = 400;

export interface RedisTypingOptions {
  readonly link: RedisLink;
  readonly ttlMs?: number;
}

/** Resolves when leases of other nodes come in, or when it is known that they cannot now. */
export async function startRedisTyping(options: RedisTypingOptions): Promise<Typing & { close(): void }> {
  const { link, ttlMs = typingTtlMs } = options;
  const leases = new Leases();

  const say = (note: Note): void => link.publish(TOPIC, () => JSON.stringify(note));

  function answer(): void {
    const held = Array.from(
      leases.own(),
      ([roomId, userId]): Held => [roomId, userId, Math.ceil(leases.remainingMs(roomId, userId))],
    );
    for (let start = 0; start < held.length; start += ANSWER_LEASES) {
      say({ kind: 'held', leases: held.slice(start, start + ANSWER_LEASES) });
    }
  }

  function hear(payload: string): boolean {
    const note = JSON.parse(payload) as Note;
    switch (note.kind) {
      case 'held':
        for (const [roomId, userId, ms] of note.leases) {
          if (ms > leases.remainingMs(roomId, userId)) leases.take(roomId, userId, Math.min(ms, ttlMs), false);
        }
        return true;
      case 'ended':
        leases.end(note.roomId, note.userId);
        return true;
      case 'asked':
        answer();
        return true;
      default:
        return false;
    }
  }

  const unsubscribe = await link.subscribe(TOPIC, hear);
  const ask = () => say({ kind: 'asked' });
  const stopAsking = link.onUp(() => {
    ask();
    answer();
  });
  ask();

  return {
    start(roomId, userId) {
      leases.take(roomId, userId, ttlMs, true);
      say({ kind: 'held', leases: [[roomId, userId, ttlMs]] });
    },
    stop(roomId, userId) {
      leases.end(roomId, userId);
      say({ kind: 'ended', roomId, userId });
    },
    current: (roomId) => leases.current(roomId),
    watch: (roomId, onChange) => leases.watch(roomId, onChange),
    get size() {
      return leases.size;
    },
    close() {
      unsubscribe();
      stopAsking();
    },
  };
}
