import type pg from 'pg';
import { beginning } from '../db/connection.ts';
import { classifyDatabaseError } from '../db/database-error.ts';
import type { Queryable } from '../db/queryable.ts';
import { clientQueryable } from '../db/snapshot.ts';
import { Fault } from '../observe/fault.ts';
import type { Log } from '../observe/log.ts';
import { LogBatch } from './batch.ts';
import type { CommittedBatch } from './event.ts';
import type { Tag } from './position.ts';

/**
 * Group commit: commands that arrive while a transaction is in flight go together into the next one.
 * queued → locked → facts read → decided → written → committed → acknowledged. A refusal is decided before anything is
 * written, so it touches nobody else. Promises W1 to W4 of docs/protocol.md.
 */
export interface CommitterOptions<Command, Facts, Result> {
  /** Connections for commits alone: one is used at a time. Its lock and idle timeouts are about a second. */
  readonly pool: pg.Pool;
  readonly rules: LogRules<Command, Facts, Result>;
  /** Told of each committed batch before its commands are acknowledged. Must not throw. */
  readonly onCommitted: (batch: CommittedBatch) => void;
  readonly log: Log;
  readonly clock: () => number;
  readonly randomTag: () => Tag;
  readonly limits?: Partial<CommitterLimits>;
}

export interface CommitterLimits {
  /** Commands of one transaction. */
  readonly batchCommands: number;
  /** Commands that wait at most; one more is refused as UNAVAILABLE. */
  readonly queueCommands: number;
  /** Time after which a command that could not be settled is given up as UNAVAILABLE. */
  readonly settleMs: number;
  /** Time that PostgreSQL may take for one statement of a commit before its connection is given up. */
  readonly responseMs: number;
}

export interface LogRules<Command, Facts, Result> {
  /** Rooms that the command may write events of. */
  roomsOf(command: Command): readonly string[];
  /** All that the decisions need, read after the lock. */
  loadFacts(tx: Queryable, commands: readonly Command[]): Promise<Facts>;
  /** Pure but for `facts` and `batch`, which take what an accepted command changes. Decides before it appends. */
  decide(command: Command, facts: Facts, batch: LogBatch): Result;
  /** Writes what the decisions changed, set-wise. */
  writeEffects(tx: Queryable, facts: Facts): Promise<void>;
  /** Rows that the batch touched, for the bus. */
  touchedRows(facts: Facts): Readonly<Record<string, unknown>>;
}

interface Entry<Command, Result> {
  readonly command: Command;
  readonly deadline: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

type Attempt<Result> =
  | { readonly kind: 'committed'; readonly results: readonly Result[]; readonly batch: CommittedBatch }
  /** Nothing was written. */
  | { readonly kind: 'failed'; readonly error: unknown }
  /** It failed while PostgreSQL may have been committing. */
  | {
      readonly kind: 'unknown';
      readonly error: unknown;
      readonly results: readonly Result[];
      readonly batch: CommittedBatch;
    };

/** 0x7061726c6579: «parley». The one lock that orders all writes of the log, on every node. */
export const APPEND_LOCK = '123589158561145';

const defaults: CommitterLimits = { batchCommands: 500, queueCommands: 20_000, settleMs: 10_000, responseMs: 5_000 };

export class Committer<Command, Facts, Result> {
  readonly #options: CommitterOptions<Command, Facts, Result>;
  readonly #limits: CommitterLimits;
  #queue: Entry<Command, Result>[] = [];
  #running: Promise<void> | null = null;
  #stopped = false;

  constructor(options: CommitterOptions<Command, Facts, Result>) {
    this.#options = options;
    this.#limits = { ...defaults, ...options.limits };
  }

  /** Resolves when the decision is durable. Throws UNAVAILABLE with `details.outcome` NOT_DONE or UNKNOWN, or the command's own failure. */
  submit(command: Command): Promise<Result> {
    if (this.#stopped) return Promise.reject(unavailable('NOT_DONE', 'this node is stopping'));
    if (this.#queue.length >= this.#limits.queueCommands) {
      return Promise.reject(unavailable('NOT_DONE', 'more writes are waiting than this node can take'));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ command, deadline: this.#options.clock() + this.#limits.settleMs, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Refuses new commands and waits until those that were taken are settled. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    // Commands of the same turn share the first transaction too.
    await new Promise(setImmediate);
    while (this.#queue.length > 0) {
      const entries = this.#takeInTime();
      try {
        await this.#settle(entries);
      } catch (error) {
        for (const entry of entries) entry.reject(error);
      }
    }
    this.#running = null;
  }

  /** The next batch, less what waited behind others until its time was over: that is given up without a try. */
  #takeInTime(): readonly Entry<Command, Result>[] {
    const taken = this.#queue.splice(0, this.#limits.batchCommands);
    const now = this.#options.clock();
    const late = taken.filter(({ deadline }) => deadline <= now);
    if (late.length > 0) rejectAll(late, unavailable('NOT_DONE', 'the writes before it took too long'));
    return taken.filter(({ deadline }) => deadline > now);
  }

  async #settle(entries: readonly Entry<Command, Result>[]): Promise<void> {
    if (entries.length === 0) return;
    for (let tries = 0; ; tries++) {
      const attempt = await this.#resolveDoubt(entries, await this.#attempt(entries));
      if (attempt.kind === 'committed') {
        if (attempt.batch.events.length > 0) this.#options.onCommitted(attempt.batch);
        for (const [index, entry] of entries.entries()) entry.resolve(attempt.results[index] as Result);
        return;
      }
      if (attempt.kind === 'unknown') {
        return rejectAll(entries, unavailable('UNKNOWN', 'the database failed while it committed', attempt.error));
      }
      const failure = classifyDatabaseError(attempt.error);
      if (failure === 'other') return await this.#splitCulprit(entries, attempt.error);
      const waitsInVain = failure === 'diskFull' || failure === 'readOnly';
      if (waitsInVain || this.#isPastDeadline(entries)) {
        this.#options.log.warn({ err: attempt.error, failure }, 'writes were given up');
        return rejectAll(entries, unavailable('NOT_DONE', unavailableTexts[failure], attempt.error));
      }
      await pause(Math.min(25 * 2 ** tries, 500));
    }
  }

