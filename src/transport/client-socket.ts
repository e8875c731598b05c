import { type RawData, WebSocket } from 'ws';

export interface SocketListener {
  received(data: RawData, isBinary: boolean): void;
  /** A ping or a pong came. */
  heard(): void;
  failed(error: Error): void;
  closed(code: number, reason: string): void;
}

/** The WebSocket of a client. Its listeners are those of all sockets: closures of its own would weigh 0.5 KB for each. */
export class ClientSocket extends WebSocket {
  listener: SocketListener | null = null;

  /** To be called once. */
  listenBy(listener: SocketListener): void {
    this.listener = listener;
    this.on('message', onMessage).on('ping', onSign).on('pong', onSign).on('error', onError).on('close', onClose);
  }
}

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  listenerOf(this)?.received(data, isBinary);
}

function onSign(this: WebSocket): void {
  listenerOf(this)?.heard();
}

function onError(this: WebSocket, error: Error): void {
  listenerOf(this)?.failed(error);
}

function onClose(this: WebSocket, code: number, reason: Buffer): void {
  listenerOf(this)?.closed(code, reason.toString());
}

function listenerOf(socket: WebSocket): SocketListener | null {
  return (socket as ClientSocket).listener;
}
