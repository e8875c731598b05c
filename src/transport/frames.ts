/** Messages of graphql-transport-ws that we write ourselves: those of the hub, and pongs. */

/** One message on its way out: a part of its own, then one that other connections have too. */
export interface Frame {
  readonly head: Buffer;
  readonly body: Buffer;
}

const nothing = Buffer.alloc(0);

/** A message that nobody shares. */
export function frameOf(text: string | Buffer): Frame {
  // A buffer, because strings are counted in UTF-16 code units and not in bytes.
  return { head: nothing, body: typeof text === 'string' ? Buffer.from(text) : text };
}

/** The part of a `next` message before its payload: made once per subscription. */
export function nextFrameHead(id: string): Buffer {
  return Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`);
}

/**
 * The part of `next` messages behind their heads. Members of a group get the same payload one after the other: its bytes
 * are made for the first and kept for the next.
 */
export class NextBodies {
  #payload: string | null = null;
  #bytes = nothing;

  /** `payload`: the JSON of an execution result. */
  bytesOf(payload: string): Buffer {
    if (payload !== this.#payload) {
      this.#bytes = Buffer.from(`${payload}}`);
      this.#payload = payload;
    }
    return this.#bytes;
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
