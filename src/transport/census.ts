import { LRUCache } from 'lru-cache';
import type { StreamEnd } from '../hub/contract.ts';
import type { CallerViewer } from './contract.ts';
import { Expiries } from './expiry.ts';
import type { Remote } from './remote.ts';

/** A connection that stays open: a WebSocket, or a stream of events over HTTP. */
export interface LastingConnection {
  readonly remote: Remote;
  /** Null before sign-in, and when signed out. */
  readonly viewer: CallerViewer | null;
  /** Ends streams with their last word, lets operations end for at most `graceMs`, then closes. Idempotent, never rejects. */
  leave(parting: Parting, graceMs: number): Promise<void>;
  /** Keeps a quiet connection alive, cuts a dead one. To be called every now and then. */
  sweep(nowMs: number): void;
  /** Cuts it without a word. */
  terminate(): void;
}

/** Why the server closes a connection. */
export interface Parting {
  readonly end: StreamEnd;
  /** Of a WebSocket. */
  readonly closeCode: number;
  /** True where the same request is answered again elsewhere, or here, in a moment. */
  readonly isToComeBack: boolean;
}

/** Sessions that ended while a connection was signing in with them: sign-in is over well within this time. */
const ENDED_SESSION_MS = 60_000;
const ENDED_SESSIONS = 10_000;

/** Which lasting connections there are, by address, person and session. */
export class Census {
  readonly all = new Set<LastingConnection>();
  readonly #byAddress = new Map<string, number>();
  readonly #byUser = new Map<string, number>();
  readonly #byCredential = new Map<string, Set<LastingConnection>>();
  readonly #endedCredentials = new LRUCache<string, Parting>({ max: ENDED_SESSIONS, ttl: ENDED_SESSION_MS });
  readonly #expiries: Expiries;
  readonly #setPresent: (userId: string, isPresent: boolean) => void;
  #onEmpty: (() => void)[] = [];

  /**
   * `setPresent` is told of the first connection of a person, and of the end of the last one; `onExpired` of credentials
   * that come to their end while somebody is connected by them.
   */
  constructor(
    setPresent: (userId: string, isPresent: boolean) => void,
    onExpired: (credentialId: string) => void = () => {},
  ) {
    this.#setPresent = setPresent;
    this.#expiries = new Expiries(onExpired);
  }

  /** Settles when there are none. */
  empty(): Promise<void> {
    if (this.all.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onEmpty.push(resolve));
  }

  countOfAddress(address: string): number {
    return this.#byAddress.get(address) ?? 0;
  }

  countOfUser(userId: string): number {
    return this.#byUser.get(userId) ?? 0;
  }

  /** Of those who are signed in, each once. */
  credentialIds(): readonly string[] {
    return [...this.#byCredential.keys()];
  }

  ofCredential(credentialId: string): readonly LastingConnection[] {
    return [...(this.#byCredential.get(credentialId) ?? [])];
  }

  add(connection: LastingConnection): void {
    this.all.add(connection);
    change(this.#byAddress, connection.remote.address, 1);
  }

  /** To be called once `connection.viewer` is known. Null: it is counted; else how that credential has ended meanwhile. */
  addViewer(connection: LastingConnection): Parting | null {
    const { viewer } = connection;
    if (viewer === null) return null;
    const ended = this.#endedCredentials.get(viewer.credentialId);
    if (ended) return ended;
    if (change(this.#byUser, viewer.user.id, 1) === 1) this.#setPresent(viewer.user.id, true);
    const ofCredential = this.#byCredential.get(viewer.credentialId) ?? new Set();
    this.#byCredential.set(viewer.credentialId, ofCredential.add(connection));
    if (viewer.expiresAt) this.#expiries.watch(viewer.credentialId, viewer.expiresAt);
    return null;
  }

  remove(connection: LastingConnection): void {
    if (!this.all.delete(connection)) return;
    if (this.all.size === 0) for (const resolve of this.#onEmpty.splice(0)) resolve();
    change(this.#byAddress, connection.remote.address, -1);
    const { viewer } = connection;
    const ofCredential = viewer === null ? undefined : this.#byCredential.get(viewer.credentialId);
    if (viewer === null || !ofCredential?.delete(connection)) return;
    if (change(this.#byUser, viewer.user.id, -1) === 0) this.#setPresent(viewer.user.id, false);
    if (ofCredential.size > 0) return;
    this.#byCredential.delete(viewer.credentialId);
    this.#expiries.forget(viewer.credentialId);
  }

  credentialEnded(credentialId: string, parting: Parting): void {
    this.#endedCredentials.set(credentialId, parting);
  }
}

/** The new count. */
function change(counts: Map<string, number>, key: string, by: number): number {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
  return count;
}
