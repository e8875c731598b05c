import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import type pg from 'pg';
import { classifyDatabaseError } from '../db/database-error.ts';
import { Fault } from '../observe/fault.ts';
import type { Log } from '../observe/log.ts';
import { type Attempt, Attempts, type Doubt } from './attempt.ts';
import type { CommittedBatch } from './event.ts';
import type { LogRules } from './log-rules.ts';
import type { Tag } from './position.ts';

/**
 * Group commit: commands that arrive while transactions are in flight go together into the next one.
 * queued → locked → facts read → decided → written → committed → acknowledged; or decided by what is known, and written
 * if that is proved under the lock. A refusal is decided before anything is written, so it touches nobody else. Promises W1 to
 * W4 of docs/protocol.md, and why it is so in docs/decisions/0002-group-commit.md.
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
  /** Transactions that may be under way at once, one behind the other, where none of them has to read. */
  readonly flights: number;
  /** Commands that have to wait for one more to begin. */
  readonly flightCommands: number;
  /** Commands that wait at most; one more is refused as UNAVAILABLE. */
  readonly queueCommands: number;
  /** Time after which a command that could not be settled is given up as UNAVAILABLE. */
  readonly settleMs: number;
  /** Time that PostgreSQL may take for what a commit asks as one before its connection is given up. */
  readonly responseMs: number;
}

interface Entry<Command, Result> {
  readonly command: Command;
  readonly deadline: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Where the loop had hardly a moment to spare since the last transaction began, the next one lets what waits on the loop come first,
 * some of which wants to be written too: what a transaction costs the process is then shared by more commands, up to those of a flight. On a loop that has
 * nothing else to do these turns take no time. Of 1, 10 and 30 turns 10 was the best in bursts and with 100 senders over HTTP,
 * and a wait by time, 25 ms, was worse: the loop stood idle in it.
 */
const BUSY = 0.95;
const GATHER_TURNS = 10;
const GATHER_MS = 25;

const defaults: CommitterLimits = {
  batchCommands: 500,
  flights: 3,
  flightCommands: 40,
  queueCommands: 20_000,
  settleMs: 10_000,
  responseMs: 5_000,
};

export class Committer<Command, Facts, Result> {
  readonly #options: CommitterOptions<Command, Facts, Result>;
  readonly #limits: CommitterLimits;
  readonly #attempts: Attempts<Command, Facts, Result>;
  #queue: Entry<Command, Result>[] = [];
  #running: Promise<void> | null = null;
  /** Transactions whose commands are not settled. */
  #flights = 0;
  /** One of them was not done at once: until all are settled none begins, as it would overtake those that are tried again. */
  #isMending = false;
  /** Wakes the loop: a transaction is settled, or enough commands for one more wait. */
  #onChange: (() => void) | null = null;
  #stopped = false;

  constructor(options: CommitterOptions<Command, Facts, Result>) {
    this.#options = options;
    this.#limits = { ...defaults, ...options.limits };
    this.#attempts = new Attempts({ ...options, responseMs: this.#limits.responseMs });
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
      if (this.#queue.length === this.#limits.flightCommands) this.#onChange?.();
    });
  }

