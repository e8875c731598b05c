/** Time and chance as the SDK sees them; tests bring their own. */
export interface Clock {
  /** Milliseconds since some moment. Never goes back. */
  now(): number;
  /** Calls back once after `ms` milliseconds; returns the way to prevent it. */
  later(ms: number, callback: () => void): () => void;
}

export const realClock: Clock = {
  now: () => performance.now(),
  later(ms, callback) {
    const timeout = setTimeout(callback, ms);
    return () => clearTimeout(timeout);
  },
};

const shortestRetryMs = 100;
const firstRetryMs = 500;
export const longestRetryMs = 15_000;

/**
 * Milliseconds before the next try after `failures` (from 0) in a row: anywhere between 0.1 s and a ceiling that doubles from 0.5 s
 * to 15 s, so that clients which lost the same server do not return together. `atLeastMs` is what the server asked for.
 */
export function retryDelayMs(failures: number, random: () => number = Math.random, atLeastMs = 0): number {
  const ceiling = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(failures, 16));
  return Math.max(shortestRetryMs, atLeastMs + random() * ceiling);
}
