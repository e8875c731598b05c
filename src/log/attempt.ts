import type pg from 'pg';
import { beginning, beginningsOf } from '../db/connection.ts';
import { inOneTrip, NotCommitted, Pipeline } from '../db/pipeline.ts';
import type { Statement } from '../db/queryable.ts';
import { LogBatch } from './batch.ts';
import type { CommittedBatch } from './event.ts';
import { type Place, readPlace } from './head.ts';
import { LeftLog } from './left-log.ts';
import type { LogRules } from './log-rules.ts';
import type { Mark, Tag } from './position.ts';

/** 0x7061726c6579: «parley». The one lock that orders all writes of the log, on every node. */
export const APPEND_LOCK = '123589158561145';
const lock = { sql: 'SELECT pg_advisory_xact_lock($1::bigint)', parameters: [APPEND_LOCK] };

/** By name: under another default of the database the facts would be those of before the lock. */
const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED';

export type Attempt<Result> =
  | ({ readonly kind: 'committed' } & Decided<Result>)
  /** Nothing was written. */
  | { readonly kind: 'failed'; readonly error: unknown }
  | Doubt<Result>;

/** It failed while PostgreSQL may have been committing. */
export interface Doubt<Result> extends Decided<Result> {
  readonly kind: 'unknown';
  readonly error: unknown;
  /** It may still be about to, as long as the log stands where it stood. */
  readonly mayComeLate: boolean;
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

type AtRisk<Result> = (decided: Decided<Result>, mayComeLate: boolean) => void;

export interface AttemptOptions<Command, Facts, Result> {
  readonly pool: pg.Pool;
  readonly rules: LogRules<Command, Facts, Result>;
  readonly clock: () => number;
  readonly randomTag: () => Tag;
  readonly responseMs: number;
}

/**
 * Single tries to commit, each a transaction under the lock. Those in one trip go out on one connection, one behind the other;
 * one that reads has it for itself, or what came between its trips would be part of it.
 */
export class Attempts<Command, Facts, Result> {
  readonly #options: AttemptOptions<Command, Facts, Result>;
  readonly #left = new LeftLog();
  #shared: SharedClient | null = null;
  #isReading = false;

  constructor(options: AttemptOptions<Command, Facts, Result>) {
    this.#options = options;
  }

  /**
   * In two trips: lock and facts, then what was decided by them. One at a time, and behind all in one trip. `doubt`: an earlier
   * attempt at the same that may come late; if it is there by now, that is the outcome.
   */
  async reading(commands: readonly Command[], doubt: Doubt<Result> | null = null): Promise<Attempt<Result>> {
    this.#isReading = true;
    try {
      return await this.#try((atRisk) => this.#read(commands, doubt, atRisk));
    } finally {
      this.#isReading = false;
    }
  }

  #read(commands: readonly Command[], doubt: Doubt<Result> | null, atRisk: AtRisk<Result>): Promise<Attempt<Result>> {
    const { rules, randomTag } = this.#options;
    const first = doubt?.batch.events[0] ?? null;
    return this.#underLock(async (tx, locked) => {
      const [, place, batch, facts] = await inOneTrip<[unknown, Place | null, LogBatch, Facts]>([
        locked,
        first === null ? Promise.resolve(null) : readPlace(tx, first.position),
        LogBatch.begin(tx, rules.roomsOf(commands), this.#now(), randomTag),
        rules.loadFacts(tx, commands),
      ]);
      const told = doubt && first && place && outcomeOf(doubt, first, place);
      if (told) {
        await tx.query('ROLLBACK');
        return told;
      }
      if (!this.#left.found(batch.head)) rules.forget();
      const { decided, statements } = this.#decide(commands, facts, batch);
      atRisk(decided, false);
      await tx.commit(statements);
      this.#left.leave(batch);
      rules.keep(commands, facts);
      return { kind: 'committed', ...decided };
    });
  }

