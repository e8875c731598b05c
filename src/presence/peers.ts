import type { People } from './people.ts';
import type { PresenceNote } from './presence-note.ts';

interface Peer {
  /** Of the people that are known of. */
  version: number;
  /** By `performance.now()`. */
  endsAtMs: number;
  askedAtMs: number;
  /** Parts of all its people that have come in so far. */
  parts: { readonly version: number; readonly userIds: Map<number, readonly string[]> } | null;
}

export interface PeersOptions {
  readonly people: People;
  readonly ttlMs: number;
  readonly graceMs: number;
  /** Asks a node for all of its people. */
  readonly ask: (node: string) => void;
}

/** What is not answered is asked again, but not at every word of the other. */
const ASK_AGAIN_MS = 1_000;

/**
 * The other nodes, as this one hears of them. unknown → behind (its version is another than ours: asked for all its
 * people) ⇄ level → ended, when nothing was heard for the time of a lease. Words of a version that is past change
 * nothing, so that a message that comes late or twice does no harm.
 */
export class Peers {
  readonly #options: PeersOptions;
  readonly #peers = new Map<string, Peer>();

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  alive(node: string, version: number): void {
    const peer = this.#renew(node, version);
    if (peer && peer.version < version) this.#ask(node, peer);
  }

  changed({ node, version, came, left }: Extract<PresenceNote, { kind: 'changed' }>): void {
    const peer = this.#renew(node, version);
    if (!peer || peer.version === version) return;
    if (peer.version !== version - 1) {
      this.#ask(node, peer);
      return;
    }
    peer.version = version;
    for (const userId of came) this.#options.people.add(node, userId);
    for (const userId of left) this.#options.people.delete(node, userId);
  }

  whole({ node, version, part, parts, userIds }: Extract<PresenceNote, { kind: 'whole' }>): void {
    const peer = this.#renew(node, version);
    if (!peer || peer.version === version) return;
    if (peer.parts?.version !== version) peer.parts = { version, userIds: new Map() };
    peer.parts.userIds.set(part, userIds);
    if (peer.parts.userIds.size < parts) return;
    const all = new Set([...peer.parts.userIds.values()].flat());
    peer.parts = null;
    peer.version = version;
    this.#options.people.replace(node, all);
  }

  /** Its people have the grace to come back elsewhere. */
  gone(node: string): void {
    const peer = this.#peers.get(node);
    if (peer) peer.endsAtMs = Math.min(peer.endsAtMs, performance.now() + this.#options.graceMs);
  }

  /** Ends the leases whose time is over. To be called every now and then. */
  sweep(): void {
    const nowMs = performance.now();
    for (const [node, { endsAtMs }] of this.#peers) {
      if (endsAtMs > nowMs) continue;
      this.#peers.delete(node);
      this.#options.people.replace(node, new Set());
    }
  }

  /** Null: what was said is past. */
  #renew(node: string, version: number): Peer | null {
    const endsAtMs = performance.now() + this.#options.ttlMs;
    const known = this.#peers.get(node);
    if (known && known.version > version) return null;
    const peer = known ?? { version: 0, endsAtMs, askedAtMs: Number.NEGATIVE_INFINITY, parts: null };
    peer.endsAtMs = endsAtMs;
    this.#peers.set(node, peer);
    return peer;
  }

  #ask(node: string, peer: Peer): void {
    const nowMs = performance.now();
    if (nowMs - peer.askedAtMs < ASK_AGAIN_MS) return;
    peer.askedAtMs = nowMs;
    this.#options.ask(node);
  }
}
