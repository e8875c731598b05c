import type { Socket } from 'node:net';

/** Pongs and answers that wait at once; far more than a client that reads ever has. Each costs some 300 bytes of memory. */
const WAITING_ANSWERS = 4_096;

/** Where the frames of a queue go: a WebSocket, or the answer to a request. */
export interface Outlet {
  /** Bytes that the kernel has not taken yet, what frames them included. */
  readonly unsentBytes: number;
  readonly isOpen: boolean;
  readonly isClosed: boolean;
  /** Calls back when the kernel has taken the frame, or never will. */
  write(frame: Buffer, onWritten: () => void): void;
  /** Between the two, what is written is held back, to go out together. */
  cork(): void;
  uncork(): void;
  /** Cuts the connection without a word. */
  terminate(): void;
}

/**
 * The one way out of a connection: frames of the hub and of graphql-ws, in the order in which they were queued.
 * What is queued in one turn of the loop goes to the kernel in one write.
 *
 * Bounded by its users: the hub stops writing by `unsentBytes` and goes on by `onceDrained`; every other message passes
 * `sendBounded`, which cuts the socket of a client that asks and does not read.
 */
export class SendQueue {
  readonly #outlet: Outlet;
  readonly #tcp: Socket;
  readonly #flusher: Flusher;
  readonly #lowBytes: number;
  readonly #limitBytes: number;
  #waiting: (() => void)[] = [];
  #isCorked = false;
  #waitingAnswers = 0;
  #completedWrites = 0;
  #progressMark = '';
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

  /** Bytes that the kernel has not taken yet, what frames them included. */
  get unsentBytes(): number {
    return this.#outlet.unsentBytes;
  }

  /** Queues a frame behind all others. Nothing happens on a connection that is closing. */
  send(frame: string | Buffer): void {
    this.#send(frame, this.#onWritten);
  }

  /** Queues a message that a client asked for; cuts the socket when it has not read what it asked for before. */
  sendBounded(frame: string): void {
    if (this.unsentBytes > this.#limitBytes || this.#waitingAnswers >= WAITING_ANSWERS) this.#outlet.terminate();
    else {
      this.#waitingAnswers += 1;
      this.#send(frame, this.#onAnswerWritten);
    }
  }

  #send(frame: string | Buffer, onWritten: () => void): void {
    if (!this.#outlet.isOpen) return;
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#outlet.cork();
      this.#flusher.add(this);
    }
    // A buffer, because the stream counts strings in UTF-16 code units and not in bytes.
    this.#outlet.write(typeof frame === 'string' ? Buffer.from(frame) : frame, onWritten);
  }

  /** Calls back once, at or under lowBytes or when the socket has closed; never before this returns. */
  onceDrained(callback: () => void): void {
    this.#waiting.push(callback);
    if (this.#isDrained) queueMicrotask(this.#wake);
  }

  /** Gives what this turn has queued to the kernel. For the flusher. */
  flush(): void {
    this.#isCorked = false;
    this.#outlet.uncork();
  }

  /** True when there are unsent bytes, and nothing of them went out for `stalledMs`. To be asked every now and then. */
  isStalled(nowMs: number, stalledMs: number): boolean {
    const mark = `${this.#completedWrites} ${kernelBacklog(this.#tcp)}`;
    if (this.unsentBytes === 0 || mark !== this.#progressMark) {
      this.#progressMark = mark;
      this.#progressAtMs = nowMs;
      return false;
    }
    return nowMs - this.#progressAtMs > stalledMs;
  }

  /** The socket has closed: whoever waits is told. */
  close(): void {
    queueMicrotask(this.#wake);
  }

  get #isDrained(): boolean {
    return this.unsentBytes <= this.#lowBytes || this.#outlet.isClosed;
  }

  readonly #onWritten = () => {
    this.#completedWrites += 1;
    if (this.#waiting.length > 0) this.#wake();
  };

  readonly #onAnswerWritten = () => {
    this.#waitingAnswers -= 1;
    this.#onWritten();
  };

  readonly #wake = () => {
    if (!this.#isDrained) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const callback of waiting) callback();
  };
}

/** Ends the turn for all queues of a server; in slices, so that many sockets do not make one long turn. */
export class Flusher {
  readonly #sliceSize: number;
  #queues: SendQueue[] = [];
  #isScheduled = false;

  constructor(sliceSize = 256) {
    this.#sliceSize = sliceSize;
  }

  add(queue: SendQueue): void {
    this.#queues.push(queue);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#flush);
  }

  readonly #flush = () => {
    this.#isScheduled = false;
    const rest = this.#queues.splice(this.#sliceSize);
    const slice = this.#queues;
    this.#queues = rest;
    for (const queue of slice) queue.flush();
    if (rest.length > 0) this.#schedule();
  };
}

/** What the kernel has not accepted of the write in flight. Node keeps it on the handle alone; without it, 0. */
function kernelBacklog(tcp: Socket): number {
  return (tcp as { _handle?: { writeQueueSize?: number } | null })._handle?.writeQueueSize ?? 0;
}
