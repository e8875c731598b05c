import type { Sent } from './crash-check.ts';
import { httpDoor, Sender, socketDoor } from './crash-people.ts';
import type { Person } from './person.ts';

/** Messages of each sender that it begins and has acknowledged after the crash. */
const afterwards = 3;

/**
 * Everybody sends as fast as answers come, every second one over HTTP, the others on a socket: before the crash without
 * end, after it until each has had a few acknowledged.
 */
export class CrashLoad {
  /** Settles when all have been answered for all they sent. Rejects on an answer that nobody expects. */
  readonly settled: Promise<void>;
  acknowledged = 0;
  readonly #senders: readonly Sender[];
  #crashedAt: number | null = null;
  #recoveredAt: number | null = null;
  #isStopped = false;

  constructor(server: { readonly url: string }, people: readonly Person[], roomIds: readonly string[], name: string) {
    const counts = people.map(() => 0);
    this.#senders = people.map((person, index) => {
      const door = index % 2 === 0 ? httpDoor(person) : socketDoor(server, person);
      return new Sender(person, door, (beganAt) => {
        this.acknowledged += 1;
        if (this.#crashedAt === null || beganAt < this.#crashedAt) return;
        this.#recoveredAt ??= performance.now();
        counts[index] = (counts[index] ?? 0) + 1;
      });
    });
    const wantsMore = (index: number) =>
      !this.#isStopped && (this.#crashedAt === null || (counts[index] ?? 0) < afterwards);
    const runs = this.#senders.map((sender, index) => sender.run(roomIds, `${name}-${index}`, () => wantsMore(index)));
    this.settled = Promise.all(runs).then(() => undefined);
    this.settled.catch(() => undefined);
  }

  get sent(): readonly Sent[] {
    return this.#senders.flatMap((sender) => sender.sent);
  }

  /** From now on, up to the crash, acknowledgements are lost on the way. */
  deafen(): void {
    for (const sender of this.#senders) sender.isDeaf = true;
  }

  /** Acknowledgements that were lost on the way. */
  get unheard(): number {
    return this.#senders.reduce((sum, sender) => sum + sender.unheard, 0);
  }

  /** Writes that are without an answer. */
  get inFlight(): number {
    return this.#senders.filter((sender) => sender.isInFlight).length;
  }

  /** The crash is now. Returns the writes in flight. */
  crash(): number {
    this.#crashedAt = performance.now();
    for (const sender of this.#senders) sender.isDeaf = false;
    return this.inFlight;
  }

  /** From the crash to the first acknowledgement of a write that was asked for after it; NaN before that. */
  get recoveryMs(): number {
    return this.#recoveredAt === null ? Number.NaN : Math.round(this.#recoveredAt - (this.#crashedAt ?? 0));
  }

  stop(): void {
    this.#isStopped = true;
  }
}
