import type { Context, RateBucket, Services } from '../schema/context.ts';
import type { Viewer } from './chat/model.ts';
import { Reading, type TouchedRows } from './chat/reading.ts';
import type { RowSource } from './chat/row-source.ts';
import type { Queryable } from './db/queryable.ts';
import type { Snapshot } from './db/snapshot.ts';
import { ViewerTouched } from './hub/contract.ts';
import type { ExecutionScope } from './hub/stream-execution.ts';
import type { Mark } from './log/position.ts';
import type { Log } from './observe/log.ts';
import type { Caller, Operation } from './transport/contract.ts';

export interface OperationOptions {
  readonly services: Services;
  readonly newSnapshot: () => Snapshot;
  /** Position of an answer that read nothing. */
  readonly currentMark: () => Mark;
  readonly log: Log;
}

/** The context of a query or mutation: one snapshot, opened by the first read, and a new one after each commit. */
export function beginOperation(options: OperationOptions, caller: Caller): Operation {
  return new OperationContext(options, caller);
}

class OperationContext implements Operation, Context {
  readonly viewer: Viewer | null;
  readonly services: Services;
  readonly resumeAfter = null;
  readonly #options: OperationOptions;
  readonly #caller: Caller;
  #snapshot: Snapshot;
  #reading: Reading | null = null;
  #committedHead: Mark | null = null;

  constructor(options: OperationOptions, caller: Caller) {
    this.viewer = caller.viewer as Viewer | null;
    this.services = options.services;
    this.#options = options;
    this.#caller = caller;
    this.#snapshot = options.newSnapshot();
  }

  get context(): this {
    return this;
  }

  get reading(): Reading {
    this.#reading ??= new Reading(this.#snapshot);
    return this.#reading;
  }

  /** One that was not opened yet will be of now. */
  renew(): Promise<void> | null {
    if (!this.#snapshot.isOpen) return null;
    const before = this.#snapshot;
    this.#snapshot = this.#options.newSnapshot();
    this.#reading = null;
    return before.end();
  }

  committed(head: Mark): Promise<void> | null {
    this.#committedHead = head;
    return this.renew();
  }

  async end(): Promise<string | null> {
    const { services, currentMark, log } = this.#options;
    try {
      const mark = this.#committedHead ?? (this.#snapshot.isOpen ? await this.reading.mark() : currentMark());
      return services.cursors.encode(mark);
    } catch (error) {
      log.warn({ err: error }, 'the position of an answer could not be read');
      return null;
    } finally {
      await this.#snapshot.end();
    }
  }

  get isByCookie(): boolean {
    return this.#caller.isByCookie;
  }

  get origin() {
    return this.#caller.origin;
  }

  get device() {
    return this.#caller.device;
  }

  get setDevice() {
    return this.#caller.setDevice;
  }

  get setCookie() {
    return this.#caller.setCookie;
  }

  spend(bucket: RateBucket, account?: string): Promise<number | null> {
    return this.#caller.spend(bucket, account);
  }
}

export interface StreamContextOptions {
  readonly services: Services;
  readonly source: Queryable;
  readonly rows: RowSource;
}

/** The context of one execution in the hub: reads of now, spared by the rows that came with the event. */
export class StreamContext implements Context {
  readonly reading: Reading;
  readonly services: Services;
  readonly #who: ExecutionScope<Viewer>;

  constructor({ services, source, rows }: StreamContextOptions, who: ExecutionScope<Viewer>) {
    this.reading = new Reading(source, { rows, atHand: who.rows as TouchedRows | null });
    this.services = services;
    this.#who = who;
  }

  get viewer(): Viewer | null {
    if (this.#who.isShared) throw new ViewerTouched();
    return this.#who.viewer;
  }

  get resumeAfter(): string | null {
    return this.#who.resumeAfter;
  }

  get isByCookie(): boolean {
    return false;
  }

  get origin() {
    return nowhere;
  }

  get device() {
    return null;
  }

  get setDevice() {
    return null;
  }

  get setCookie() {
    return null;
  }

  renew(): null {
    return null;
  }

  committed(): null {
    return null;
  }

  async spend(): Promise<null> {
    return null;
  }
}

const nowhere = { userAgent: null, address: null };
