import { makeKey, retryDelayMs } from '../../sdk/src/index.ts';
import type { OutboxEntry, OutboxStore } from './outbox-store.ts';
import { Store } from './store.ts';
import { type Clock, realClock } from './typing-signal.ts';

/** What came of one try to send. */
export type Outcome =
  | { readonly kind: 'accepted' }
  /** It would be refused again as it is. */
  | { readonly kind: 'refused'; readonly problem: string }
  /** The server was not reached, or asks to wait no shorter than `waitMs`. */
  | { readonly kind: 'later'; readonly problem: string; readonly waitMs: number }
  /** The cookie is of somebody else, or of nobody. */
  | { readonly kind: 'not as this person' };

export interface OutboxState {
  /** Not sent, or not known to be; in the order of writing. */
  readonly entries: readonly OutboxEntry[];
  /** The server has them, and the log has not brought them here yet. */
  readonly accepted: readonly OutboxEntry[];
  /** Why nothing goes out just now, as a sentence. */
  readonly trouble: string | null;
  /** False: what waits is lost with the page. */
  readonly isLasting: boolean;
}

export interface OutboxOptions {
  readonly userId: string;
  readonly openStore: () => Promise<OutboxStore>;
  readonly send: (entry: OutboxEntry) => Promise<Outcome>;
  readonly onOtherPerson: () => void;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** Between tries after the browser itself failed. */
const longestWaitMs = 15_000;

/**
 * The messages of one person that wait to be sent, in all rooms, kept by the browser until the server has them or has refused them.
 *
 *   waiting → (sent: gone)   in the order of writing; one that cannot go out now holds up those behind it
 *   waiting → refused → waiting, or discarded
 *
 * Each is sent under the key that it got when it was written: the server writes a key once, so neither a lost answer nor a closed
 * page makes a second message. One window sends at a time, by a lock of the browser. Where there is none (plain http), several may
 * send the same: they keep the order all the same, as each waits for the answer to one before it sends the next.
 */
export class Outbox {
  readonly store = new Store<OutboxState>({ entries: [], accepted: [], trouble: null, isLasting: true });
  readonly #options: OutboxOptions;
  readonly #clock: Clock;
  readonly #opened: Promise<OutboxStore>;
  readonly #channel: BroadcastChannel;
  #isSending = false;
  #isAskedAgain = false;
  #isStopped = false;
  #failures = 0;
  #cancelRetry: () => void = () => {};

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#clock = options.clock ?? realClock;
    this.#opened = options.openStore();
    this.#channel = new BroadcastChannel(`parley-outbox-${options.userId}`);
    this.#channel.onmessage = ({ data }: MessageEvent<OutboxEntry | null>) => void this.#changedElsewhere(data);
    void this.#refresh().then(() => this.wake());
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelRetry();
    this.#channel.close();
  }

  /** Keeps a message and sends it in its turn. Resolves to false where the browser could not keep it. */
  async put({ roomId, roomName, text }: { roomId: string; roomName: string; text: string }): Promise<boolean> {
    const { userId } = this.#options;
    try {
      await (await this.#opened).add({ userId, roomId, roomName, clientKey: makeKey(), text, problem: null });
    } catch {
      return false;
    }
    await this.#changed(null);
    this.#sendSoon();
    return true;
  }

  /** Sends a refused message again, under its own key. */
  async retry(order: number): Promise<void> {
    await (await this.#opened).setProblem(order, null);
    await this.#changed(null);
    this.wake();
  }

  async discard(order: number): Promise<void> {
    await (await this.#opened).remove(order);
    await this.#changed(null);
  }

  async discardAll(): Promise<void> {
    const store = await this.#opened;
    for (const { order } of await store.entriesOf(this.#options.userId)) await store.remove(order);
    await this.#changed(null);
  }

  /** The server may be reached again: tries at once. */
  wake(): void {
    this.#failures = 0;
    this.#sendSoon();
  }

  /** The log has brought messages with these keys. */
  arrived(clientKeys: ReadonlySet<string | null>): void {
    this.store.update((state) =>
      state.accepted.some(({ clientKey }) => clientKeys.has(clientKey))
        ? { ...state, accepted: state.accepted.filter(({ clientKey }) => !clientKeys.has(clientKey)) }
        : state,
    );
  }

  #sendSoon(): void {
    this.#cancelRetry();
    if (this.#isSending) {
      this.#isAskedAgain = true;
      return;
    }
    void this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true;
    let waitMs: number | null = null;
    try {
      do {
        this.#isAskedAgain = false;
        waitMs = await alone(this.#channel.name, () => this.#sendInOrder());
      } while (this.#isAskedAgain && waitMs === null && !this.#isStopped);
    } catch {
      // The browser took the store away, and may give it back.
      this.#setTrouble('This browser cannot read what waits.');
      waitMs = longestWaitMs;
    } finally {
      this.#isSending = false;
    }
    if (waitMs === null || this.#isStopped) return;
    this.#cancelRetry = this.#clock.later(waitMs, () => this.#sendSoon());
  }

  /** Resolves to null when nothing waits any more, else to the milliseconds until the next try. */
  async #sendInOrder(): Promise<number | null> {
    const { userId, send, onOtherPerson, random } = this.#options;
    const store = await this.#opened;
    while (!this.#isStopped) {
      // Read anew each time: another window may have sent it, and the person may have discarded it.
      const entry = (await store.entriesOf(userId)).find(({ problem }) => problem === null);
      if (entry === undefined) break;
      const outcome = await send(entry);
      switch (outcome.kind) {
        case 'accepted':
          await store.remove(entry.order);
          break;
        case 'refused':
          await store.setProblem(entry.order, outcome.problem);
          break;
        case 'later': {
          this.#setTrouble(outcome.problem);
          const waitMs = retryDelayMs(this.#failures, random, outcome.waitMs);
          this.#failures += 1;
          return waitMs;
        }
        case 'not as this person':
          if (!this.#isStopped) onOtherPerson();
          return null;
      }
      this.#failures = 0;
      this.#setTrouble(null);
      await this.#changed(outcome.kind === 'accepted' ? entry : null);
    }
    return null;
  }

  #setTrouble(trouble: string | null): void {
    this.store.update((state) => (state.trouble === trouble ? state : { ...state, trouble }));
  }

  /** The store has changed by this window; `accepted` is what the server has now. */
  async #changed(accepted: OutboxEntry | null): Promise<void> {
    if (!this.#isStopped) this.#channel.postMessage(accepted);
    await this.#refresh(accepted);
  }

  async #changedElsewhere(accepted: OutboxEntry | null): Promise<void> {
    await this.#refresh(accepted);
    // That window may be gone before it has sent what it wrote.
    if (accepted === null) this.#sendSoon();
  }

  async #refresh(accepted: OutboxEntry | null = null): Promise<void> {
    try {
      const store = await this.#opened;
      const entries = await store.entriesOf(this.#options.userId);
      this.store.update((state) => ({
        ...state,
        entries,
        accepted: accepted === null ? state.accepted : [...state.accepted, accepted],
        isLasting: store.isLasting,
      }));
    } catch {
      // What is shown stays as it was.
    }
  }
}

/** Runs `act` while no other window of the browser runs one of this name. Browsers have such locks on https and localhost alone. */
function alone<Value>(name: string, act: () => Promise<Value>): Promise<Value> {
  const { locks } = (globalThis as { navigator?: { locks?: LockManager } }).navigator ?? {};
  return locks === undefined ? act() : locks.request(name, act);
}
