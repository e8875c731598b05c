/** setTimeout takes no more than 24 days. */
const LONGEST_WAIT_MS = 86_400_000;

/** Calls back at the end of each credential that has one and that somebody is connected by. */
export class Expiries {
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #onExpired: (credentialId: string) => void;

  constructor(onExpired: (credentialId: string) => void) {
    this.#onExpired = onExpired;
  }

  /** Calls back in a turn of its own, also where the end has been. Once for each credential, however often it is watched. */
  watch(credentialId: string, expiresAt: Date): void {
    if (!this.#timers.has(credentialId)) this.#wait(credentialId, expiresAt);
  }

  forget(credentialId: string): void {
    clearTimeout(this.#timers.get(credentialId));
    this.#timers.delete(credentialId);
  }

  #wait(credentialId: string, expiresAt: Date): void {
    const leftMs = expiresAt.getTime() - Date.now();
    const next = () => {
      this.#timers.delete(credentialId);
      if (expiresAt.getTime() <= Date.now()) this.#onExpired(credentialId);
      else this.#wait(credentialId, expiresAt);
    };
    this.#timers.set(credentialId, setTimeout(next, Math.min(Math.max(0, leftMs), LONGEST_WAIT_MS)).unref());
  }
}
