import type { Socket } from 'node:net';
import type { GraphQLError } from 'graphql';
import { CloseCode, type WebSocket as ProtocolSocket, type Server } from 'graphql-ws';
import type { RawData } from 'ws';
import type { Outgoing } from '../hub/contract.ts';
import { Fault } from '../observe/fault.ts';
import type { Log } from '../observe/log.ts';
import type { LastingConnection, Parting } from './census.ts';
import type { ClientSocket, SocketListener } from './client-socket.ts';
import type { CallerViewer } from './contract.ts';
import { errorOfFault, maskError } from './errors.ts';
import { closeReason, type Frame, type NextBodies, nextFrameHead, pongFrame } from './frames.ts';
import { type ClientMessage, Operations } from './operations.ts';
import type { Remote, RequestHead } from './remote.ts';
import type { SendQueue } from './send-queue.ts';
import type { SocketSettings } from './settings.ts';
import { Stream, type StreamHost } from './stream.ts';

/** The longest payload of a ping that is echoed, as JSON. */
const PING_PAYLOAD_LENGTH = 1_024;
/** What a client may still have on the way when it is told that the socket closes; who sends more is cut. */
const FAREWELL_LIMIT_BYTES = 256 * 1_024;
const clientMessages = new Set(['connection_init', 'ping', 'pong', 'subscribe', 'complete']);

/**
 * One WebSocket: the adapter between `ws` and the protocol of graphql-ws.
 *
 *   open → leaving → closed
 *
 * Leaving: nothing is read any more, what was begun may end. Closed: no stream is in the hub.
 */
export class Connection implements LastingConnection, ProtocolSocket, SocketListener, StreamHost {
  readonly upgrade: RequestHead;
  readonly remote: Remote;
  readonly queue: SendQueue;
  /** Null before connection_init, and when signed out. */
  viewer: CallerViewer | null = null;
  readonly #socket: ClientSocket;
  readonly #tcp: Socket;
  readonly #bodies: NextBodies;
  readonly #settings: SocketSettings;
  readonly #log: Log;
  readonly #onClosed: (connection: Connection) => void;
  readonly #protocolClosed: ReturnType<Server<Connection>['opened']>;
  readonly #streams = new Set<Stream>();
  readonly #operations = new Operations(this);
  #handle: (message: ClientMessage) => Promise<void> = () => Promise.resolve();
  #state: 'open' | 'leaving' | 'closed' = 'open';
  #heardAtMs = performance.now();
  #pingedAtMs: number | null = null;

  constructor(options: {
    readonly socket: ClientSocket;
    /** The connection below the socket. */
    readonly tcp: Socket;
    readonly upgrade: RequestHead;
    readonly remote: Remote;
    readonly queue: SendQueue;
    readonly bodies: NextBodies;
    readonly settings: SocketSettings;
    readonly log: Log;
    readonly protocol: Server<Connection>;
    readonly onClosed: (connection: Connection) => void;
  }) {
    this.#socket = options.socket;
    this.#tcp = options.tcp;
    this.upgrade = options.upgrade;
    this.remote = options.remote;
    this.queue = options.queue;
    this.#bodies = options.bodies;
    this.#settings = options.settings;
    this.#log = options.log;
    this.#onClosed = options.onClosed;
    this.#socket.listenBy(this);
    this.#protocolClosed = options.protocol.opened(this, this);
  }

  /** For graphql-ws, as are the next three. */
  get protocol(): string {
    return this.#socket.protocol;
  }

  send(message: string): void {
    this.queue.sendBounded(message);
  }

  /** It takes a message that was read already as it is, though its types know texts alone. */
  onMessage(handle: (message: string) => Promise<void>): void {
    this.#handle = handle as unknown as (message: ClientMessage) => Promise<void>;
  }

  onPing(payload: unknown): void {
    const frame = pongFrame(payload);
    if (frame !== null && frame.length <= PING_PAYLOAD_LENGTH) this.send(frame);
    else this.close(CloseCode.BadRequest, `The payload of a ping is over ${PING_PAYLOAD_LENGTH} characters`);
  }

