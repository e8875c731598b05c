import type { Queryable, Statement } from '../db/queryable.ts';
import type { LogBatch } from './batch.ts';

/** What the log asks of whoever decides what is written. */
export interface LogRules<Command, Facts, Result> {
  /** Rooms that the commands may write events of, each once. */
  roomsOf(commands: readonly Command[]): readonly string[];
  /** All that the decisions need, read behind the lock. Statements asked for at once share its trip. */
  loadFacts(tx: Queryable, commands: readonly Command[]): Promise<Facts>;
  /** The same out of what was kept, where that is known; null: it has to be read. */
  recall(commands: readonly Command[]): Recalled<Facts> | null;
  /** May keep what was read for commands that are committed: as good as read again, until `forget`. */
  keep(commands: readonly Command[], facts: Facts): void;
  /** The log stands somewhere else. */
  forget(): void;
  /** Pure but for `facts` and `batch`, which take what an accepted command changes. Decides before it appends. */
  decide(command: Command, facts: Facts, batch: LogBatch): Result;
  /** What writes what the decisions changed, set-wise: all of it goes out together with the COMMIT. */
  effectsOf(facts: Facts): readonly Statement[];
  /** Rows that the batch touched, for the bus. */
  touchedRows(facts: Facts): Readonly<Record<string, unknown>>;
}

export interface Recalled<Facts> {
  readonly facts: Facts;
  /** What fails the transaction where the facts are others. */
  readonly proofs: readonly Statement[];
}
