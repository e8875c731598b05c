/** The process of the load: people who send one message after the other, each when the last one is answered. */
import { greet } from '../fan-out/dialects.ts';
import { WireSocket } from '../fan-out/wire.ts';
import { percentile } from '../nodes-latency-round.ts';
import { obeyOrders } from '../ordered-process.ts';
import { WireRequests } from './wire-requests.ts';

export type Transport = 'HTTP' | 'WebSocket';

export interface GatherOrder {
  readonly kind: 'gather';
  readonly name: string;
  readonly url: string;
  readonly transport: Transport;
  /** Of each sender; null: the server knows nobody. */
  readonly tokens: readonly (string | null)[];
  /** Body of each request, as GraphQL over HTTP has it. */
  readonly body: string;
}

export interface PlayOrder {
  readonly kind: 'play';
  readonly name: string;
  readonly seconds: number;
}

export interface LeaveOrder {
  readonly kind: 'leave';
  readonly name: string;
}

export interface Played {
  readonly sends: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
}

interface Sender {
  /** Resolves with the answer. */
  send(): Promise<string>;
  close(): void;
}

/** At so many at once the backlog of a listening server is not overrun. */
const AT_ONCE = 50;

async function senderOf({ url, transport, body }: GatherOrder, token: string | null): Promise<Sender> {
  if (transport === 'HTTP') {
    const requests = new WireRequests(url, token);
    await requests.open();
    return { send: () => requests.post('/graphql', body), close: () => requests.close() };
  }
  const socket = await WireSocket.open(url, '/graphql', 'graphql-transport-ws');
  await greet(socket, 'graphql', token ?? undefined);
  const rest = `","type":"subscribe","payload":${body}}`;
  let sent = 0;
  return {
    send: () =>
      new Promise((resolve, reject) => {
        let answer = '';
        sent += 1;
        socket.onClose = () => reject(new Error('the socket was closed'));
        socket.onMessage = (bytes, start, end) => {
          const text = bytes.toString('utf8', start, end);
          if (text.includes('"type":"next"')) answer = text;
          else if (text.includes('"type":"complete"')) resolve(answer);
          else reject(new Error(text));
        };
        socket.send(`{"id":"${sent}${rest}`);
      }),
    close: () => socket.close(),
  };
}

class Senders {
  readonly #senders: readonly Sender[];

  static async gather(order: GatherOrder): Promise<Senders> {
    const waiting = [...order.tokens];
    const senders: Sender[] = [];
    const open = async () => {
      while (waiting.length > 0) senders.push(await senderOf(order, waiting.pop() ?? null));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, open));
    return new Senders(senders);
  }

  private constructor(senders: readonly Sender[]) {
    this.#senders = senders;
  }

  async play(seconds: number): Promise<Played> {
    const tookMs: number[] = [];
    const begunAt = performance.now();
    const isOver = () => performance.now() - begunAt > seconds * 1_000;
    const goOn = async (sender: Sender) => {
      while (!isOver()) {
        const sentAt = performance.now();
        const answer = await sender.send();
        // Of the message: over WebSocket the answer has an id of its own.
        if (!answer.includes('{"id":"', 1)) throw new Error(answer);
        tookMs.push(performance.now() - sentAt);
      }
    };
    await Promise.all(this.#senders.map(goOn));
    const took = (performance.now() - begunAt) / 1_000;
    return { sends: tookMs.length, seconds: took, p50: percentile(tookMs, 0.5), p99: percentile(tookMs, 0.99) };
  }

  leave(): void {
    for (const sender of this.#senders) sender.close();
  }
}

const known = new Map<string, Senders>();

obeyOrders(async (order: GatherOrder | PlayOrder | LeaveOrder): Promise<unknown> => {
  if (order.kind === 'gather') {
    known.set(order.name, await Senders.gather(order));
    return null;
  }
  const senders = known.get(order.name);
  if (order.kind === 'play') return senders?.play(order.seconds);
  known.delete(order.name);
  return senders?.leave();
});
