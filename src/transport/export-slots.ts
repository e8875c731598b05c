import { Fault } from '../observe/fault.ts';

export interface SlotLimits {
  /** Exports that are being written at once: each holds a connection to the database, and its snapshot. */
  readonly atOnce: number;
  /** How many more may wait, and for how long. */
  readonly waiting: number;
  readonly waitMs: number;
}

/** Whose turn it is: one export per person, a few at once, the next ones in the order of asking. On each node apart. */
export class ExportSlots {
  readonly #limits: SlotLimits;
  /** Who has a slot or waits for one. */
  readonly #people = new Set<string>();
  readonly #queue: (() => void)[] = [];
  #running = 0;

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  /**
   * Resolves with what gives the slot back, which must be called. RATE_LIMITED: the person has one already, too many wait, or
   * it took too long. `signal`: who asked has gone; rejects with its reason.
   */
  async take(userId: string, signal: AbortSignal): Promise<() => void> {
    if (this.#people.has(userId)) throw this.#tooMany('you are being served this already');
    if (this.#running >= this.#limits.atOnce && this.#queue.length >= this.#limits.waiting) throw this.#full();
    this.#people.add(userId);
    try {
      if (this.#running >= this.#limits.atOnce) await this.#turn(signal);
      else this.#running += 1;
    } catch (error) {
      this.#people.delete(userId);
      throw error;
    }
    return () => {
      this.#people.delete(userId);
      const next = this.#queue.shift();
      if (next) next();
      else this.#running -= 1;
    };
  }

  /** The slot is handed over: it stays counted. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (error: unknown) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        const place = this.#queue.indexOf(enter);
        if (place >= 0) this.#queue.splice(place, 1);
        reject(error);
      };
      const onAbort = () => leave(signal.reason);
      const enter = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const timer = setTimeout(() => leave(this.#full()), this.#limits.waitMs);
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort);
      this.#queue.push(enter);
    });
  }

  #full(): Fault {
    return this.#tooMany('others are being served');
  }

  #tooMany(why: string): Fault {
    const retryAfterMs = this.#limits.waitMs;
    return new Fault('RATE_LIMITED', `${why}: wait ${retryAfterMs} ms`, { bucket: 'exports', retryAfterMs });
  }
}
