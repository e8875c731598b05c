import pg from 'pg';
import type { DatabaseConnection } from '../db/connection.ts';
import type { Log } from '../observe/log.ts';
import type { Position } from './position.ts';

/** Each commit notifies it of the newest position, within its own transaction. */
export const BELL_CHANNEL = 'parley_log';

/** A lost connection is made anew after this time, less up to half of it. */
const RETRY_MS = 1_000;
const STOP_PATIENCE_MS = 1_000;

export interface BellOptions {
  /** PostgreSQL itself: behind a pooler in transaction mode nothing would ever ring. */
  readonly connection: DatabaseConnection;
  /** Must not throw. Called in no order, late, or not at all: a bell says where to look, the log what there is. */
  readonly onPosition: (position: Position) => void;
  readonly log: Log;
  readonly random: () => number;
}

/**
 * Listens, on one connection of its own, for the commits of all nodes: the second bell, beside the bus. connecting →
 * listening → lost → connecting, until stopped. Never throws; what was missed meanwhile shows when heads are compared.
 */
export class Bell {
  readonly #options: BellOptions;
  #client: pg.Client | null = null;
  #retry: NodeJS.Timeout | null = null;
  #isListening = false;
  #isStopped = false;

  constructor(options: BellOptions) {
    this.#options = options;
    this.#connect();
  }

  get isListening(): boolean {
    return this.#isListening;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#retry) clearTimeout(this.#retry);
    const ended = this.#client?.end().catch(() => undefined);
    // A database that hangs does not hear the farewell.
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, STOP_PATIENCE_MS).unref())]);
  }

  #connect(): void {
    const client = new pg.Client({
      ...this.#options.connection,
      application_name: 'parley bell',
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    });
    this.#client = client;
    let isLost = false;
    const lose = (error?: Error) => {
      if (isLost) return;
      isLost = true;
      this.#lose(client, error);
    };
    client.on('error', lose);
    client.on('end', () => lose());
    client.on('notification', ({ channel, payload }) => {
      const position = Number(payload);
      if (channel === BELL_CHANNEL && Number.isSafeInteger(position)) this.#options.onPosition(position);
    });
    client
      .connect()
      .then(() => client.query(`LISTEN ${BELL_CHANNEL}`))
      .then(() => this.#listen())
      .catch(lose);
  }

  #listen(): void {
    if (this.#isStopped) return;
    this.#isListening = true;
    this.#options.log.debug({}, 'listening for commits');
  }

  #lose(client: pg.Client, error: Error | undefined): void {
    client.end().catch(() => undefined);
    if (this.#isStopped) return;
    if (this.#isListening) {
      this.#options.log.warn(
        { reason: error?.message ?? 'closed' },
        'the connection that listens for commits was lost',
      );
    }
    this.#isListening = false;
    this.#retry = setTimeout(() => this.#connect(), RETRY_MS * (0.5 + this.#options.random() / 2)).unref();
  }
}
