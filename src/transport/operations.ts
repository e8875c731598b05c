/**
 * The handlers of one socket, one at a time per id.
 *
 *   running → completed (by the client; the handler still settles) → settled
 *
 * A subscribe for a running id goes to graphql-ws, which closes 4409. One for a completed id is held until the handler
 * has settled: graphql-ws knows handlers by id alone, and the old one would end the new operation. A complete for a held
 * one forgets it: it never ran.
 */
export class Operations {
  readonly #handle: (message: string) => Promise<void>;
  readonly #running = new Map<string, Running>();
  #onIdle: (() => void)[] = [];

  /** `handle` settles when the operation has ended, and never rejects. */
  constructor(handle: (message: string) => Promise<void>) {
    this.#handle = handle;
  }

  get size(): number {
    return this.#running.size;
  }

  /** False: another subscribe for this id is held already, a duplicate that graphql-ws does not see. */
  subscribe(id: string, message: string): boolean {
    const running = this.#running.get(id);
    if (running === undefined) this.#start(id, message);
    else if (!running.isCompleted) void this.#handle(message);
    else if (running.held === null) running.held = message;
    else return false;
    return true;
  }

  complete(id: string, message: string): void {
    const running = this.#running.get(id);
    if (running?.held != null) {
      running.held = null;
      return;
    }
    if (running !== undefined) running.isCompleted = true;
    void this.#handle(message);
  }

  /** Settles when no handler runs. */
  idle(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  #start(id: string, message: string): void {
    const running: Running = { isCompleted: false, held: null };
    this.#running.set(id, running);
    void this.#handle(message).then(() => {
      this.#running.delete(id);
      if (running.held !== null) this.#start(id, running.held);
      else if (this.#running.size === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
    });
  }
}

interface Running {
  isCompleted: boolean;
  held: string | null;
}
