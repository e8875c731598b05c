import { LogBatch } from './batch.ts';
import type { Mark, Tag } from './position.ts';

/** Rooms whose counts are known; when there are more, all are forgotten. */
const ROOMS = 10_000;

/**
 * Where this process left the log. What it knew then is right as long as the log stands there, which position and random tag
 * tell: who writes on that condition alone need not read first. Where others write too that is tried again once the
 * log was found as it was left.
 */
export class LeftLog {
  #head: Mark | null = null;
  #isAlone = false;
  readonly #roomSeqs = new Map<string, number>();

  /** A batch behind what is known; null: not known, or somebody else wrote last. */
  batchOf(roomIds: readonly string[], at: Date, randomTag: () => Tag): LogBatch | null {
    if (this.#head === null || !this.#isAlone) return null;
    const roomSeqs = new Map<string, number>();
    for (const id of roomIds) {
      const roomSeq = this.#roomSeqs.get(id);
      if (roomSeq === undefined) return null;
      roomSeqs.set(id, roomSeq);
    }
    return new LogBatch(this.#head, roomSeqs, at, randomTag);
  }

  /** Tells where the log was found. False: not where this process left it. */
  found({ position, tag }: Mark): boolean {
    this.#isAlone = this.#head?.position === position && this.#head.tag === tag;
    if (!this.#isAlone) this.#roomSeqs.clear();
    return this.#isAlone;
  }

  /** Behind a batch that is committed, or will be: what is begun behind one that is not fails its proof. */
  leave({ head, roomSeqs }: LogBatch): void {
    if (this.#roomSeqs.size + roomSeqs.size > ROOMS) this.#roomSeqs.clear();
    this.#head = head;
    for (const [id, roomSeq] of roomSeqs) this.#roomSeqs.set(id, roomSeq);
  }

  forget(): void {
    this.#head = null;
    this.#isAlone = false;
    this.#roomSeqs.clear();
  }
}
