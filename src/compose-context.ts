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
  const { services, newSnapshot, currentMark, log } = options;
  let snapshot = newSnapshot();
  let reading = new Reading(snapshot);
  let committedHead: Mark | null = null;

  async function renew(): Promise<void> {
    await snapshot.end();
    snapshot = newSnapshot();
    reading = new Reading(snapshot);
  }

  const context: Context = {
    viewer: caller.viewer as Viewer | null,
    get reading() {
      return reading;
    },
    services,
    resumeAfter: null,
    renew,
    committed(head) {
      committedHead = head;
      return renew();
    },
    isByCookie: caller.isByCookie,
    origin: caller.origin,
    spend: (bucket: RateBucket, account?: string) => caller.spend(bucket, account),
    device: caller.device,
    setDevice: caller.setDevice,
    setCookie: caller.setCookie,
  };

  return {
    context,
    async end() {
      try {
        const mark = committedHead ?? (snapshot.isOpen ? await reading.mark() : currentMark());
        return services.cursors.encode(mark);
      } catch (error) {
        log.warn({ err: error }, 'the position of an answer could not be read');
        return null;
      } finally {
        await snapshot.end();
      }
    },
  };
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

  async renew(): Promise<void> {}

  async committed(): Promise<void> {}

  async spend(): Promise<null> {
    return null;
  }
}

const nowhere = { userAgent: null, address: null };
