/** How many at the front are forgotten in one go. */
const FORGET = 4_096;

/** Lets a few at a time do their work, in the order of asking. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];
  /** How many at the front of those who wait have had their turn: to take them out one by one would move all others. */
  #called = 0;

  constructor(turns: number) {
    this.#free = turns;
  }

  async take<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      this.#callNext();
    }
  }

  #callNext(): void {
    const next = this.#waiting[this.#called];
    if (!next) {
      this.#free += 1;
      return;
    }
    this.#called += 1;
    if (this.#called === this.#waiting.length || this.#called === FORGET) {
      this.#waiting.splice(0, this.#called);
      this.#called = 0;
    }
    next();
  }
}

/** When this turn of the event loop has taken what its sockets brought: one promise for all who wait for it. */
export class EndOfTurn {
  #promise: Promise<void> | null = null;

  wait(): Promise<void> {
    this.#promise ??= nextTurn().then(() => {
      this.#promise = null;
    });
    return this.#promise;
  }
}

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