  /** Refuses new commands and waits until those that were taken are settled. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    // Commands of the same turn share the first transaction too.
    await this.#change(setImmediate);
    let settled = Promise.resolve();
    let before: EventLoopUtilization | null = null;
    while (this.#queue.length > 0 || this.#flights > 0) {
      if (this.#flights > 0 && !this.#mayFollow) await this.#change();
      else {
        const isBusy = before !== null && performance.eventLoopUtilization(before).utilization > BUSY;
        if (isBusy && this.#queue.length < this.#limits.flightCommands) await this.#change(afterTurns);
        before = performance.eventLoopUtilization();
        const entries = this.#takeInTime();
        const flight = this.#begin(entries);
        settled = this.#settleBehind(settled, entries, flight);
        // What reads goes alone: it would not see what is under way.
        if (flight === null) await settled;
      }
    }
    this.#running = null;
  }

  /** Whether one more transaction may begin behind those under way. */
  get #mayFollow(): boolean {
    const { flights, flightCommands } = this.#limits;
    return !this.#isMending && this.#flights < flights && this.#queue.length >= flightCommands;
  }

  #begin(entries: readonly Entry<Command, Result>[]): Promise<Attempt<Result> | null> | null {
    try {
      return entries.length === 0 ? null : this.#attempts.byHeart(entries.map(({ command }) => command));
    } catch {
      // Who caused it is found out by reading.
      return null;
    }
  }

  #change(orBy?: (wake: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      this.#onChange = resolve;
      orBy?.(resolve);
    });
  }

  /** Never rejects. */
  async #settleBehind(
    before: Promise<void>,
    entries: readonly Entry<Command, Result>[],
    flight: Promise<Attempt<Result> | null> | null,
  ): Promise<void> {
    this.#flights += 1;
    try {
      const attempt = await flight;
      if (flight !== null && attempt?.kind !== 'committed') this.#isMending = true;
      await before;
      await this.#settle(entries, attempt);
    } catch (error) {
      rejectAll(entries, error);
    }
    this.#flights -= 1;
    if (this.#flights === 0) this.#isMending = false;
    this.#onChange?.();
  }

  /** The next batch, less what waited behind others until its time was over: that is given up without a try. */
  #takeInTime(): readonly Entry<Command, Result>[] {
    const taken = this.#queue.splice(0, this.#limits.batchCommands);
    const now = this.#options.clock();
    const late = taken.filter(({ deadline }) => deadline <= now);
    if (late.length > 0) rejectAll(late, unavailable('NOT_DONE', 'the writes before it took too long'));
    return taken.filter(({ deadline }) => deadline > now);
  }

  /** `first`: what came of the first attempt; null: there was none, or it did nothing. */
  async #settle(entries: readonly Entry<Command, Result>[], first: Attempt<Result> | null = null): Promise<void> {
    if (entries.length === 0) return;
    const commands = entries.map(({ command }) => command);
    let late: Doubt<Result> | null = null;
    for (let tries = 0; ; tries++) {
      const tried = (tries === 0 && first) || (await this.#attempts.reading(commands, late));
      const isLate: boolean = tried.kind === 'unknown' && tried.mayComeLate && tried !== late;
      if (isLate) late = tried as Doubt<Result>;
      const attempt = isLate ? tried : await this.#resolveDoubt(entries, tried);
      if (attempt.kind === 'committed') {
        if (attempt.batch.events.length > 0) this.#options.onCommitted(attempt.batch);
        for (const [index, entry] of entries.entries()) entry.resolve(attempt.results[index] as Result);
        return;
      }
      if (attempt.kind === 'unknown' && !isLate) {
        return rejectAll(entries, unavailable('UNKNOWN', 'the database failed while it committed', attempt.error));
      }
      const failure = classifyDatabaseError(attempt.error);
      if (failure === 'other' && !late) return await this.#splitCulprit(entries, attempt.error);
      const waitsInVain = failure === 'diskFull' || failure === 'readOnly' || failure === 'other';
      if (waitsInVain || this.#isPastDeadline(entries)) {
        this.#options.log.warn({ err: attempt.error, failure }, 'writes were given up');
        const reason = failure === 'other' ? 'the database failed while it committed' : unavailableTexts[failure];
        return rejectAll(entries, unavailable(late ? 'UNKNOWN' : 'NOT_DONE', reason, attempt.error));
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

  /** Asks until the database answers. Nothing but keys of commands that changed nothing: doing it again gives the same. */
  async #resolveDoubt(entries: readonly Entry<Command, Result>[], attempt: Attempt<Result>): Promise<Attempt<Result>> {
    if (attempt.kind !== 'unknown') return attempt;
    const [first] = attempt.batch.events;
    if (!first) return { kind: 'failed', error: attempt.error };
    for (let tries = 0; ; tries++) {
      try {
        return await this.#attempts.resolve(attempt, first);
      } catch (error) {
        if (this.#isPastDeadline(entries)) return { ...attempt, error };
        await pause(Math.min(25 * 2 ** tries, 500));
      }
    }
  }

  #isPastDeadline(entries: readonly Entry<Command, Result>[]): boolean {
    const now = this.#options.clock();
    return this.#stopped || entries.some((entry) => entry.deadline <= now);
  }
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

function afterTurns(wake: () => void): void {
  const begunAt = performance.now();
  let turns = 0;
  const next = () => {
    turns += 1;
    if (turns < GATHER_TURNS && performance.now() - begunAt < GATHER_MS) setImmediate(next);
    else wake();
  };
  setImmediate(next);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
