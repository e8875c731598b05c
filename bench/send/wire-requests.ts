/** HTTP requests of the load, one at a time on a connection that is kept: no more is parsed than where an answer ends. */
import { connect, type Socket } from 'node:net';

export class WireRequests {
  readonly #tcp: Socket;
  readonly #host: string;
  readonly #token: string | null;
  #received = '';
  #waiting: { resolve(answer: string): void; reject(error: Error): void } | null = null;

  private constructor(tcp: Socket, host: string, token: string | null) {
    this.#tcp = tcp;
    this.#host = host;
    this.#token = token;
    tcp.setEncoding('latin1');
    tcp.on('data', (text: string) => this.#take(text));
    const broken = () => this.#waiting?.reject(new Error('the connection was lost'));
    tcp.on('error', broken).on('close', broken);
  }

  static async open(url: string, token: string | null): Promise<WireRequests> {
    const { hostname, port, host } = new URL(url);
    const tcp = connect(Number(port), hostname);
    tcp.setNoDelay(true);
    await new Promise<void>((resolve, reject) => {
      tcp.once('connect', resolve).once('error', reject);
    });
    return new WireRequests(tcp, host, token);
  }

  /** The answer, with its head. */
  post(path: string, body: string): Promise<string> {
    const lines = [
      `POST ${path} HTTP/1.1`,
      `Host: ${this.#host}`,
      'Content-Type: application/json',
      'Accept: application/graphql-response+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      ...(this.#token === null ? [] : [`Authorization: Bearer ${this.#token}`]),
    ];
    this.#tcp.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  close(): void {
    this.#tcp.destroy();
  }

  #take(text: string): void {
    this.#received += text;
    const head = this.#received.indexOf('\r\n\r\n');
    if (head < 0 || !isWhole(this.#received, head + 4)) return;
    const answer = this.#received;
    this.#received = '';
    this.#waiting?.resolve(answer);
    this.#waiting = null;
  }
}

function isWhole(received: string, bodyAt: number): boolean {
  const head = received.slice(0, bodyAt);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  return length === undefined ? received.endsWith('0\r\n\r\n') : received.length - bodyAt >= Number(length);
}