  /**
   * In one trip: decided by what is known, and done if that is proved under the lock. What is begun before the outcome is
   * known builds on it. Null: not known. Resolves with null where it was not so: nothing was done. Throws what deciding does.
   */
  byHeart(commands: readonly Command[]): Promise<Attempt<Result> | null> | null {
    if (this.#isReading) return null;
    const { pool, rules, randomTag } = this.#options;
    const batch = this.#left.batchOf(rules.roomsOf(commands), this.#now(), randomTag);
    const recalled = batch && rules.recall(commands);
    if (!recalled) return null;
    const { decided, statements } = this.#decide(commands, recalled.facts, batch);
    this.#left.leave(batch);
    return this.#try<Attempt<Result> | null>((atRisk) =>
      this.#onShared(async (tx) => {
        atRisk(decided, true);
        const begin = beginningsOf(pool, BEGIN).map((sql) => ({ sql, parameters: [] }));
        const isDone = await tx.commitIf([...begin, lock], [batch.proof, ...recalled.proofs], statements);
        if (isDone) return { kind: 'committed', ...decided };
        this.#forget();
        return null;
      }),
    );
  }

  /**
   * What became of an attempt that had the lock, asked under the lock, so that it is no longer under way. Its first event's
   * position and random tag are the key that tells whether this batch is the one that stands there.
   */
  async resolve(doubt: Doubt<Result>, first: Mark): Promise<Attempt<Result>> {
    const [, place] = await this.#underLock((tx, locked) =>
      inOneTrip<[unknown, Place, unknown]>([locked, readPlace(tx, first.position), tx.query('ROLLBACK')]),
    );
    return outcomeOf(doubt, first, place) ?? { kind: 'failed', error: doubt.error };
  }

  /** Tells of a failure whether what was decided may be written already: `work` says when it gives it to PostgreSQL. */
  async #try<Outcome extends Attempt<Result> | null>(
    work: (atRisk: AtRisk<Result>) => Promise<Outcome>,
  ): Promise<Outcome | Attempt<Result>> {
    let risk = null as (Decided<Result> & { readonly mayComeLate: boolean }) | null;
    try {
      return await work((decided, mayComeLate) => {
        risk = { ...decided, mayComeLate };
      });
    } catch (error) {
      this.#forget();
      if (error instanceof NotCommitted) return { kind: 'failed', error: error.cause };
      // Whatever else failed once the COMMIT was on its way, the log alone can tell: it may be written already.
      return risk === null ? { kind: 'failed', error } : { kind: 'unknown', error, ...risk };
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

  #now(): Date {
    return new Date(this.#options.clock());
  }

  #forget(): void {
    this.#left.forget();
    this.#options.rules.forget();
  }

  /** `work` ends the transaction; what it asks for together with `locked` is done when the lock is there. */
  #underLock<Value>(work: (tx: Pipeline, locked: Promise<unknown>) => Promise<Value>): Promise<Value> {
    const begin = beginning(this.#options.pool, BEGIN);
    return this.#onShared((tx) => work(tx, tx.query(`${begin}; SELECT pg_advisory_xact_lock(${APPEND_LOCK})`)));
  }

  #onShared<Value>(work: (tx: Pipeline) => Promise<Value>): Promise<Value> {
    const { pool, responseMs } = this.#options;
    if (this.#shared?.isOver !== false) this.#shared = new SharedClient(pool);
    return this.#shared.use((client) => work(new Pipeline(pool, client, responseMs)));
  }
}

/** Null: it was not done, nor will be if something else is. */
function outcomeOf<Result>(doubt: Doubt<Result>, first: Mark, place: Place): Attempt<Result> | null {
  const { results, batch } = doubt;
  if (place.tag === first.tag) return { kind: 'committed', results, batch };
  // Somebody's event stood there, and the log was trimmed past it while this process stood still.
  return place.trimmed.position >= first.position ? doubt : null;
}

/** A connection for all who use it at the same time: what they ask is done in the order in which they began. */
class SharedClient {
  readonly #client: Promise<pg.PoolClient>;
  #users = 0;
  #isOver = false;

  constructor(pool: pg.Pool) {
    this.#client = pool.connect();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  async use<Value>(work: (client: pg.PoolClient) => Promise<Value>): Promise<Value> {
    this.#users += 1;
    const client = await this.#client.catch((error: unknown) => {
      this.#isOver = true;
      throw error;
    });
    let isBroken = false;
    try {
      return await work(client);
    } catch (error) {
      // A connection that failed is not worth keeping: ending it also rolls back. What else was asked on it fails too.
      isBroken = !(error instanceof NotCommitted);
      throw error;
    } finally {
      this.#users -= 1;
      if (!this.#isOver && (isBroken || this.#users === 0)) {
        this.#isOver = true;
        client.release(isBroken);
      }
    }
  }
}
