import { type Person, sendMutation } from '../test/support/person.ts';
import { until } from '../test/support/process.ts';
import type { WsClient } from '../test/support/ws-client.ts';

/** Somebody who writes at a set pace, into all rooms by turns, whether or not earlier messages were acknowledged. */
export class Writers implements AsyncDisposable {
  /** From the call that sends to the acknowledgement, of each. */
  readonly tookMs: number[] = [];
  readonly #client: WsClient;
  readonly #roomIds: readonly string[];
  readonly #timer: NodeJS.Timeout;
  readonly #running = new Set<Promise<void>>();
  #count = 0;
  #failure: unknown = null;

  static async begin(options: {
    readonly url: string;
    readonly person: Person;
    readonly roomIds: readonly string[];
    readonly perSecond: number;
    /** What each text has behind its number. */
    readonly filler?: string;
  }): Promise<Writers> {
    return new Writers(await options.person.connect(), options);
  }

  private constructor(
    client: WsClient,
    { roomIds, perSecond, filler = '' }: { roomIds: readonly string[]; perSecond: number; filler?: string },
  ) {
    this.#client = client;
    this.#roomIds = roomIds;
    const begunAt = performance.now();
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - begunAt) * perSecond) / 1_000);
      while (this.#count < due) this.#keep(this.#send(filler));
    }, 5);
  }

  /** Waits until so many more have been sent. */
  async goesOn(count: number): Promise<void> {
    const wanted = this.#count + count;
    await until(() => this.#failure !== null || this.#count >= wanted, 300_000);
    if (this.#failure !== null) throw this.#failure;
  }

  /** Ends the sending, and waits for the acknowledgements. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#running);
    if (this.#failure !== null) throw this.#failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#client.socket.terminate();
    await Promise.allSettled(this.#running);
  }

  #keep(running: Promise<void>): void {
    const kept = running
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#running.delete(kept));
    this.#running.add(kept);
  }

  async #send(filler: string): Promise<void> {
    const roomId = this.#roomIds[this.#count % this.#roomIds.length] as string;
    const text = `${this.#count} ${filler}`.trim();
    this.#count += 1;
    const sentAt = performance.now();
    const answer = await this.#client.request(sendMutation, { input: { roomId, text } });
    if (!answer.data?.sendMessage.message) throw new Error(JSON.stringify(answer));
    this.tookMs.push(performance.now() - sentAt);
  }
}
