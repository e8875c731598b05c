import { randomBytes } from 'node:crypto';
import { RedisPubSub } from 'graphql-redis-subscriptions';
import { Redis, type RedisOptions } from 'ioredis';
import type { Log } from '../observe/log.ts';
import type { BusHealth } from './bus.ts';
import { connectionOf, parseRedisUrl, type RedisAddress } from './redis-address.ts';
import { RedisSubscriber } from './redis-subscriber.ts';
import { createSeal, type Seal } from './seal.ts';

/**
 * This node's two connections to Redis, shared by all that nodes tell each other. starting → up ⇄ down → closed.
 * Up means that a pulse made the round: this node published it and it came back. Down is said once, and so is the way
 * back. Nothing here throws, rejects or waits for Redis: while it is away, what is said is dropped.
 */
export interface RedisLinkOptions {
  /** As `parseRedisUrl` takes it. */
  readonly url: string;
  /** Part of every topic, so that deployments on one Redis never mix. */
  readonly epoch: string;
  /** Of the seal, in hexadecimal digits: from the database of the deployment. */
  readonly key: string;
  readonly log: Log;
  readonly random: () => number;
}

/** Redis is back within half a second of its return, and a crowd of nodes does not knock at once. */
const RETRY_MS = 500;
const PULSE_MS = 1_000;
/** A pulse that has not come back after this time: the connections are given up and made anew. */
const PULSE_PATIENCE_MS = 1_500;
/** How long a start waits for Redis before it goes on without. */
const START_PATIENCE_MS = 2_000;
/** What may be on its way to Redis; more is dropped, and read from the log. */
const IN_FLIGHT_BYTES = 16 * 2 ** 20;
const REFUSED_LOG_MS = 10_000;

const connectionLimits: RedisOptions = {
  enableOfflineQueue: false,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  // What waits for an answer when the connection breaks fails there and then.
  maxRetriesPerRequest: 0,
  commandTimeout: 1_000,
  socketTimeout: 1_500,
  connectTimeout: 1_500,
  disconnectTimeout: 200,
  keepAlive: 10_000,
  disableClientInfo: true,
  sentinelCommandTimeout: 1_000,
  sentinelRetryStrategy: () => RETRY_MS / 2,
};

export class RedisLink implements AsyncDisposable {
  readonly #options: RedisLinkOptions;
  readonly #seal: Seal;
  readonly #prefix: string;
  readonly #publisher: Redis;
  readonly #subscription: Redis;
  readonly #subscriber: RedisSubscriber;
  readonly #pubsub: RedisPubSub;
  readonly #pulseTopic: string;
  readonly #pulseTimer: NodeJS.Timeout;
  readonly #onUp = new Set<() => void>();
  #state: BusHealth['state'] = 'starting';
  #since = new Date();
  #reason: string | null = null;
  /** What went wrong last, for the reason. */
  #trouble: string | null = null;
  #pulse: { readonly id: number; readonly sentAt: number } | null = null;
  #pulses = 0;
  #inFlightBytes = 0;
  #refused = 0;
  #refusedTimer: NodeJS.Timeout | null = null;
  #markStarted: () => void = () => undefined;

