/** Readers that come and go: over sockets and event streams, on one node after the other, each with the cursor that it kept. */
import { setTimeout as delay } from 'node:timers/promises';
import { type OpenLink, type ReaderLink, socketLink } from '../support/crash-people.ts';
import { eventLink } from '../support/event-link.ts';
import { within } from '../support/process.ts';
import type { Address } from './doors.ts';
import type { Reading, Scope, SeenItem } from './evidence.ts';
import { eventsSubscription, factsOfItem, type Item, messageOfItem, messagesSubscription } from './facts.ts';

const retryMs = 25;
/** Checkpoints come every second: after this silence the connection is given up. */
const patienceMs = 4_000;

/** steady: stays until the connection breaks. coming: drops it after some items. slow: stops reading now and then. */
export type Habit = 'steady' | 'coming' | 'slow';

export interface ReaderOptions {
  readonly who: { readonly id: string; readonly token: string };
  readonly doors: readonly Address[];
  /** Where it stays, also when its connection breaks; absent: begins anywhere, and goes from one to the next. */
  readonly door?: number;
  readonly scope: Scope;
  readonly isEventStream: boolean;
  readonly habit: Habit;
  readonly random: () => number;
  readonly positionOf: (cursor: string) => number;
  /** Where to begin; absent: from now. */
  readonly cursor?: string;
  /** Told of every item, in order. */
  readonly onItem?: (item: Item) => void;
}

export class ChaosReader {
  readonly source: string;
  readonly items: SeenItem[] = [];
  /** Connections that brought something. */
  connections = 0;
  /** Where it stands: of the newest item, checkpoints too; null before the first. */
  position: number | null = null;
  /** The code with which the server ended it, or refused to let it come back; null so far. */
  endedBy: string | null = null;
  readonly #options: ReaderOptions;
  readonly #open: OpenLink;
  #from: number | null = null;
  #cursor: string | null;
  #link: ReaderLink | null = null;
  #isStopped = false;
  #at: number;

  constructor(options: ReaderOptions) {
    const { scope, isEventStream, habit, random, doors, cursor = null } = options;
    this.#options = options;
    this.#open = isEventStream ? eventLink : socketLink;
    this.#at = options.door ?? Math.floor(random() * doors.length);
    this.#cursor = cursor;
    this.source = `${habit} ${scope.kind === 'room' ? 'messages' : 'events'} by ${isEventStream ? 'SSE' : 'WebSocket'}`;
    if (cursor !== null) this.#from = options.positionOf(cursor);
  }

  /** Reads until it is stopped, or ended for good. Never rejects: what it cannot read is missing from its list. */
  async run(): Promise<void> {
    const { doors, door, who, scope } = this.#options;
    const asked =
      scope.kind === 'room'
        ? { document: messagesSubscription, variables: { roomId: scope.roomId } }
        : { document: eventsSubscription, variables: { roomIds: scope.roomIds } };
    while (!this.#isStopped && this.endedBy === null) {
      const { url } = doors[this.#at] as Address;
      if (door === undefined) this.#at = (this.#at + 1) % doors.length;
      const opening = this.#open({ url, token: who.token, cursor: this.#cursor, ...asked });
      // One that opens too late is closed, and not read.
      let isLate = false;
      opening.then(
        (link) => isLate && link.close(),
        () => undefined,
      );
      this.#link = await within(patienceMs, opening, () => 'not opened').catch((error: Error) => {
        isLate = true;
        this.#note(error);
        return null;
      });
      if (this.#link !== null && !this.#isStopped) await this.#read(this.#link);
      this.#link?.close();
      if (!this.#isStopped) await delay(retryMs);
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#link?.close();
  }

  /** As evidence. `revokedAt` of its credential; null: it was not revoked. */
  reading(isWhole: boolean, revokedAt: number | null = null): Reading {
    const { who, scope } = this.#options;
    const { source, items } = this;
    const from = this.#from ?? Number.MAX_SAFE_INTEGER;
    return { source, userId: who.id, scope, from, items, isQueried: false, isWhole, revokedAt };
  }

  async #read(link: ReaderLink): Promise<void> {
    const { habit, random } = this.#options;
    let left = habit === 'coming' ? 1 + Math.floor(random() * 60) : Number.POSITIVE_INFINITY;
    this.connections += 1;
    try {
      while (!this.#isStopped && this.endedBy === null && left > 0) {
        const next = await within(patienceMs, link.next(), () => 'silence');
        if (next === null) return;
        this.#take(next.item, next.cursor);
        left -= 1;
        if (habit === 'slow' && random() < 0.02) await this.#dawdle(link);
      }
    } catch (error) {
      this.#note(error as Error);
    }
  }

  async #dawdle(link: ReaderLink): Promise<void> {
    link.pause();
    await delay(this.#options.random() * 600);
    link.resume();
  }

  #take(item: Item, cursor: string): void {
    this.#cursor = cursor;
    const position = this.#options.positionOf(cursor);
    this.position = position;
    this.#from ??= position;
    if (item.end) this.endedBy = endOf(item.end.code);
    const facts = factsOfItem(item);
    if (facts === null) return;
    this.items.push({ position, facts, message: messageOfItem(item) });
    this.#options.onItem?.(item);
  }

  /** A refusal ends the reader; anything else is a connection that broke. */
  #note({ message }: Error): void {
    const [refusal] = /UNAUTHENTICATED|NOT_FOUND|FORBIDDEN|CURSOR_EXPIRED|CURSOR_INVALID|440[13]/.exec(message) ?? [];
    if (refusal !== undefined && !this.#isStopped) this.endedBy = refusal;
  }
}

/** A node that stops is no end of the stream. */
function endOf(code: string): string | null {
  return code === 'SERVER_STOPPING' ? null : code;
}
