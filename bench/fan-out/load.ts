/** The process of the load: crowds of subscribers, one per server, and who publishes to them. Spoken to over IPC. */
import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../nodes-latency-round.ts';
import { obeyOrders } from '../ordered-process.ts';
import {
  answer,
  type Dialect,
  greet,
  type Publisher,
  pathOf,
  protocolOf,
  publication,
  type Subscriber,
  subscribe,
  TEXT_LENGTH,
} from './dialects.ts';
import { WireSocket } from './wire.ts';

export interface GatherOrder {
  readonly kind: 'gather';
  readonly name: string;
  /** Of the nodes: the n-th subscriber is at the n-th of them, and so on around; who publishes is at the first. */
  readonly urls: readonly string[];
  readonly dialect: Dialect;
  readonly subscribers: readonly Subscriber[];
  readonly publisher: Publisher;
}

export interface PlayOrder {
  readonly kind: 'play';
  readonly name: string;
  readonly seconds: number;
  readonly inFlight: number;
}

export interface LeaveOrder {
  readonly kind: 'leave';
  readonly name: string;
}

export interface Played {
  readonly deliveries: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
}

/** At so many sockets at once the backlog of a listening server is not overrun. */
const AT_ONCE = 50;
/** The latency is taken at every so manieth subscriber. */
const LISTENING = 25;
const PATIENCE_MS = 60_000;

class Crowd {
  readonly #sockets: WireSocket[] = [];
  readonly #order: GatherOrder;
  readonly #sentAt = new Map<number, number>();
  #publisher: WireSocket | null = null;
  #published = 0;
  #received = 0;
  #latencies: number[] = [];
  #onReceived = () => {};

  constructor(order: GatherOrder) {
    this.#order = order;
  }

  async gather(): Promise<void> {
    const { urls, dialect, subscribers, publisher } = this.#order;
    const waiting = [...subscribers.entries()];
    const open = (n: number) => WireSocket.open(urls[n % urls.length] ?? '', pathOf(dialect), protocolOf(dialect));
    const join = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [n, subscriber] = next;
        const socket = await open(n);
        await subscribe(socket, dialect, subscriber);
        this.#listen(socket, n % LISTENING === 0);
        this.#sockets.push(socket);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, join));
    this.#publisher = await open(0);
    await greet(this.#publisher, dialect, publisher.token);
    const own = this.#publisher;
    if (dialect === 'socketIo' || dialect === 'plain') this.#listen(own, false);
    // Servers that do not say when a subscription stands.
    await delay(1_000);
  }

  /** Publishes for so many seconds, at most `inFlight` that not everybody has, then waits until everybody has all. */
  async play({ seconds, inFlight }: PlayOrder): Promise<Played> {
    this.#latencies = [];
    const before = this.#received;
    const first = this.#published;
    const size = this.#sockets.length + (this.#hearsItself ? 1 : 0);
    const begunAt = performance.now();
    const completed = () => Math.floor((this.#received - before) / size);
    await new Promise<void>((resolve, reject) => {
      const giveUp = setTimeout(
        () => {
          const missing = (this.#published - first) * size - (this.#received - before);
          reject(new Error(`${this.#order.name}: ${missing} deliveries did not come`));
        },
        seconds * 1_000 + PATIENCE_MS,
      );
      this.#onReceived = () => {
        const isOver = performance.now() - begunAt > seconds * 1_000;
        const waiting = this.#published - first - completed();
        if (!isOver && waiting < inFlight) this.#publish(inFlight - waiting);
        else if (isOver && waiting === 0) {
          clearTimeout(giveUp);
          resolve();
        }
      };
      this.#onReceived();
    });
    this.#onReceived = () => {};
    const deliveries = this.#received - before;
    const took = (performance.now() - begunAt) / 1_000;
    return { deliveries, seconds: took, p50: percentile(this.#latencies, 0.5), p99: percentile(this.#latencies, 0.99) };
  }

  leave(): void {
    for (const socket of [...this.#sockets, ...(this.#publisher ? [this.#publisher] : [])]) socket.close();
  }

  get #hearsItself(): boolean {
    return this.#order.dialect === 'socketIo' || this.#order.dialect === 'plain';
  }

  #publish(count: number): void {
    const { dialect, publisher } = this.#order;
    const texts = Array.from({ length: count }, () => {
      const number = this.#published;
      this.#published += 1;
      this.#sentAt.set(number, performance.now());
      return publication(dialect, publisher, `<${number}>`.padEnd(TEXT_LENGTH, '-'));
    });
    this.#publisher?.sendAll(texts);
  }

  #listen(socket: WireSocket, isTimed: boolean): void {
    const { dialect } = this.#order;
    socket.onMessage = (bytes, start, end) => {
      if (end - start < TEXT_LENGTH) return answer(socket, dialect, bytes, start, end);
      this.#received += 1;
      if (isTimed) this.#time(bytes.toString('latin1', start, end));
      this.#onReceived();
    };
  }

  #time(message: string): void {
    const number = Number(/<(\d+)>/.exec(message)?.[1]);
    this.#latencies.push(performance.now() - (this.#sentAt.get(number) ?? Number.NaN));
  }
}

const crowds = new Map<string, Crowd>();

async function obey(order: GatherOrder | PlayOrder | LeaveOrder): Promise<unknown> {
  if (order.kind === 'gather') {
    const crowd = new Crowd(order);
    crowds.set(order.name, crowd);
    return crowd.gather();
  }
  const crowd = crowds.get(order.name);
  if (order.kind === 'play') return crowd?.play(order);
  crowds.delete(order.name);
  return crowd?.leave();
}

obeyOrders(obey);