  /** After a failure that is not the database's: halves, until who caused it stands alone. */
  async #splitCulprit(entries: readonly Entry<Command, Result>[], error: unknown): Promise<void> {
    if (entries.length === 1) return rejectAll(entries, error);
    const middle = entries.length >> 1;
    await this.#settle(entries.slice(0, middle));
    await this.#settle(entries.slice(middle));
  }

  async #attempt(entries: readonly Entry<Command, Result>[]): Promise<Attempt<Result>> {
    const { rules, clock, randomTag } = this.#options;
    const commands = entries.map((entry) => entry.command);
    try {
      const decided = await this.#transaction('COMMIT', async (tx) => {
        const roomIds = [...new Set(commands.flatMap((command) => rules.roomsOf(command)))];
        const batch = await LogBatch.begin(tx, roomIds, new Date(clock()), randomTag);
        const facts = await rules.loadFacts(tx, commands);
        const results = commands.map((command) => rules.decide(command, facts, batch));
        await batch.write(tx);
        await rules.writeEffects(tx, facts);
        return { results, batch: { events: batch.events, rows: rules.touchedRows(facts) } };
      });
      return { kind: 'committed', ...decided };
    } catch (error) {
      // Whatever failed at COMMIT, the log alone can tell: also an error with a code may come when it is already written.
      if (!(error instanceof CommitFailed)) return { kind: 'failed', error };
      return { kind: 'unknown', error: error.cause, ...(error.decided as Decided<Result>) };
    }
  }

  /**
   * Finds out under the lock, so that no transaction of the lost connection is still under way: the first event's
   * position and random tag are the key that tells whether this batch is the one that stands there.
   */
  async #resolveDoubt(entries: readonly Entry<Command, Result>[], attempt: Attempt<Result>): Promise<Attempt<Result>> {
    if (attempt.kind !== 'unknown') return attempt;
    const [first] = attempt.batch.events;
    // Nothing but keys of commands that changed nothing: doing it again gives the same.
    if (!first) return { kind: 'failed', error: attempt.error };
    for (let tries = 0; ; tries++) {
      try {
        const found = await this.#transaction('ROLLBACK', (tx) =>
          tx.query('SELECT 1 FROM event WHERE position = $1 AND tag = $2', [first.position, first.tag]),
        );
        return found.length > 0 ? { ...attempt, kind: 'committed' } : { kind: 'failed', error: attempt.error };
      } catch (error) {
        if (this.#isPastDeadline(entries)) return { ...attempt, error };
        await pause(Math.min(25 * 2 ** tries, 500));
      }
    }
  }

  /** Runs `work` under the append lock and ends as said. Throws CommitFailed when it was the COMMIT that failed. */
  async #transaction<Value>(ending: 'COMMIT' | 'ROLLBACK', work: (tx: Queryable) => Promise<Value>): Promise<Value> {
    const client = await this.#options.pool.connect();
    const tx = withDeadline(clientQueryable(client), this.#limits.responseMs);
    try {
      // By name: under another default of the database the facts would be those of before the lock.
      await tx.query(beginning(this.#options.pool, 'BEGIN ISOLATION LEVEL READ COMMITTED'));
      await tx.query(`SELECT pg_advisory_xact_lock(${APPEND_LOCK})`);
      const value = await work(tx);
      await tx.query(ending).catch((error: unknown) => {
        throw new CommitFailed(value, error);
      });
      client.release();
      return value;
    } catch (error) {
      // A connection that failed is not worth keeping: ending it also rolls back.
      client.release(true);
      throw error;
    }
  }

  #isPastDeadline(entries: readonly Entry<Command, Result>[]): boolean {
    const now = this.#options.clock();
    return this.#stopped || entries.some((entry) => entry.deadline <= now);
  }
}

/** `decided`: what the transaction would have made true. */
class CommitFailed extends Error {
  readonly decided: unknown;

  constructor(decided: unknown, cause: unknown) {
    super('the transaction could not be committed', { cause });
    this.decided = decided;
  }
}

interface Decided<Result> {
  readonly results: readonly Result[];
  readonly batch: CommittedBatch;
}

const unavailableTexts = {
  unreachable: 'the database cannot be reached',
  readOnly: 'the database is read-only now',
  diskFull: 'the database has no space left',
  timeout: 'the database did not answer in time',
};

function unavailable(outcome: 'NOT_DONE' | 'UNKNOWN', reason: string, cause?: unknown): Fault {
  const advice =
    outcome === 'UNKNOWN' ? 'it may have been done: repeat it with the same clientKey' : 'nothing was done';
  return new Fault('UNAVAILABLE', `${reason}; ${advice}`, { outcome }, cause);
}

function rejectAll<Result>(entries: readonly Entry<unknown, Result>[], error: unknown): void {
  for (const entry of entries) entry.reject(error);
}

function withDeadline(source: Queryable, responseMs: number): Queryable {
  return {
    query: <Row>(sql: string, parameters?: readonly unknown[]) =>
      new Promise<Row[]>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(Object.assign(new Error('PostgreSQL did not answer in time'), { code: 'ETIMEDOUT' })),
          responseMs,
        );
        source
          .query<Row>(sql, parameters)
          .then(resolve, reject)
          .finally(() => clearTimeout(timer));
      }),
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
