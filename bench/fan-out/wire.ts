/** WebSockets of the load, made for taking many frames at little cost: nothing is parsed that nobody asks about. */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/** One message as it came: `bytes` from `start` to `end`, valid during the call only. */
export type OnMessage = (bytes: Buffer, start: number, end: number) => void;

export class WireSocket {
  readonly #tcp: Socket;
  #rest: Buffer | null = null;
  onMessage: OnMessage = () => undefined;
  onClose: () => void = () => undefined;

  private constructor(tcp: Socket) {
    this.#tcp = tcp;
    tcp.on('data', (chunk: Buffer) => this.#take(chunk));
    tcp.on('close', () => this.onClose());
    // A lost connection shows in the count of what arrives.
    tcp.on('error', () => undefined);
  }

  static async open(url: string, path: string, protocol: string | null): Promise<WireSocket> {
    const { hostname, port } = new URL(url);
    const tcp = connect(Number(port), hostname);
    tcp.setNoDelay(true);
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: ${hostname}:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      ...(protocol === null ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
    ];
    tcp.write(`${lines.join('\r\n')}\r\n\r\n`);
    return new Promise((resolve, reject) => {
      let head = Buffer.alloc(0);
      const onData = (chunk: Buffer) => {
        head = Buffer.concat([head, chunk]);
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        tcp.off('data', onData);
        tcp.off('error', reject);
        const status = head.subarray(0, head.indexOf('\r\n')).toString();
        if (!status.includes(' 101 ')) return reject(new Error(status));
        const socket = new WireSocket(tcp);
        const rest = head.subarray(end + 4);
        resolve(socket);
        // What came behind the handshake is taken once whoever opened the socket listens.
        if (rest.length > 0) setImmediate(() => socket.#take(rest));
      };
      tcp.on('data', onData);
      tcp.once('error', reject);
      tcp.once('close', () => reject(new Error('closed before the handshake was over')));
    });
  }

  send(text: string): void {
    this.#tcp.write(clientFrame(0x81, Buffer.from(text)));
  }

  /** All of it in one write. */
  sendAll(texts: readonly string[]): void {
    this.#tcp.write(Buffer.concat(texts.map((text) => clientFrame(0x81, Buffer.from(text)))));
  }

  close(): void {
    this.#tcp.destroy();
  }

  #take(chunk: Buffer): void {
    const bytes = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= 2) {
      const [opcode, short] = [(bytes[at] as number) & 15, (bytes[at + 1] as number) & 127];
      const head = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (bytes.length - at < head) break;
      const length =
        head === 2 ? short : head === 4 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
      const end = at + head + length;
      if (bytes.length < end) break;
      if (opcode === 1) this.onMessage(bytes, at + head, end);
      else if (opcode === 9) this.#tcp.write(clientFrame(0x8a, bytes.subarray(at + head, end)));
      at = end;
    }
    this.#rest = at === bytes.length ? null : bytes.subarray(at);
  }
}

/** Masked, as a client must, with a mask that changes nothing. */
function clientFrame(start: number, payload: Buffer): Buffer {
  const { length } = payload;
  const headLength = length < 126 ? 6 : 8;
  const frame = Buffer.allocUnsafe(headLength + length);
  frame[0] = start;
  frame[1] = 0x80 | Math.min(length, 126);
  if (length >= 126) frame.writeUInt16BE(length, 2);
  frame.fill(0, headLength - 4, headLength);
  payload.copy(frame, headLength);
  return frame;
}