  /** For the socket, as are the next two, and `closed`. */
  received(data: RawData, isBinary: boolean): void {
    this.heard();
    if (this.#state !== 'open') return;
    // Never waits for a handler: it settles only when its operation ends.
    if (isBinary) this.close(CloseCode.BadRequest, 'Binary messages are not part of the protocol');
    else this.#take(messageOf(data.toString()));
  }

  heard(): void {
    this.#heardAtMs = performance.now();
    this.#pingedAtMs = null;
  }

  /** A malformed or over-long frame: ws closes by itself, with the code that RFC 6455 has for it. */
  failed(err: Error): void {
    this.#log.debug({ err }, 'a WebSocket failed');
    this.#boundFarewell();
  }

  /** Opens a slot for a subscription, or says why there is none. */
  newStream(id: string): Stream {
    if (this.#streams.size >= this.#settings.subscriptionsPerSocket) {
      throw new Fault(
        'TOO_MANY_SUBSCRIPTIONS',
        `the socket has ${this.#streams.size} subscriptions, its limit; complete one first`,
        { subscriptionsPerSocket: this.#settings.subscriptionsPerSocket },
      );
    }
    const stream = new Stream(this, nextFrameHead(id));
    this.#streams.add(stream);
    if (this.#state === 'closed') stream.close();
    return stream;
  }

  frameOf(head: Buffer, run: readonly Outgoing[]): Frame {
    return { head, bodies: this.#bodies.bodiesOf(run) };
  }

  streamClosed(stream: Stream): void {
    this.#streams.delete(stream);
  }

  /** Operations that have begun and not ended, without the subscriptions. */
  get operationsInFlight(): number {
    return this.#operations.size - this.#streams.size;
  }

  close(code: number = CloseCode.InternalServerError, reason = ''): void {
    if (this.#state !== 'open') return;
    this.#state = 'leaving';
    this.#sayGoodbye(code, reason);
  }

  async leave({ end, closeCode }: Parting, graceMs: number): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'leaving';
    for (const stream of [...this.#streams]) stream.end(end);
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([this.#operations.idle(), timeout]);
    clearTimeout(timer);
    this.#sayGoodbye(closeCode, end.message);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** The socket is gone. */
  closed(code: number, reason: string): void {
    this.#state = 'closed';
    for (const stream of [...this.#streams]) stream.close();
    this.queue.close();
    this.#onClosed(this);
    this.#protocolClosed(code, reason).catch((err) => this.#log.error({ err }, 'a socket did not close cleanly'));
  }

  /** Pings a quiet client, cuts one that does not answer or does not read. */
  sweep(nowMs: number): void {
    const { keepAliveMs, stalledSocketMs } = this.#settings;
    if (this.queue.isStalled(nowMs, stalledSocketMs)) {
      this.#log.info({ unsentBytes: this.queue.unsentBytes }, 'cut a socket whose client does not read');
      this.#socket.terminate();
    } else if (this.#pingedAtMs !== null) {
      if (nowMs - this.#pingedAtMs > keepAliveMs) this.#socket.terminate();
    } else if (nowMs - this.#heardAtMs > keepAliveMs && this.#socket.readyState === this.#socket.OPEN) {
      this.#pingedAtMs = nowMs;
      this.#socket.ping();
    }
  }

  #sayGoodbye(code: number, reason: string): void {
    this.queue.flush();
    this.#socket.close(code, closeReason(reason));
    this.#boundFarewell();
  }

  #boundFarewell(): void {
    let left = FAREWELL_LIMIT_BYTES;
    this.#tcp.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) this.#socket.terminate();
    });
  }

  #take(message: ClientMessage): void {
    const { type, id } = message;
    if (typeof type === 'string' && !clientMessages.has(type)) {
      this.close(CloseCode.BadRequest, 'Invalid message received');
    } else if (typeof id === 'string' && id.length > this.#settings.idLimitLength) {
      this.close(CloseCode.BadRequest, 'The id is too long');
    } else if (typeof id === 'string' && type === 'subscribe') this.#subscribe(id, message);
    else if (typeof id === 'string' && type === 'complete') this.#operations.complete(id, message);
    else void this.handle(message);
  }

  #subscribe(id: string, message: ClientMessage): void {
    const isAccepted = this.#operations.subscribe(id, message);
    if (!isAccepted) this.close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`);
  }

  /** Settles when graphql-ws is through with the message; a failure closes the socket and ends here. */
  async handle(message: ClientMessage): Promise<void> {
    try {
      await this.#handle(message);
    } catch (error) {
      const { message: reason } = maskError(error, this.#log);
      this.close(CloseCode.InternalServerError, reason);
    }
  }
}

export function tooManyOperations(count: number): GraphQLError {
  const message = `${count} operations are in flight on this socket; wait for answers`;
  return errorOfFault(new Fault('RATE_LIMITED', message, { bucket: 'operationsPerSocket', retryAfterMs: 100 }));
}

/** Empty where the text is no message, which graphql-ws answers. */
function messageOf(text: string): ClientMessage {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}
