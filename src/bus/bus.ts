import type { CommittedBatch } from '../log/event.ts';
import type { Position } from '../log/position.ts';

/**
 * News of commits, from node to nodes. Best effort: a batch may be lost, repeated or late, and batches of different
 * nodes may change places. The log is the truth; a reader of the bus repairs what is missing from there. Publishing
 * never throws and never waits.
 */
export interface Bus extends AsyncDisposable {
  publish(batch: CommittedBatch): void;
  /**
   * Hands over the batches of all nodes, this one's too, those in the turn of their publishing. Resolves when they come
   * in, or when it is known that they cannot now: they will by themselves. Gives the way to stop.
   */
  subscribe(listener: BusListener): Promise<() => void>;
}

/** Neither may throw. */
export interface BusListener {
  onBatch(batch: CommittedBatch): void;
  /** The log has come this far, and its newest batch is too large for the bus: it is to be read from the log. */
  onPosition(position: Position): void;
}

/** How it stands with what carries the news; it never decides what is delivered, only how soon. */
export interface BusHealth {
  readonly state: 'starting' | 'up' | 'down' | 'closed';
  readonly since: Date;
  /** Why it is down; null when it is not. */
  readonly reason: string | null;
}
