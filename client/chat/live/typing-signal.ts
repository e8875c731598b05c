/** Without a key for this long one has stopped typing. */
const idleAfterMs = 5_000;
/** Until the server has told its own `repeatAfterMs`. */
const firstRepeatAfterMs = 3_000;

export interface Clock {
  now(): number;
  /** Calls back once after `ms` milliseconds; returns the way to prevent it. */
  later(ms: number, callback: () => void): () => void;
}

export const realClock: Clock = {
  now: () => performance.now(),
  later(ms, callback) {
    const timeout = setTimeout(callback, ms);
    return () => clearTimeout(timeout);
  },
};

/**
 * Tells a room that one types: idle → typing, told again every `repeatAfterMs` while keys come, → idle at `stop` or after five
 * seconds of silence. `tell` resolves to the server's `repeatAfterMs`, or null; it must not reject.
 */
export class TypingSignal {
  readonly #tell: (isTyping: boolean) => Promise<number | null>;
  readonly #clock: Clock;
  #repeatAfterMs = firstRepeatAfterMs;
  #toldAt: number | null = null;
  #preventIdle: () => void = () => {};

  constructor(tell: (isTyping: boolean) => Promise<number | null>, clock: Clock = realClock) {
    this.#tell = tell;
    this.#clock = clock;
  }

  /** The text has changed under the person's hands. A text of blanks is no typing. */
  typed(text: string): void {
    if (text.trim() === '') {
      this.stop();
      return;
    }
    this.#preventIdle();
    this.#preventIdle = this.#clock.later(idleAfterMs, () => this.stop());
    const now = this.#clock.now();
    if (this.#toldAt !== null && now - this.#toldAt < this.#repeatAfterMs) return;
    this.#toldAt = now;
    void this.#tell(true).then((repeatAfterMs) => {
      if (repeatAfterMs !== null) this.#repeatAfterMs = repeatAfterMs;
    });
  }

  /** Nothing more is typed: sent, emptied, left. */
  stop(): void {
    this.#preventIdle();
    if (this.#toldAt === null) return;
    this.#toldAt = null;
    void this.#tell(false);
  }
}
