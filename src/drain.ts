/** How the time of a stop is shared out; all of it counts from the beginning of the stop. */
export interface DrainTimes {
  /** Of the transport, behind its delay; what is behind the transport stops after it, and before the exit. */
  readonly transportMs: number;
  /** Parley's own PostgreSQL is told to stop, though something in front of it should still wait. */
  readonly postgresFromMs: number;
  /** It is not waited for any longer: cut before, it recovers at the next start. */
  readonly postgresByMs: number;
  /** The process ends, whatever is left. */
  readonly exitMs: number;
}

/** Kept for a PostgreSQL of our own: it ends 50 sessions and writes a checkpoint. That takes it 0.1 to 0.3 s, under load 1 s. */
const POSTGRES_SHARE = 0.3;
const POSTGRES_LONGEST_MS = 5_000;
/** Kept for the exit itself: timers of a process that gets little of its processor were seen to be 0.3 s late. */
const EXIT_SHARE = 0.1;
/** The exit itself was seen to take 70 to 100 ms, with a late timer 230; beside a PostgreSQL of our own a short stop has less to spare. */
const EXIT_SHORTEST_MS = 250;
const EXIT_SHORTEST_BESIDE_POSTGRES_MS = 50;
const EXIT_LONGEST_MS = 500;
/**
 * Of the time up to the exit, for the parts that stop behind the transport; they have what the transport leaves of its own time
 * as well (a tenth: CUT_AT in transport/server.ts), and beside a PostgreSQL of our own that alone. They were seen to take 10 to 100 ms.
 */
const PARTS_SHARE = 0.1;
const PARTS_LONGEST_MS = 300;

/** Promise D3 of docs/protocol.md. */
export function shareDrain(options: {
  readonly drainDelayMs: number;
  readonly drainMs: number;
  readonly hasOwnPostgres: boolean;
}): DrainTimes {
  const { drainDelayMs, drainMs, hasOwnPostgres } = options;
  const postgresMs = hasOwnPostgres ? Math.min(drainMs * POSTGRES_SHARE, POSTGRES_LONGEST_MS) : 0;
  const shortestMs = hasOwnPostgres ? EXIT_SHORTEST_BESIDE_POSTGRES_MS : EXIT_SHORTEST_MS;
  const lastMs = Math.min(Math.max(drainMs * EXIT_SHARE, shortestMs), EXIT_LONGEST_MS);
  const toExitMs = drainMs - lastMs;
  const partsMs = Math.min(toExitMs * PARTS_SHARE, PARTS_LONGEST_MS);
  const endMs = drainDelayMs + drainMs;
  return {
    transportMs: hasOwnPostgres ? drainMs - postgresMs : toExitMs - partsMs,
    postgresFromMs: endMs - postgresMs,
    postgresByMs: endMs - 2 * lastMs,
    exitMs: endMs - lastMs,
  };
}
