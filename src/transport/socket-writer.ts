import type { Socket } from 'node:net';
import type { Frame } from './frames.ts';

/** FIN and the opcode of a text message, RFC 6455, 5.2. A server masks nothing. */
const TEXT_FRAME = 0x81;
/** Bytes that are laid out once and kept from one socket to the next. */
const KEPT_LAYOUT_BYTES = 256 * 1_024;
/** From this length on a body goes to a slow socket as it is, shared; below it, it is cheaper to copy than to hold. */
const SHARED_BODY_BYTES = 1_024;

/**
 * Writes text messages to WebSockets. Members of a group get the same bodies in the same turn, behind heads of the same
 * length (ids are mostly UUIDs or single digits): the frames are laid out for the first of them, and for the others only
 * the heads are written into the same bytes. That is allowed because a socket that keeps up hands the bytes to the kernel
 * before `write` returns; one that does not keeps them, and the next one gets new ones. Of long messages slow
 * sockets keep the same bytes.
 */
export class SocketWriter {
  #layout: Layout | null = null;

  /** See `Outlet.write`. */
  write(tcp: Socket, frames: readonly Frame[], isBehind: boolean, onWritten?: () => void): boolean {
    if (isBehind) {
      writeShared(tcp, frames, onWritten);
      return tcp.writableLength === 0;
    }
    const layout = this.#layout?.fits(frames) ? this.#layout : new Layout(frames);
    layout.setHeads(frames);
    tcp.write(layout.bytes, onWritten);
    const isTaken = tcp.writableLength === 0;
    this.#layout = isTaken && layout.bytes.length <= KEPT_LAYOUT_BYTES ? layout : null;
    return isTaken;
  }
}

/** WebSocket frames one behind the other, whose heads can be exchanged for others of the same lengths. */
class Layout {
  readonly bytes: Buffer;
  readonly #frames: readonly Frame[];
  readonly #headStarts: number[] = [];

  constructor(frames: readonly Frame[]) {
    this.#frames = frames;
    this.bytes = Buffer.allocUnsafe(frames.reduce((sum, frame) => sum + frameLength(frame), 0));
    let at = 0;
    for (const { head, bodies } of frames) {
      for (const body of bodies) {
        at = writeHeader(this.bytes, at, head.length + body.length);
        this.#headStarts.push(at);
        at += head.length;
        at += body.copy(this.bytes, at);
      }
    }
  }

  fits(frames: readonly Frame[]): boolean {
    if (frames.length !== this.#frames.length) return false;
    for (let n = 0; n < frames.length; n += 1) {
      const own = this.#frames[n] as Frame;
      const other = frames[n] as Frame;
      if (own.head.length !== other.head.length || !haveSameBodies(own, other)) return false;
    }
    return true;
  }

  setHeads(frames: readonly Frame[]): void {
    let message = 0;
    for (const { head, bodies } of frames) {
      for (let n = 0; n < bodies.length; n += 1) {
        this.bytes.set(head, this.#headStarts[message]);
        message += 1;
      }
    }
  }
}

function haveSameBodies({ bodies: own }: Frame, { bodies: other }: Frame): boolean {
  return own === other || (own.length === other.length && own.every((body, n) => body === other[n]));
}

/** To a socket that has unsent bytes already: what it holds on to should be held once for all such sockets. */
function writeShared(tcp: Socket, frames: readonly Frame[], onWritten?: () => void): void {
  const messages = frames.flatMap(({ head, bodies }) => bodies.map((body) => ({ head, body })));
  tcp.cork();
  for (const [n, { head, body }] of messages.entries()) {
    const length = head.length + body.length;
    const isShared = body.length >= SHARED_BODY_BYTES;
    const start = Buffer.allocUnsafe(headerLength(length) + (isShared ? head.length : length));
    const at = writeHeader(start, 0, length);
    head.copy(start, at);
    const done = n === messages.length - 1 ? onWritten : undefined;
    if (isShared) {
      tcp.write(start);
      tcp.write(body, done);
    } else {
      body.copy(start, at + head.length);
      tcp.write(start, done);
    }
  }
  tcp.uncork();
}

function headerLength(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

/** Length on the wire, in bytes. */
export function frameLength({ head, bodies }: Frame): number {
  let sum = 0;
  for (const body of bodies) {
    const length = head.length + body.length;
    sum += headerLength(length) + length;
  }
  return sum;
}

/** Returns where the message begins. */
function writeHeader(bytes: Buffer, at: number, length: number): number {
  bytes[at] = TEXT_FRAME;
  if (length < 126) bytes[at + 1] = length;
  else if (length < 65_536) {
    bytes[at + 1] = 126;
    bytes.writeUInt16BE(length, at + 2);
  } else {
    bytes[at + 1] = 127;
    bytes.writeBigUInt64BE(BigInt(length), at + 2);
  }
  return at + headerLength(length);
}
