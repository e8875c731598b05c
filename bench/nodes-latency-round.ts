import { setTimeout as delay } from 'node:timers/promises';
import type { Hear, Member } from './nodes-latency-people.ts';

export interface Round {
  readonly receipts: number;
  /** From the call that sends to the arrival, over every receipt, in ms. */
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  /** Of those receipts alone whose sender is on another node. */
  readonly acrossP50: number;
  readonly acrossP99: number;
  /** From the call that sends to the acknowledgement. */
  readonly acknowledgedP50: number;
  readonly acknowledgedP99: number;
  /** Those counted, with performance.now() of when they were sent. */
  readonly acknowledged: readonly Acknowledged[];
}

export interface Acknowledged {
  readonly sentAt: number;
  readonly tookMs: number;
}

export interface RoundOptions {
  readonly perSecond: number;
  readonly seconds: number;
  /** Sent before, at the same rate, and not counted. */
  readonly warmUpSeconds: number;
}

const arrivalBoundMs = 30_000;
/** The text of a message: its number first, then as much as people write. */
const filler = 'so that a message is about as long as those that people write to each other';

/** Everybody in one room of one system. */
export class Crowd {
  readonly #members: readonly Member[];
  readonly #sentAt: number[] = [];
  readonly #senderNode: number[] = [];
  readonly #arrivals: { readonly number: number; readonly node: number; readonly tookMs: number }[] = [];

  /** `open` makes the members; each is given what to call when it hears a message. */
  static async gather(open: (hear: (node: number) => Hear) => Promise<readonly Member[]>): Promise<Crowd> {
    let crowd: Crowd | null = null;
    const members = await open((node) => (text) => crowd?.hear(node, text));
    crowd = new Crowd(members);
    return crowd;
  }

  private constructor(members: readonly Member[]) {
    this.#members = members;
  }

  hear(node: number, text: string): void {
    const number = Number.parseInt(text, 10);
    this.#arrivals.push({ number, node, tookMs: performance.now() - (this.#sentAt[number] ?? Number.NaN) });
  }

  /**
   * Members take turns at a fixed rate, whether or not what they sent before was acknowledged. Throws when a send is
   * refused, or when somebody has not heard all of it in time.
   */
  async play({ perSecond, seconds, warmUpSeconds }: RoundOptions): Promise<Round> {
    this.#arrivals.length = 0;
    const first = this.#sentAt.length;
    const count = perSecond * (seconds + warmUpSeconds);
    const counted = first + perSecond * warmUpSeconds;
    const acknowledgements: Acknowledged[] = [];
    const sends: Promise<void>[] = [];
    const begunAt = performance.now();
    while (sends.length < count) {
      const due = Math.min(count, Math.floor(((performance.now() - begunAt) / 1_000) * perSecond) + 1);
      while (sends.length < due) sends.push(this.#send(first + sends.length, acknowledgements));
      await delay(1);
    }
    await Promise.all(sends);
    const bound = performance.now() + arrivalBoundMs;
    while (this.#arrivals.length < count * this.#members.length && performance.now() < bound) await delay(5);
    const heard = new Set(this.#arrivals.map(({ number }) => number));
    if (this.#arrivals.length !== count * this.#members.length || heard.size !== count) {
      throw new Error(`${this.#arrivals.length} receipts of ${heard.size} messages, of ${count} sent`);
    }
    const receipts = this.#arrivals.filter(({ number }) => number >= counted);
    const all = receipts.map(({ tookMs }) => tookMs);
    const across = receipts.filter(({ number, node }) => this.#senderNode[number] !== node);
    const acrossMs = across.map(({ tookMs }) => tookMs);
    const countedFrom = this.#sentAt[counted] ?? 0;
    const acknowledged = acknowledgements.filter(({ sentAt }) => sentAt >= countedFrom);
    const acknowledgedMs = acknowledged.map(({ tookMs }) => tookMs);
    return {
      receipts: receipts.length,
      p50: percentile(all, 0.5),
      p99: percentile(all, 0.99),
      longest: percentile(all, 1),
      acrossP50: percentile(acrossMs, 0.5),
      acrossP99: percentile(acrossMs, 0.99),
      acknowledgedP50: percentile(acknowledgedMs, 0.5),
      acknowledgedP99: percentile(acknowledgedMs, 0.99),
      acknowledged,
    };
  }

  close(): void {
    for (const member of this.#members) member.close();
  }

  async #send(number: number, acknowledgements: Acknowledged[]): Promise<void> {
    const member = this.#members[number % this.#members.length] as Member;
    this.#senderNode[number] = member.node;
    const sentAt = performance.now();
    this.#sentAt[number] = sentAt;
    await member.send(`${number} ${filler}`);
    acknowledgements.push({ sentAt, tookMs: performance.now() - sentAt });
  }
}

/** The smallest value that this part of them does not exceed. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}

/** Of an even number of values, the middle of the two in the middle. */
export function median(values: readonly number[]): number {
  const reversed = values.map((value) => -value);
  return (percentile(values, 0.5) - percentile(reversed, 0.5)) / 2;
}
