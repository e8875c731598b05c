import type { Position } from '../log/position.ts';
import type { MembershipChange, MembershipSnapshot, MembershipSpan } from '../log/span.ts';
import type { Log } from '../observe/log.ts';

/**
 * One person's memberships as the log has them at the tail: loaded with their position in one snapshot, then following
 * the tail. loading → loaded; changes that arrive while loading wait, those that the snapshot already has are dropped.
 */
export class Entitlement {
  readonly viewerId: string;
  readonly loaded: Promise<void>;
  readonly #markLoaded: () => void;
  #spans: MembershipSpan[] = [];
  #position: Position | null = null;
  #waiting: { change: MembershipChange; position: Position }[] = [];
  references = 0;

  constructor(viewerId: string) {
    this.viewerId = viewerId;
    const { promise, resolve } = deferred();
    this.loaded = promise;
    this.#markLoaded = resolve;
  }

  /** Position that the spans are of at least; null while loading. The tail must have reached it before they are used. */
  get position(): Position | null {
    return this.#position;
  }

  get spans(): readonly MembershipSpan[] {
    return this.#spans;
  }

  isMember(roomId: string): boolean {
    return this.#spans.some((span) => span.roomId === roomId && span.toPosition === null);
  }

  /** True where a span covers the position and the person may read the room now. */
  covers(roomId: string, position: Position): boolean {
    let isCovered = false;
    let isReadable = false;
    for (const span of this.#spans) {
      if (span.roomId !== roomId) continue;
      isReadable ||= !span.isPrivate || span.toPosition === null;
      isCovered ||= span.fromPosition <= position && (span.toPosition === null || position < span.toPosition);
    }
    return isCovered && isReadable;
  }

  load(snapshot: MembershipSnapshot): void {
    this.#spans = [...snapshot.spans];
    this.#position = snapshot.position;
    for (const { change, position } of this.#waiting) this.apply(change, position);
    this.#waiting = [];
    this.#markLoaded();
  }

  apply(change: MembershipChange, position: Position): void {
    if (this.#position === null) {
      this.#waiting.push({ change, position });
      return;
    }
    if (position <= this.#position) return;
    this.#position = position;
    const { roomId } = change;
    const isMember = this.isMember(roomId);
    if (change.change === 'joined' && !isMember) {
      this.#spans.push({ roomId, isPrivate: change.isPrivate, fromPosition: position, toPosition: null });
    }
    if (change.change === 'left' && isMember) {
      this.#spans = this.#spans.map((span) =>
        span.roomId === roomId && span.toPosition === null ? { ...span, toPosition: position } : span,
      );
    }
  }
}

export interface EntitlementsOptions {
  readonly loadMembership: (viewerId: string) => Promise<MembershipSnapshot>;
  readonly log: Log;
  readonly retryMs?: number;
}

/** The entitlements in use on this node, one per person. */
export class Entitlements {
  readonly #options: EntitlementsOptions;
  readonly #byViewer = new Map<string, Entitlement>();

  constructor(options: EntitlementsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#byViewer.size;
  }

  get(viewerId: string): Entitlement | undefined {
    return this.#byViewer.get(viewerId);
  }

  /** The person's entitlement, loading where it is new. Give it back by `release`. */
  acquire(viewerId: string): Entitlement {
    let entitlement = this.#byViewer.get(viewerId);
    if (!entitlement) {
      entitlement = new Entitlement(viewerId);
      this.#byViewer.set(viewerId, entitlement);
      void this.#load(entitlement);
    }
    entitlement.references += 1;
    return entitlement;
  }

  release(entitlement: Entitlement): void {
    entitlement.references -= 1;
    if (entitlement.references === 0) this.#byViewer.delete(entitlement.viewerId);
  }

  async #load(entitlement: Entitlement): Promise<void> {
    while (this.#byViewer.get(entitlement.viewerId) === entitlement) {
      try {
        entitlement.load(await this.#options.loadMembership(entitlement.viewerId));
        return;
      } catch (error) {
        this.#options.log.warn({ err: error, userId: entitlement.viewerId }, 'memberships could not be loaded; again');
        await new Promise((resolve) => setTimeout(resolve, this.#options.retryMs ?? 500));
      }
    }
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
