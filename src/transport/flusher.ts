/** What is flushed: a queue of frames. */
export interface Flushed {
  /** The last pass in which it was flushed. */
  pass: number;
  flush(): void;
}

/** Queues that are flushed in one turn of the event loop. */
const SLICE = 128;
/** A pass that took no longer than this needs no rest: that would be shorter than what timers are good for. */
const RESTLESS_MS = 2;
/** What a message waits at most because those before it went to many. */
const MOST_REST_MS = 25;

/**
 * Ends the turn for all queues of a server, in slices, so that many sockets do not make one long turn.
 *
 * A pass is all that is flushed without a break, of whatever rooms. The write to a socket costs more than the bytes in it, so the
 * queues of a pass that took long rest behind it for as long as it took: what they get meanwhile goes out together. A message that
 * comes alone waits for nothing, and neither do queues that were not in that pass, nor answers. While some rest, no others begin to.
 */
export class Flusher {
  #queues: Flushed[] = [];
  #resting: Flushed[] = [];
  #isScheduled = false;
  /** The pass that is under way, or was the last one. */
  #pass = 0;
  #passBeganAt: number | null = null;
  /** The pass whose queues rest; 0: none does. */
  #restingPass = 0;

  add(queue: Flushed): void {
    if (this.#restingPass !== 0 && queue.pass === this.#restingPass) this.#resting.push(queue);
    else this.#flushSoon(queue);
  }

  /** Does not let a queue rest that was added. */
  hasten(queue: Flushed): void {
    if (this.#restingPass !== 0 && queue.pass === this.#restingPass) this.#flushSoon(queue);
  }

  #flushSoon(queue: Flushed): void {
    this.#queues.push(queue);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#flush);
  }

  readonly #flush = () => {
    this.#isScheduled = false;
    if (this.#passBeganAt === null) {
      this.#passBeganAt = performance.now();
      this.#pass += 1;
    }
    const rest = this.#queues.splice(SLICE);
    const slice = this.#queues;
    this.#queues = rest;
    for (const queue of slice) {
      queue.pass = this.#pass;
      queue.flush();
    }
    if (rest.length > 0) this.#schedule();
    else this.#endPass(performance.now() - this.#passBeganAt);
  };

  #endPass(tookMs: number): void {
    this.#passBeganAt = null;
    if (tookMs <= RESTLESS_MS || this.#restingPass !== 0) return;
    this.#restingPass = this.#pass;
    setTimeout(this.#endRest, Math.min(tookMs, MOST_REST_MS));
  }

  readonly #endRest = () => {
    this.#restingPass = 0;
    const resting = this.#resting;
    this.#resting = [];
    if (resting.length === 0) return;
    for (const queue of resting) this.#queues.push(queue);
    this.#schedule();
  };
}
