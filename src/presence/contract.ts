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

/**
 * Who is here: a person is online from their first lasting connection on any node until a grace after the last one
 * closed. What a node says of its people is a lease that it renews; one that dies loses it, and its people go offline
 * when it ends. While nodes do not hear each other, each knows its own people. Best effort, never in the log.
 */
export interface Presence {
  /** The person has a lasting connection on this node. Idempotent. */
  come(userId: string): void;
  /** They have none on this node any more: their grace begins. */
  leave(userId: string): void;
  isOnline(userId: string): boolean;
  /** Everybody who is online, in no order. */
  online(): Iterable<string>;
  /** Calls back with whoever has come online or gone offline, after the change. Returns the way to stop listening. */
  watch(onChange: (userId: string) => void): () => void;
  readonly size: { readonly people: number; readonly nodes: number; readonly watchers: number };
}

export interface PresenceTimes {
  /** A lease that is not renewed ends after this time. */
  readonly ttlMs: number;
  readonly renewMs: number;
  /** Who comes back within this time, here or elsewhere, never was offline: a reload, a node that stops. */
  readonly graceMs: number;
  /** What changes within this time is told to other nodes in one go. */
  readonly gatherMs: number;
}

/** Two renewals may be lost before anybody is missed. */
export const presenceTimes: PresenceTimes = { ttlMs: 15_000, renewMs: 5_000, graceMs: 5_000, gatherMs: 200 };
