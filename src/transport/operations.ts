/** What a client sent, as it was read; nothing about it is certain. */
export interface ClientMessage {
  readonly type?: unknown;
  readonly id?: unknown;
}

export interface Handler {
  /** Settles when the operation has ended, and never rejects. */
  handle(message: ClientMessage): Promise<void>;
}

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
  readonly #handler: Handler;
  readonly #running = new Map<string, Running>();
  #onIdle: (() => void)[] | null = null;

  constructor(handler: Handler) {
    this.#handler = handler;
  }

  get size(): number {
    return this.#running.size;
  }

  /** False: another subscribe for this id is held already, a duplicate that graphql-ws does not see. */
  subscribe(id: string, message: ClientMessage): boolean {
    const running = this.#running.get(id);
    if (running === undefined) this.#start(id, message);
    else if (!running.isCompleted) void this.#handler.handle(message);
    else if (running.held === null) running.held = message;
    else return false;
    return true;
  }

  complete(id: string, message: ClientMessage): void {
    const running = this.#running.get(id);
    if (running?.held != null) {
      running.held = null;
      return;
    }
    if (running !== undefined) running.isCompleted = true;
    void this.#handler.handle(message);
  }

  /** Settles when no handler runs. */
  idle(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle ??= [];
      this.#onIdle.push(resolve);
    });
  }

  #start(id: string, message: ClientMessage): void {
    const running: Running = { isCompleted: false, held: null };
    this.#running.set(id, running);
    void this.#handler.handle(message).then(() => {
      this.#running.delete(id);
      if (running.held !== null) this.#start(id, running.held);
      else if (this.#running.size === 0) this.#becameIdle();
    });
  }

  #becameIdle(): void {
    const waiting = this.#onIdle ?? [];
    this.#onIdle = null;
    for (const resolve of waiting) resolve();
  }
}

interface Running {
  isCompleted: boolean;
  held: ClientMessage | null;
}
