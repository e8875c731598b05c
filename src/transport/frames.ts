import type { Outgoing } from '../hub/contract.ts';

/** Messages of graphql-transport-ws that we write ourselves: those of the hub, and pongs. */

/** Messages on their way out: each is the head, which is of this connection, and a body, which others have too. */
export interface Frame {
  readonly head: Buffer;
  /** Where it is the same array, the bodies are the same. */
  readonly bodies: readonly Buffer[];
}

export const nothing = Buffer.alloc(0);

/** A message that nobody shares. */
export function frameOf(text: string | Buffer): Frame {
  // A buffer, because strings are counted in UTF-16 code units and not in bytes.
  return { head: nothing, bodies: [typeof text === 'string' ? Buffer.from(text) : text] };
}

/** The part of a `next` message before its payload: made once per subscription. */
export function nextFrameHead(id: string): Buffer {
  const text = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  // Outside of the pool: it stays as long as the subscription, and would keep 8 KB of what was beside it that long.
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

/**
 * The part of `next` messages behind their heads. Members of a group get the same payloads one after the other: their bytes
 * are made for the first and kept for the next.
 */
export class NextBodies {
  #run: readonly Outgoing[] = [];
  #bodies: readonly Buffer[] = [];

  bodiesOf(run: readonly Outgoing[]): readonly Buffer[] {
    if (run !== this.#run) {
      this.#bodies = run.map(({ payload }) => this.#bytesOf(payload));
      this.#run = run;
    }
    return this.#bodies;
  }

  #bytesOf(payload: string): Buffer {
    const before = this.#run.length === 1 && this.#run[0]?.payload === payload ? this.#bodies[0] : undefined;
    return before ?? Buffer.from(`${payload}}`);
  }
}

/** Null: the payload is nested deeper than it can be written. */
export function pongFrame(payload: unknown): string | null {
  if (payload === undefined || payload === null) return '{"type":"pong"}';
  try {
    return `{"type":"pong","payload":${JSON.stringify(payload)}}`;
  } catch {
    return null;
  }
}

/** The longest that a reason of a close frame may be is 123 bytes; it is cut between characters. */
export function closeReason(text: string): string {
  let reason = text.slice(0, 123);
  while (Buffer.byteLength(reason) > 123) reason = reason.slice(0, -1);
  return reason.replace(/[\ud800-\udbff]$/, '');
}
