/** HTTP requests of the load, one at a time on a connection that is kept: no more is parsed than where an answer ends. */
import { connect, type Socket } from 'node:net';

export class WireRequests {
  readonly #url: URL;
  readonly #token: string | null;
  /** Null: the server closed it while nothing was asked, as servers do with what is idle. */
  #tcp: Socket | null = null;
  #received = '';
  #waiting: { resolve(answer: string): void; reject(error: Error): void } | null = null;

  constructor(url: string, token: string | null) {
    this.#url = new URL(url);
    this.#token = token;
  }

  async open(): Promise<void> {
    const tcp = connect(Number(this.#url.port), this.#url.hostname);
    tcp.setNoDelay(true);
    await new Promise<void>((resolve, reject) => {
      tcp.once('connect', resolve).once('error', reject);
    });
    tcp.setEncoding('latin1');
    tcp.on('data', (text: string) => this.#take(text));
    const broken = () => {
      this.#tcp = null;
      this.#waiting?.reject(new Error('the connection was lost'));
    };
    tcp.on('error', broken).on('close', broken);
    this.#tcp = tcp;
  }

  /** The answer, with its head. */
  async post(path: string, body: string): Promise<string> {
    if (this.#tcp === null) await this.open();
    const lines = [
      `POST ${path} HTTP/1.1`,
      `Host: ${this.#url.host}`,
      'Content-Type: application/json',
      'Accept: application/graphql-response+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      ...(this.#token === null ? [] : [`Authorization: Bearer ${this.#token}`]),
    ];
    this.#tcp?.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  close(): void {
    this.#tcp?.destroy();
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
