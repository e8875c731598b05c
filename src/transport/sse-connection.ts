import type { ServerResponse } from 'node:http';
import type { GraphQLError } from 'graphql';
import type { Outgoing } from '../hub/contract.ts';
import type { Log } from '../observe/log.ts';
import type { LastingConnection, Parting } from './census.ts';
import type { AdmittedOperation, Caller, CallerViewer, Engine } from './contract.ts';
import { type Frame, frameOf, nothing } from './frames.ts';
import type { Remote } from './remote.ts';
import type { Outlet, SendQueue } from './send-queue.ts';
import type { TransportSettings } from './settings.ts';
import { COMPLETE, HEARTBEAT, type NextEvents } from './sse-frames.ts';
import { Stream, type StreamHost } from './stream.ts';

/**
 * One subscription over one HTTP answer.
 *
 *   open → ended (what was written still goes out) → closed
 *
 * Closed: the stream is not in the hub. A stream that ended by itself is completed; one that its client should take up
 * again elsewhere just ends, which clients take for a lost connection.
 */
export class EventConnection implements LastingConnection, StreamHost {
  readonly remote: Remote;
  readonly viewer: CallerViewer | null;
  readonly #response: ServerResponse;
  readonly queue: SendQueue;
  readonly #events: NextEvents;
  readonly #settings: TransportSettings;
  readonly #log: Log;
  readonly #stream = new Stream(this, nothing);
  readonly #closed: Promise<void>;
  #settleClosed: () => void = () => {};
  #isLeaving = false;
  #isToComeBack = false;
  #hasWritten = true;
  #quietSinceMs = 0;

  constructor(options: {
    readonly response: ServerResponse;
    readonly remote: Remote;
    readonly viewer: CallerViewer | null;
    readonly queue: SendQueue;
    readonly events: NextEvents;
    readonly settings: TransportSettings;
    readonly log: Log;
  }) {
    this.remote = options.remote;
    this.viewer = options.viewer;
    this.#response = options.response;
    this.queue = options.queue;
    this.#events = options.events;
    this.#settings = options.settings;
    this.#log = options.log;
    this.#closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
  }

  frameOf(head: Buffer, run: readonly Outgoing[]): Frame {
    this.#hasWritten = true;
    return { head, bodies: this.#events.bodiesOf(run) };
  }

  streamClosed(): void {}

  /** Errors: refused, and still to be told. Null: what comes goes out by itself. Rejects only on a bug. */
  async open(
    engine: Engine,
    caller: Caller,
    operation: AdmittedOperation,
    resumeAfter: string | null,
  ): Promise<readonly GraphQLError[] | null> {
    const errors = await this.#stream.open(engine, caller, operation, resumeAfter);
    if (errors !== null) return errors;
    this.#stream.next().then(
      () => this.#end(),
      (err) => this.#log.error({ err }, 'a stream did not end well'),
    );
    return null;
  }

  async leave({ end, isToComeBack }: Parting, graceMs: number): Promise<void> {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#isToComeBack = isToComeBack;
    this.#stream.end(end);
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([this.#closed, timeout]);
    clearTimeout(timer);
    if (!this.#response.destroyed) this.terminate();
  }

  /** Writes a comment where it is quiet, cuts a client that does not read. */
  sweep(nowMs: number): void {
    if (this.queue.isStalled(nowMs, this.#settings.socket.stalledSocketMs)) {
      this.#log.info({ unsentBytes: this.queue.unsentBytes }, 'cut a stream of events whose client does not read');
      this.terminate();
    } else if (this.#hasWritten) {
      this.#hasWritten = false;
      this.#quietSinceMs = nowMs;
    } else if (nowMs - this.#quietSinceMs > this.#settings.eventStream.heartbeatMs) {
      this.#quietSinceMs = nowMs;
      this.queue.send(frameOf(HEARTBEAT));
    }
  }

  terminate(): void {
    this.#response.destroy();
  }

  /** The answer is over, or its connection is gone. */
  closed(): void {
    this.#stream.close();
    this.queue.close();
    this.#settleClosed();
  }

  #end(): void {
    if (this.#response.writableEnded || this.#response.destroyed) return;
    if (!this.#isToComeBack) this.queue.send(frameOf(COMPLETE));
    // Before the end: Node 24 drops what a chunked answer holds back when it ends.
    this.queue.flush();
    this.#response.end();
  }
}

/** An answer as a way out; its chunks of one turn become one. */
export function outletOfResponse(response: ServerResponse): Outlet {
  return {
    get unsentBytes() {
      return response.writableLength;
    },
    get isOpen() {
      return !response.writableEnded && !response.destroyed;
    },
    get isClosed() {
      return response.destroyed;
    },
    lengthOf: ({ bodies }) => bodies.reduce((sum, body) => sum + body.length, 0),
    write(frames, _isBehind, onWritten) {
      response.cork();
      const bodies = frames.flatMap((frame) => frame.bodies);
      for (const [n, body] of bodies.entries()) response.write(body, n === bodies.length - 1 ? onWritten : undefined);
      response.uncork();
      return response.writableLength === 0;
    },
    terminate: () => void response.destroy(),
  };
}
