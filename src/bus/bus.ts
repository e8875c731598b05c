import type { CommittedBatch } from '../log/event.ts';

/**
 * News of commits, from node to nodes. Best effort: a batch may be lost, repeated or late, and batches of different
 * nodes may change places. The log is the truth; a reader of the bus repairs what is missing from there. Publishing
 * never throws and never waits.
 */
export interface Bus extends AsyncDisposable {
  publish(batch: CommittedBatch): void;
  /** Calls back with the batches of all nodes, this one's too. Resolves when they come in; gives the way to stop. */
  subscribe(onBatch: (batch: CommittedBatch) => void): Promise<() => void>;
}
