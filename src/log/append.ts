import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import type pg from 'pg';
import { beginning } from '../db/connection.ts';
import { classifyDatabaseError } from '../db/database-error.ts';
import { inOneTrip, NotCommitted, Pipeline } from '../db/pipeline.ts';
import type { Queryable, Statement } from '../db/queryable.ts';
import { Fault } from '../observe/fault.ts';
import type { Log } from '../observe/log.ts';
import { LogBatch } from './batch.ts';
import type { CommittedBatch } from './event.ts';
import { type Place, readPlace } from './head.ts';
import { LeftLog } from './left-log.ts';
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

/**
 * Where the loop had hardly a moment to spare during the last transaction, the next one lets what waits on the loop come first,
 * some of which wants to be written too: what a transaction costs the process is then shared by more commands. On a loop that has
 * nothing else to do these turns take no time. Of 1, 10 and 30 turns 10 was the best in bursts and with 100 senders over HTTP,
 * and a wait by time, 25 ms, was worse: the loop stood idle in it.
 */
const BUSY = 0.95;
const GATHER_TURNS = 10;
const GATHER_MS = 25;

const defaults: CommitterLimits = { batchCommands: 500, queueCommands: 20_000, settleMs: 10_000, responseMs: 5_000 };

export class Committer<Command, Facts, Result> {
  readonly #options: CommitterOptions<Command, Facts, Result>;
  readonly #limits: CommitterLimits;
  readonly #left = new LeftLog();
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
    let before: EventLoopUtilization | null = null;
    while (this.#queue.length > 0) {
      const isBusy = before !== null && performance.eventLoopUtilization(before).utilization > BUSY;
      if (isBusy && this.#queue.length < this.#limits.batchCommands) await turnsOfLoop();
      before = performance.eventLoopUtilization();
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
    const { rules, clock } = this.#options;
    const commands = entries.map((entry) => entry.command);
    const roomIds = [...new Set(commands.flatMap((command) => rules.roomsOf(command)))];
    const at = new Date(clock());
    const attempt =
      (await this.#attemptByHeart(commands, roomIds, at)) ?? (await this.#attemptReading(commands, roomIds, at));
    if (attempt.kind !== 'committed') this.#forget();
    return attempt;
  }

  async #attemptReading(commands: readonly Command[], roomIds: readonly string[], at: Date): Promise<Attempt<Result>> {
    const { rules, randomTag } = this.#options;
    return await this.#deciding(commands, (decide) =>
      this.#underLock(async (tx, locked) => {
        const [, batch, facts] = await inOneTrip<[unknown, LogBatch, Facts]>([
          locked,
          LogBatch.begin(tx, roomIds, at, randomTag),
          rules.loadFacts(tx, commands),
        ]);
        if (!this.#left.found(batch.head)) rules.forget();
        const { decided, statements } = decide(facts, batch);
        await tx.commit(statements);
        this.#left.leave(batch);
        rules.keep(commands, facts);
        return { kind: 'committed', ...decided };
      }),
    );
  }

  /**
   * In one trip, decided before it by what is known and done if that is proved under the lock. Null: nothing was done, as it
   * is not known, or no longer so.
   */
  async #attemptByHeart(
    commands: readonly Command[],
    roomIds: readonly string[],
    at: Date,
  ): Promise<Attempt<Result> | null> {
    const batch = this.#left.batchOf(roomIds, at, this.#options.randomTag);
    const recalled = batch && this.#options.rules.recall(commands);
    if (!recalled) return null;
    return await this.#deciding(commands, (decide) =>
      this.#underLock(async (tx, locked) => {
        const proofs = [batch.proof, ...recalled.proofs].map(({ sql, parameters }) => tx.query(sql, parameters));
        const { decided, statements } = decide(recalled.facts, batch);
        const isDone = await tx.commitIf(locked, proofs, statements);
        if (isDone) this.#left.leave(batch);
        else this.#forget();
        return isDone ? ({ kind: 'committed', ...decided } as const) : null;
      }),
    );
  }

  /** Tells of a failure whether what was decided may be written already. */
  async #deciding<Outcome extends Attempt<Result> | null>(
    commands: readonly Command[],
    work: (decide: (facts: Facts, batch: LogBatch) => Decision<Result>) => Promise<Outcome>,
  ): Promise<Outcome | Attempt<Result>> {
    let decided: Decided<Result> | null = null;
    try {
      return await work((facts, batch) => {
        const decision = this.#decide(commands, facts, batch);
        decided = decision.decided;
        return decision;
      });
    } catch (error) {
      if (error instanceof NotCommitted) return { kind: 'failed', error: error.cause };
      // Whatever else failed once the COMMIT was on its way, the log alone can tell: it may be written already.
      return decided === null ? { kind: 'failed', error } : { kind: 'unknown', error, ...(decided as Decided<Result>) };
    }
  }

  #decide(commands: readonly Command[], facts: Facts, batch: LogBatch): Decision<Result> {
    const { rules } = this.#options;
    const results = commands.map((command) => rules.decide(command, facts, batch));
    const { afterTag, events } = batch;
    return {
      decided: { results, batch: { afterTag, events, rows: rules.touchedRows(facts) } },
      statements: [...batch.insertion, ...rules.effectsOf(facts)],
    };
  }

  #forget(): void {
    this.#left.forget();
    this.#options.rules.forget();
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
        const [, place] = await this.#underLock((tx, locked) =>
          inOneTrip<[unknown, Place, unknown]>([locked, readPlace(tx, first.position), tx.query('ROLLBACK')]),
        );
        if (place.tag === first.tag) return { ...attempt, kind: 'committed' };
        // Somebody's event stood there, and the log was trimmed past it while this process stood still.
        if (place.trimmed.position >= first.position) return attempt;
        return { kind: 'failed', error: attempt.error };
      } catch (error) {
        if (this.#isPastDeadline(entries)) return { ...attempt, error };
        await pause(Math.min(25 * 2 ** tries, 500));
      }
    }
  }

  /** `work` ends the transaction; what it asks for together with `locked` is done when the lock is there. */
  async #underLock<Value>(work: (tx: Pipeline, locked: Promise<unknown>) => Promise<Value>): Promise<Value> {
    const { pool } = this.#options;
    const client = await pool.connect();
    const tx = new Pipeline(pool, client, this.#limits.responseMs);
    try {
      // By name: under another default of the database the facts would be those of before the lock.
      const begin = beginning(pool, 'BEGIN ISOLATION LEVEL READ COMMITTED');
      const value = await work(tx, tx.query(`${begin}; SELECT pg_advisory_xact_lock(${APPEND_LOCK})`));
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

interface Decided<Result> {
  readonly results: readonly Result[];
  readonly batch: CommittedBatch;
}

interface Decision<Result> {
  readonly decided: Decided<Result>;
  /** What writes it. */
  readonly statements: readonly Statement[];
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

async function turnsOfLoop(): Promise<void> {
  const begunAt = performance.now();
  for (let turn = 0; turn < GATHER_TURNS && performance.now() - begunAt < GATHER_MS; turn += 1) {
    await new Promise(setImmediate);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