  private constructor(options: RedisLinkOptions) {
    this.#options = options;
    const sender = randomBytes(16);
    this.#seal = createSeal(Buffer.from(options.key, 'hex'), sender);
    this.#prefix = `parley:${options.epoch}:`;
    this.#pulseTopic = `${this.#prefix}pulse:${sender.toString('hex')}`;
    const address = parseRedisUrl(options.url);
    this.#publisher = this.#connect(address);
    this.#subscription = this.#connect(address);
    this.#publisher.on('ready', () => this.#sendPulse());
    this.#subscriber = new RedisSubscriber(this.#subscription, () => this.#sendPulse());
    this.#pubsub = new RedisPubSub({
      publisher: this.#publisher,
      subscriber: this.#subscriber as unknown as Redis,
      messageEventName: 'messageBuffer',
    });
    // After a stall of the process the timer comes first, before the pulse that has waited in its socket.
    this.#pulseTimer = setInterval(() => setImmediate(() => this.#checkPulse()), PULSE_MS).unref();
  }

  /** Resolves when Redis answers, and at the latest after 2 s, with or without it. Throws for a URL that is none. */
  static async start(options: RedisLinkOptions): Promise<RedisLink> {
    const link = new RedisLink(options);
    const patience = setTimeout(() => link.#goDown('it did not answer in time'), START_PATIENCE_MS);
    await new Promise<void>((resolve) => {
      link.#markStarted = resolve;
      void link.#pubsub.subscribe(link.#pulseTopic, (bytes: Buffer) => link.#hearPulse(bytes));
    });
    clearTimeout(patience);
    return link;
  }

  get health(): BusHealth {
    return { state: this.#state, since: this.#since, reason: this.#reason };
  }

  /** Says the payload to the other nodes, if Redis takes it now; `payload` is asked for only then. */
  publish(topic: string, payload: () => string): void {
    if (this.#publisher.status !== 'ready' || this.#inFlightBytes > IN_FLIGHT_BYTES) return;
    const name = this.#prefix + topic;
    const bytes = this.#seal.seal(name, payload());
    this.#inFlightBytes += bytes.length;
    this.#pubsub
      .publish(name, bytes)
      .catch(this.#remember)
      .finally(() => {
        this.#inFlightBytes -= bytes.length;
      });
  }

  /** Hands over what other nodes of the deployment say; `isKnown` is false for a payload that means nothing here. */
  async subscribe(topic: string, isKnown: (payload: string) => boolean): Promise<() => void> {
    const name = this.#prefix + topic;
    const id = await this.#pubsub.subscribe(name, (bytes: Buffer) => {
      const opened = this.#seal.open(name, bytes);
      if (opened === 'own') return;
      try {
        if (opened === 'refused' || !isKnown(opened.payload)) this.#countRefused();
      } catch (error) {
        this.#options.log.error({ err: error, topic }, 'a message on the bus could not be taken in');
      }
    });
    return () => this.#pubsub.unsubscribe(id);
  }

  /** Calls back each time that Redis has come, or come back. */
  onUp(callback: () => void): () => void {
    this.#onUp.add(callback);
    return () => this.#onUp.delete(callback);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === 'closed') return;
    this.#enter('closed', null);
    clearInterval(this.#pulseTimer);
    if (this.#refusedTimer) clearTimeout(this.#refusedTimer);
    this.#subscriber.close();
    this.#onUp.clear();
    for (const connection of [this.#publisher, this.#subscription]) connection.disconnect();
  }

  #connect(address: RedisAddress): Redis {
    const connection: Redis = new Redis({
      ...connectionLimits,
      ...connectionOf(address),
      retryStrategy: (times) => {
        if (address.kind === 'hosts') Object.assign(connection.options, address.hosts[times % address.hosts.length]);
        return RETRY_MS * (0.5 + this.#options.random() / 2);
      },
    });
    connection.on('error', this.#remember);
    connection.on('close', () => {
      dropTimeout(connection);
      this.#goDown(this.#trouble ?? 'a connection was closed');
    });
    return connection;
  }

  readonly #remember = (error: unknown): void => {
    const { message, code } = error as NodeJS.ErrnoException;
    this.#trouble = message || code || String(error);
  };

  #checkPulse(): void {
    if (this.#state === 'closed') return;
    const isConnected = this.#publisher.status === 'ready' && this.#subscriber.isHeld;
    if (!isConnected) {
      this.#goDown(this.#trouble ?? 'it does not answer');
    } else if (!this.#pulse) {
      this.#sendPulse();
    } else if (performance.now() - this.#pulse.sentAt > PULSE_PATIENCE_MS) {
      this.#pulse = null;
      this.#goDown('what is published does not come back');
      for (const connection of [this.#publisher, this.#subscription]) connection.disconnect(true);
    }
  }

  #sendPulse(): void {
    if (this.#publisher.status !== 'ready' || !this.#subscriber.isHeld) return;
    this.#pulses += 1;
    this.#pulse = { id: this.#pulses, sentAt: performance.now() };
    this.#pubsub.publish(this.#pulseTopic, Buffer.from(String(this.#pulses))).catch(this.#remember);
  }

  #hearPulse(bytes: Buffer): void {
    if (bytes.toString() !== String(this.#pulse?.id)) return;
    this.#pulse = null;
    if (this.#state === 'up' || this.#state === 'closed') return;
    const wasDown = this.#state === 'down';
    this.#trouble = null;
    this.#enter('up', null);
    if (wasDown) this.#options.log.info({}, 'the bus is back');
    for (const callback of this.#onUp) callback();
  }

  #goDown(reason: string): void {
    if (this.#state === 'down' || this.#state === 'closed') return;
    this.#enter('down', reason);
    this.#options.log.warn({ reason }, 'the bus is down, going on by the log');
  }

  #enter(state: BusHealth['state'], reason: string | null): void {
    this.#state = state;
    this.#since = new Date();
    this.#reason = reason;
    this.#markStarted();
  }

  /** Said at once, then at most every 10 s. */
  #countRefused(): void {
    this.#refused += 1;
    if (!this.#refusedTimer) this.#tellRefused();
  }

  #tellRefused(): void {
    this.#refusedTimer = null;
    if (this.#refused === 0) return;
    this.#options.log.warn(
      { count: this.#refused },
      'messages on the bus were ignored: no node like this one sent them',
    );
    this.#refused = 0;
    this.#refusedTimer = setTimeout(() => this.#tellRefused(), REFUSED_LOG_MS).unref();
  }
}

/** ioredis 5 leaves the timer of `socketTimeout` running, which then cuts the next connection (redis/ioredis#2147, mended in 6). */
function dropTimeout(connection: Redis): void {
  clearTimeout(Reflect.get(connection, 'socketTimeoutTimer'));
  Reflect.set(connection, 'socketTimeoutTimer', undefined);
}
