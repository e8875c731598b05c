/**
 * Who types where: leases with a time to live. Best effort and ephemeral: a node that dies loses its leases, and they
 * end by themselves after their time. Nothing here is ever in the log.
 */
export interface Typing {
  /** Takes or renews the lease; ends by itself after typingTtlMs. */
  start(roomId: string, userId: string): void;
  /** Gives the lease back, also when none is held. */
  stop(roomId: string, userId: string): void;
  /** Who types now, in order of starting. */
  current(roomId: string): readonly string[];
  /** Calls back after each change of `current(roomId)`, with the new value. Returns the way to stop listening. */
  watch(roomId: string, onChange: (userIds: readonly string[]) => void): () => void;
  readonly size: { readonly leases: number; readonly watchers: number };
}

/** A lease ends by itself after this time without renewal. */
export const typingTtlMs = 6_000;

/** Clients that go on typing call again after this time: half the lease, so that one lost call shows nothing. */
export const typingRepeatAfterMs = 3_000;
