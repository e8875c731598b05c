import { EventEmitter } from 'node:events';
import type { Redis } from 'ioredis';

/**
 * The subscriber that RedisPubSub is given instead of a connection. A wanted channel is asked for on each new connection,
 * and again after a refusal; nothing rejects. Handed a bare connection, RedisPubSub leaves a rejection without a home
 * when Redis is away (its issue 593), and ioredis does so when it subscribes again by itself (its issue 2187): either
 * ends the process.
 */
export class RedisSubscriber extends EventEmitter {
  readonly #connection: Redis;
  readonly #onHeld: () => void;
  readonly #wanted = new Set<string>();
  readonly #held = new Set<string>();
  #retry: NodeJS.Timeout | null = null;

  /** `onHeld` is told each time that all wanted channels have come to be held on a connection. */
  constructor(connection: Redis, onHeld: () => void) {
    super();
    this.#connection = connection;
    this.#onHeld = onHeld;
    connection.on('ready', () => void this.#ask());
    connection.on('close', () => this.#held.clear());
    connection.on('messageBuffer', (channel: Buffer, message: Buffer) => this.emit('messageBuffer', channel, message));
  }

  /** All that is wanted comes in. */
  get isHeld(): boolean {
    return this.#held.size === this.#wanted.size;
  }

  /** Calls back, always without an error, when the channel comes in, or when it cannot now. */
  subscribe(channel: string, done: (error: null) => void): void {
    this.#wanted.add(channel);
    void this.#ask().then(() => done(null));
  }

  unsubscribe(channel: string): void {
    this.#wanted.delete(channel);
    if (!this.#held.delete(channel)) return;
    this.#connection.unsubscribe(channel).catch(ignore);
  }

  /** No pattern is ever subscribed; some Redis do not know the command. */
  punsubscribe(): void {}

  close(): void {
    if (this.#retry) clearTimeout(this.#retry);
    this.#retry = null;
    this.#wanted.clear();
    this.removeAllListeners();
  }

  async #ask(): Promise<void> {
    const missing = [...this.#wanted].filter((channel) => !this.#held.has(channel));
    if (missing.length === 0 || this.#connection.status !== 'ready') return;
    try {
      await this.#connection.subscribe(...missing);
      // The connection may have been lost and made again meanwhile: then the next one has asked for itself.
      if (this.#connection.status !== 'ready') return;
      for (const channel of missing) if (this.#wanted.has(channel)) this.#held.add(channel);
      if (this.isHeld) this.#onHeld();
    } catch {
      this.#retry ??= setTimeout(() => {
        this.#retry = null;
        void this.#ask();
      }, RETRY_MS).unref();
    }
  }
}

const RETRY_MS = 500;

function ignore(): void {}
