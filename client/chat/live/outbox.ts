import { makeKey, retryDelayMs } from '../../sdk/src/index.ts';
import { isOf, type Made, type Outcome, refusedAs, settledBy } from './outbox-order.ts';
import type { NewEntry, OutboxEntry, OutboxStore } from './outbox-store.ts';
import { Store } from './store.ts';
import { type Clock, realClock } from './typing-signal.ts';

export interface Accepted {
  readonly entry: OutboxEntry;
  readonly made: Made;
}

export interface OutboxState {
  /** Not sent, or not known to be; in the order of writing. */
  readonly entries: readonly OutboxEntry[];
  /** The server has them, and the log has not brought them here yet. */
  readonly accepted: readonly Accepted[];
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

interface Place {
  readonly roomId: string;
  readonly roomName: string;
}

interface Change extends Place {
  /** Null: it is not sent yet. */
  readonly messageId: string | null;
  /** The key that it was sent under, or will be; null where that is not known any more. */
  readonly sendKey: string | null;
  readonly text: string;
}

const lostItsMessage: Outcome = { kind: 'refused', problem: 'The message is not there any more.', mayRepeat: false };

/** Between tries after the browser itself failed. */
const longestWaitMs = 15_000;

/**
 * What one person wrote, changed and deleted, in all rooms, kept by the browser until the server has it or has refused it.
 *
 *   waiting → (sent: gone)   in the order of writing; one that cannot go out now holds up those behind it
 *   waiting → refused → waiting, or discarded
 *
 * What changes a message that is not sent yet waits for it, and goes with it where that is discarded (outbox-order.ts).
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
    this.#channel.onmessage = ({ data }: MessageEvent<Accepted | null>) => void this.#changedElsewhere(data);
    void this.#refresh().then(() => this.wake());
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelRetry();
    this.#channel.close();
  }

  /** Keeps a message and sends it in its turn. Resolves to false where the browser could not keep it. */
  put({ roomId, roomName, text }: Place & { text: string }): Promise<boolean> {
    return this.#keep({ kind: 'send', ...this.#made({ roomId, roomName }), text });
  }

  /** Keeps another text for a message, as it was seen in `expectedVersion`; null while it is not sent. As `put` else. */
  edit({ expectedVersion, ...change }: Change & { expectedVersion: number | null }): Promise<boolean> {
    const { messageId, sendKey, text } = change;
    return this.#keep({ kind: 'edit', ...this.#made(change), messageId, sendKey, text, expectedVersion });
  }

  /** Keeps that a message is to be deleted, which says `text`. As `put` else. */
  delete(change: Change): Promise<boolean> {
    const { messageId, sendKey, text } = change;
    return this.#keep({ kind: 'delete', ...this.#made(change), messageId, sendKey, text });
  }

  #made({ roomId, roomName }: Place) {
    return { userId: this.#options.userId, roomId, roomName, clientKey: makeKey() };
  }

  async #keep(entry: NewEntry): Promise<boolean> {
    try {
      await (await this.#opened).add(this.#withItsMessage(entry));
    } catch {
      return false;
    }
    await this.#changed(null);
    this.#sendSoon();
    return true;
  }

  /** What it changes may have been sent while it was written. */
  #withItsMessage(entry: NewEntry): NewEntry {
    if (entry.kind === 'send' || entry.messageId !== null) return entry;
    const sent = this.store.get().accepted.find((one) => one.entry.clientKey === entry.sendKey);
    if (sent === undefined) return entry;
    const { messageId, version } = sent.made;
    return entry.kind === 'edit' ? { ...entry, messageId, expectedVersion: version } : { ...entry, messageId };
  }

  /** Sends what was refused again. */
  async retry(order: number): Promise<void> {
    await this.#change((entry) => (entry.order === order ? { ...entry, problem: null } : entry));
    this.wake();
  }

  /** Throws it away, and what would have changed it. */
  async discard(order: number): Promise<void> {
    const gone = this.store.get().entries.find((entry) => entry.order === order);
    await this.#change((entry) => (entry.order === order || (gone !== undefined && isOf(entry, gone)) ? null : entry));
  }

  async discardAll(): Promise<void> {
    await this.#change(() => null);
  }

  async #change(next: (entry: OutboxEntry) => OutboxEntry | null, accepted: Accepted | null = null): Promise<void> {
    await (await this.#opened).change(this.#options.userId, next);
    await this.#changed(accepted);
  }

  /** The server may be reached again: tries at once. */
  wake(): void {
    this.#failures = 0;
    this.#sendSoon();
  }

  /** The log has brought these messages. */
  arrived(messages: readonly { id: string; clientKey: string | null; version: number }[]): void {
    const { accepted } = this.store.get();
    const left = accepted.filter(
      ({ entry, made }) =>
        !messages.some(({ id, clientKey, version }) =>
          entry.kind === 'send' ? clientKey === entry.clientKey : id === made.messageId && version >= made.version,
        ),
    );
    if (left.length < accepted.length) this.store.update((state) => ({ ...state, accepted: left }));
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
      const entries = await store.entriesOf(userId);
      const entry = entries.find((waiting) => waiting.problem === null && !this.#waitsForItsSend(waiting, entries));
      if (entry === undefined) break;
      const outcome = entry.kind !== 'send' && entry.messageId === null ? lostItsMessage : await send(entry);
      switch (outcome.kind) {
        case 'accepted':
          await this.#change((other) => settledBy(other, entry, outcome.made), { entry, made: outcome.made });
          break;
        case 'refused':
          await this.#change((other) => (other.order === entry.order ? refusedAs(other, outcome, makeKey()) : other));
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
    }
    return null;
  }

  /** Whether it changes a message that is not sent. */
  #waitsForItsSend(entry: OutboxEntry, entries: readonly OutboxEntry[]): boolean {
    return entry.kind !== 'send' && entry.messageId === null && entries.some((other) => isOf(entry, other));
  }

  #setTrouble(trouble: string | null): void {
    this.store.update((state) => (state.trouble === trouble ? state : { ...state, trouble }));
  }

  /** The store has changed by this window; `accepted` is what the server has now. */
  async #changed(accepted: Accepted | null): Promise<void> {
    if (!this.#isStopped) this.#channel.postMessage(accepted);
    await this.#refresh(accepted);
  }

  async #changedElsewhere(accepted: Accepted | null): Promise<void> {
    await this.#refresh(accepted);
    // That window may be gone before it has sent what it wrote.
    if (accepted === null) this.#sendSoon();
  }

  async #refresh(accepted: Accepted | null = null): Promise<void> {
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
