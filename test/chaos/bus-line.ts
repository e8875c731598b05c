/**
 * What a hostile or broken Redis does to the news for one node: stands in the stream that Redis sends, understands as
 * much of its protocol (RESP 2) as it takes to know a committed batch of another node, and does what it is told to that.
 */
import { randomBytes } from 'node:crypto';

/**
 * drop: it does not come. repeat: it comes twice. reorder: behind the next one. damage: with a bit turned. forge: beside
 * it come an invented one and one of before, as it was sealed then.
 */
export type BusTrick = 'drop' | 'repeat' | 'reorder' | 'damage' | 'forge';

const SENDER_BYTES = 16;
const HEADER_BYTES = SENDER_BYTES + 32;
const CR_LF = Buffer.from('\r\n');

export class BusLine {
  /** Batches that the trick has been done to since it was set. */
  hits = 0;
  #trick: BusTrick | null = null;
  #wanted = 0;
  /** This node's own id, by its pulse: its echo is no news to it. */
  #own: string | null = null;
  #old: Buffer | null = null;

  /** For the next so many batches. */
  play(trick: BusTrick, count: number): void {
    this.#trick = trick;
    this.#wanted = count;
    this.hits = 0;
  }

  rest(): void {
    this.#wanted = 0;
  }

  /** For one connection: takes the bytes that come from Redis, gives those that go on. */
  readonly alter = (): ((bytes: Buffer) => Buffer) => {
    let unread: Buffer = Buffer.alloc(0);
    let late: Buffer | null = null;
    return (bytes) => {
      unread = Buffer.concat([unread, bytes]);
      const out: Buffer[] = [];
      for (let end = endOfReply(unread, 0); end > 0; end = endOfReply(unread, 0)) {
        const reply = unread.subarray(0, end);
        unread = unread.subarray(end);
        const message = messageOf(reply);
        const [, own] = /:pulse:([0-9a-f]+)$/.exec(message?.channel ?? '') ?? [];
        if (own !== undefined) this.#own = own;
        const isNews = message?.channel.endsWith(':committed') && !this.#isOwn(message.payload);
        const [passed, kept] = message && isNews ? this.#alterBatch(reply, message) : [[reply], null];
        out.push(...passed);
        // What was held comes behind whatever came next.
        if (late && (isNews || own !== undefined)) out.push(late);
        if (isNews || own !== undefined) late = kept;
      }
      return Buffer.concat(out);
    };
  };

  #isOwn(payload: Buffer): boolean {
    return payload.subarray(0, SENDER_BYTES).toString('hex') === this.#own;
  }

  /** What goes on now, and what behind the next reply. */
  #alterBatch(reply: Buffer, { channel, payload }: Message): [Buffer[], Buffer | null] {
    const old = this.#old;
    this.#old = reply;
    if (this.hits >= this.#wanted || payload.length <= HEADER_BYTES || this.#own === null) return [[reply], null];
    this.hits += 1;
    switch (this.#trick) {
      case 'drop':
        return [[], null];
      case 'repeat':
        return [[reply, reply], null];
      case 'reorder':
        return [[], reply];
      case 'damage': {
        const damaged = Buffer.from(payload);
        const at = HEADER_BYTES + (this.hits % (payload.length - HEADER_BYTES));
        damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
        return [[replyOf(channel, damaged)], null];
      }
      case 'forge':
        return [[replyOf(channel, forged(payload)), reply, ...(old ? [old] : [])], null];
      default:
        return [[reply], null];
    }
  }
}

interface Message {
  readonly channel: string;
  readonly payload: Buffer;
}

/** The batch as it is, of a sender and under a seal that nobody has, with every text of it changed. */
function forged(payload: Buffer): Buffer {
  const text = payload
    .subarray(HEADER_BYTES)
    .toString()
    .replace(/"text":"[^"]*"/g, '"text":"forged"');
  return Buffer.concat([randomBytes(HEADER_BYTES), Buffer.from(text)]);
}

/** Null for anything but a message that was published. */
function messageOf(reply: Buffer): Message | null {
  if (!reply.subarray(0, 20).toString('latin1').startsWith('*3\r\n$7\r\nmessage\r\n')) return null;
  const parts: Buffer[] = [];
  for (let at = reply.indexOf(CR_LF) + 2; at < reply.length; ) {
    const line = reply.indexOf(CR_LF, at);
    const length = Number(reply.toString('latin1', at + 1, line));
    parts.push(reply.subarray(line + 2, line + 2 + length));
    at = line + 2 + length + 2;
  }
  const [, channel, payload] = parts;
  return channel && payload ? { channel: channel.toString(), payload } : null;
}

function replyOf(channel: string, payload: Buffer): Buffer {
  const head = `*3\r\n$7\r\nmessage\r\n$${Buffer.byteLength(channel)}\r\n${channel}\r\n$${payload.length}\r\n`;
  return Buffer.concat([Buffer.from(head), payload, CR_LF]);
}

/** Where a reply of RESP 2 that begins at `at` ends; -1: not all of it is there. */
function endOfReply(bytes: Buffer, at: number): number {
  const line = bytes.indexOf(CR_LF, at);
  if (line < 0) return -1;
  const kind = String.fromCharCode(bytes[at] ?? 0);
  if (kind !== '$' && kind !== '*') return line + 2;
  const count = Number(bytes.toString('latin1', at + 1, line));
  if (kind === '$') {
    const end = count < 0 ? line + 2 : line + 2 + count + 2;
    return end <= bytes.length ? end : -1;
  }
  let end = line + 2;
  for (let left = count; left > 0 && end > 0; left -= 1) end = end < bytes.length ? endOfReply(bytes, end) : -1;
  return end;
}
