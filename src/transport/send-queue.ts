import type { Socket } from 'node:net';
import type { Flushed, Flusher } from './flusher.ts';
import { type Frame, frameOf, nothing } from './frames.ts';

/** Pongs and answers that wait at once; far more than a client that reads ever has. Each costs some 300 bytes of memory. */
const WAITING_ANSWERS = 4_096;

/** Where the frames of a queue go: a WebSocket, or the answer to a request. */
export interface Outlet {
  /** Bytes that the kernel has not taken yet. */
  readonly unsentBytes: number;
  readonly isOpen: boolean;
  readonly isClosed: boolean;
  /** Bytes that a frame takes, what frames it included. */
  lengthOf(frame: Frame): number;
  /**
   * Writes all of them in one go; calls back, where told to, when the kernel has taken them, or never will. True when it has at
   * once. `isBehind`: it had not taken what was written before.
   */
  write(frames: readonly Frame[], isBehind: boolean, onWritten?: () => void): boolean;
  /** Cuts the connection without a word. */
  terminate(): void;
}

/**
 * The one way out of a connection: frames of the hub and of graphql-ws, in the order in which they were queued.
 * What is queued in one turn of the loop goes to the kernel in one write; in a crowd, what is queued while it rests (see Flusher).
 *
 * Bounded by its users: the hub stops writing by `unsentBytes` and goes on by `onceDrained`; every other message passes
 * `sendBounded`, which cuts the socket of a client that asks and does not read.
 */
export class SendQueue implements Flushed {
  /** For the flusher. */
  pass = 0;
  readonly #outlet: Outlet;
  readonly #tcp: Socket;
  readonly #flusher: Flusher;
  readonly #lowBytes: number;
  readonly #limitBytes: number;
  /** Null: nobody waits; as with the frames, what most connections have nothing of most of the time has no room kept. */
  #waiting: (() => void)[] | null = null;
  #hasAsked = false;
  /** False where the kernel took the last write at once. */
  #isBehind = false;
  #frames: Frame[] | null = null;
  #frameBytes = 0;
  #answers = 0;
  /** Answers that were written, and that the kernel has not taken. */
  #writtenAnswers = 0;
  #takenBytes = -1;
  #backlogBytes = 0;
  #progressAtMs = 0;

  constructor(options: {
    readonly outlet: Outlet;
    /** The connection below the outlet. */
    readonly tcp: Socket;
    readonly flusher: Flusher;
    readonly lowBytes: number;
    readonly limitBytes: number;
  }) {
    this.#outlet = options.outlet;
    this.#tcp = options.tcp;
    this.#flusher = options.flusher;
    this.#lowBytes = options.lowBytes;
    this.#limitBytes = options.limitBytes;
  }

  /** Bytes that are queued or that the kernel has not taken yet, what frames them included. */
  get unsentBytes(): number {
    return this.#frameBytes + this.#outlet.unsentBytes;
  }

  /** The same without what the connection says by itself (a WebSocket's pongs), for less work. */
  get unsentFrameBytes(): number {
    return this.#isBehind ? this.unsentBytes : this.#frameBytes;
  }

  /** Queues a frame behind all others. On a connection that is closing it is dropped in the end. */
  send(frame: Frame): void {
    if (this.#frames === null) {
      this.#flusher.add(this);
      this.#frames = [frame];
    } else this.#frames.push(frame);
    this.#frameBytes += this.#outlet.lengthOf(frame);
  }

  /** Queues a message that a client asked for; cuts the socket when it has not read what it asked for before. */
  sendBounded(message: string): void {
    if (this.unsentBytes > this.#limitBytes || this.#answers + this.#writtenAnswers >= WAITING_ANSWERS) {
      this.#outlet.terminate();
    } else {
      this.#answers += 1;
      this.send(frameOf(message));
      if (this.#answers === 1) this.#flusher.hasten(this);
    }
  }

  /**
   * Gives what is queued to the kernel now, and not at the end of the turn. Dropped on a connection that has begun to close by
   * itself meanwhile, as `ws` does with who breaks its protocol.
   */
  flush(): void {
    const frames = this.#frames;
    const answers = this.#answers;
    this.#frames = null;
    this.#frameBytes = 0;
    this.#answers = 0;
    if (frames === null || !this.#outlet.isOpen) return;
    this.#isBehind = !this.#outlet.write(frames, this.#isBehind, answers === 0 ? undefined : this.#counted(answers));
    if (this.#waiting !== null) this.#wake();
  }

  #counted(answers: number): () => void {
    this.#writtenAnswers += answers;
    return () => {
      this.#writtenAnswers -= answers;
    };
  }

  /** Calls back once, at or under lowBytes or when the socket has closed; never before this returns. */
  onceDrained(callback: () => void): void {
    if (this.#waiting === null) this.#waiting = [callback];
    else this.#waiting.push(callback);
    if (this.#isDrained) queueMicrotask(() => this.#wake());
    else this.#askToWake();
  }

  /** True when there are unsent bytes, and nothing of them went out for `stalledMs`. To be asked every now and then. */
  isStalled(nowMs: number, stalledMs: number): boolean {
    const takenBytes = this.#tcp.bytesWritten - this.#tcp.writableLength;
    const backlogBytes = kernelBacklog(this.#tcp);
    if (this.unsentBytes === 0 || takenBytes !== this.#takenBytes || backlogBytes !== this.#backlogBytes) {
      this.#takenBytes = takenBytes;
      this.#backlogBytes = backlogBytes;
      this.#progressAtMs = nowMs;
      return false;
    }
    return nowMs - this.#progressAtMs > stalledMs;
  }

  /** The socket has closed: whoever waits is told. */
  close(): void {
    if (this.#waiting !== null) queueMicrotask(() => this.#wake());
  }

  get #isDrained(): boolean {
    return this.unsentBytes <= this.#lowBytes || this.#outlet.isClosed;
  }

  /**
   * By an empty write: it is called back when the kernel has taken all that is before it. What waits for its turn to be written
   * asks when it is; a connection that ends wakes by its close.
   */
  #askToWake(): void {
    if (this.#hasAsked || this.#frames !== null || !this.#tcp.writable) return;
    this.#hasAsked = true;
    this.#tcp.write(nothing, (error) => {
      this.#hasAsked = false;
      if (!error) this.#wake();
    });
  }

  #wake(): void {
    if (this.#waiting === null) return;
    if (!this.#isDrained) {
      this.#askToWake();
      return;
    }
    const waiting = this.#waiting;
    this.#waiting = null;
    for (const callback of waiting) callback();
  }
}

/** What the kernel has not accepted of the write in flight. Node keeps it on the handle alone; without it, 0. */
function kernelBacklog(tcp: Socket): number {
  return (tcp as { _handle?: { writeQueueSize?: number } | null })._handle?.writeQueueSize ?? 0;
}
