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

  take<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#free === 0) return new Promise<void>((resolve) => this.#waiting.push(resolve)).then(() => this.#do(work));
    this.#free -= 1;
    return this.#do(work);
  }

  /** Not an async function: what a thousand executions for one event would wait for beside their own promises costs. */
  #do<Value>(work: () => Promise<Value>): Promise<Value> {
    let value: Promise<Value>;
    try {
      value = work();
    } catch (error) {
      value = Promise.reject(error);
    }
    value.then(this.#callNext, this.#callNext);
    return value;
  }

  readonly #callNext = (): void => {
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
  };
}

/** When this turn of the event loop has taken what its sockets brought: one callback of the loop for all who wait for it. */
export class EndOfTurn {
  #acts: (() => void)[] | null = null;

  /** `act` must not throw. */
  do(act: () => void): void {
    if (this.#acts === null) {
      this.#acts = [];
      setImmediate(() => this.#end());
    }
    this.#acts.push(act);
  }

  #end(): void {
    const acts = this.#acts ?? [];
    this.#acts = null;
    for (const act of acts) act();
  }
}
