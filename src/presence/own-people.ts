export interface OwnPeopleOptions {
  readonly graceMs: number;
  readonly onCame: (userId: string) => void;
  readonly onLeft: (userId: string) => void;
}

/** The people of this node. away → here ⇄ leaving → away; here and leaving are the same to everybody else. */
export class OwnPeople {
  readonly #options: OwnPeopleOptions;
  readonly #here = new Set<string>();
  readonly #leaving = new Map<string, NodeJS.Timeout>();

  constructor(options: OwnPeopleOptions) {
    this.#options = options;
  }

  come(userId: string): void {
    if (this.#here.has(userId)) return;
    this.#here.add(userId);
    if (this.#leaving.has(userId)) this.#forgetLeaving(userId);
    else this.#options.onCame(userId);
  }

  leave(userId: string): void {
    if (!this.#here.delete(userId)) return;
    const timer = setTimeout(() => {
      this.#leaving.delete(userId);
      this.#options.onLeft(userId);
    }, this.#options.graceMs);
    this.#leaving.set(userId, timer.unref());
  }

  /** Gives the timers back. */
  close(): void {
    for (const userId of this.#leaving.keys()) this.#forgetLeaving(userId);
  }

  #forgetLeaving(userId: string): void {
    clearTimeout(this.#leaving.get(userId));
    this.#leaving.delete(userId);
  }
}
