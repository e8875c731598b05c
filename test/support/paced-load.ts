/** So many messages a second through all nodes of a fleet, and how long each took to each reader. */
import { setTimeout as delay } from 'node:timers/promises';
import { judge, type Sent, type Sighting, type Verdict } from './crash-check.ts';
import type { Fleet } from './fleet.ts';
import { createRoom, enterGuest, joinRoom, type Person, sendMutation } from './person.ts';
import { until } from './process.ts';
import { readStored } from './stored-log.ts';
import { connect, type WsClient } from './ws-client.ts';

export interface PacedLoadOptions {
  /** Messages, of all senders together. */
  readonly perSecond: number;
  /** On their sockets, spread over the nodes; none waits for an answer before it sends the next. */
  readonly senders: number;
  readonly readersPerNode: number;
}

/** One message at one reader. */
export interface Receipt {
  /** When it was sent, by performance.now(). */
  readonly sentAt: number;
  /** From the sending to the receipt. */
  readonly tookMs: number;
}

const readDocument = `subscription ($roomId: ID!, $after: Cursor!) {
  messages(roomId: $roomId, after: $after) { kind message { id text } end { code } }
}`;
const tickMs = 5;
const retryMs = 25;
const boundMs = 60_000;

interface Sender {
  readonly person: Person;
  readonly client: WsClient;
}

interface Reader {
  readonly client: WsClient;
  readonly sighting: Sighting & { readonly messageIds: string[] };
}

interface Parts {
  readonly roomId: string;
  readonly after: string;
  readonly senders: readonly Sender[];
  readonly readers: readonly Reader[];
}

export class PacedLoad implements AsyncDisposable {
  readonly receipts: Receipt[] = [];
  readonly sent: Sent[] = [];
  readonly #fleet: Fleet;
  readonly #roomId: string;
  /** Where all readers begin, before the first message. */
  readonly #after: string;
  readonly #senders: readonly Sender[];
  readonly #readers: readonly Reader[];
  readonly #sentAt = new Map<string, number>();
  readonly #running = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  #failure: unknown = null;

  /** Returns when all are connected and the first messages are on their way. */
  static async begin(fleet: Fleet, options: PacedLoadOptions): Promise<PacedLoad> {
    const urls = fleet.urls;
    const people = await Promise.all(
      Array.from({ length: options.senders }, (_, n) =>
        enterGuest({ url: urls[n % urls.length] ?? '' }, `Sender ${n}`),
      ),
    );
    const [owner] = people as [Person];
    const roomId = await createRoom(owner, 'Kitchen');
    await Promise.all(people.map((person) => joinRoom(person, roomId)));
    const after = (await owner.ask('{ asOf }')).data.asOf as string;
    const senders = await Promise.all(people.map(async (person) => ({ person, client: await person.connect() })));
    const places = urls.flatMap((url) => Array.from({ length: options.readersPerNode }, () => url));
    const readers = await Promise.all(
      places.map(async (url, n) => {
        const client = await connect(url, { connectionParams: { token: owner.token } });
        const sighting = { source: `reader ${n}`, roomIds: [roomId], messageIds: [] as string[] };
        return { client, sighting };
      }),
    );
    return new PacedLoad(fleet, { roomId, after, senders, readers }, options.perSecond);
  }

  private constructor(fleet: Fleet, parts: Parts, perSecond: number) {
    this.#fleet = fleet;
    this.#roomId = parts.roomId;
    this.#after = parts.after;
    this.#senders = parts.senders;
    this.#readers = parts.readers;
    for (const reader of parts.readers) this.#keep(this.#read(reader));
    const begun = performance.now();
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - begun) * perSecond) / 1_000);
      while (this.sent.length < due) this.#keep(this.#send(this.sent.length));
    }, tickMs);
  }

  /** Waits until so many more messages have been sent. Rejects on an answer that nobody expects. */
  async goesOn(count: number): Promise<void> {
    const wanted = this.sent.length + count;
    await until(() => this.#failure !== null || this.sent.length >= wanted, boundMs * 2);
    if (this.#failure !== null) throw this.#failure;
  }

  /** Ends the sending, waits for answers and readers, and compares the log with what was acknowledged and received. */
  async settle(): Promise<Verdict> {
    clearInterval(this.#timer);
    const isAnswered = () => this.sent.every(({ messageId }) => messageId !== null);
    await until(() => this.#failure !== null || isAnswered(), boundMs);
    if (this.#failure !== null) throw this.#failure;
    const hasAll = () => this.#readers.every(({ sighting }) => sighting.messageIds.length >= this.sent.length);
    // A reader that does not get there has lost something: the judge says what.
    await until(hasAll, 10_000).catch(() => undefined);
    const rows = await readStored(this.#fleet.database, 0, [this.#roomId]);
    const sightings = this.#readers.map(({ sighting }) => sighting);
    return judge({ sent: this.sent, after: 0, ...rows, sightings });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    for (const { client } of [...this.#readers, ...this.#senders]) client.socket.terminate();
    await Promise.all(this.#running);
  }

  #keep(running: Promise<void>): void {
    const kept = running
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#running.delete(kept));
    this.#running.add(kept);
  }

  async #read({ client, sighting }: Reader): Promise<void> {
    const stream = client.subscribe(readDocument, { roomId: this.#roomId, after: this.#after });
    for (;;) {
      const result = await stream.next().catch(() => null);
      if (result === null) return;
      const { kind, message } = result.data?.messages ?? {};
      if (kind === undefined) throw new Error(JSON.stringify(result));
      if (kind !== 'SENT') continue;
      const sentAt = this.#sentAt.get(message.text);
      if (sentAt === undefined) throw new Error(`nobody sent ${message.text}`);
      this.receipts.push({ sentAt, tookMs: performance.now() - sentAt });
      sighting.messageIds.push(message.id);
    }
  }

  async #send(number: number): Promise<void> {
    const { person, client } = this.#senders[number % this.#senders.length] as Sender;
    const one: Sent = {
      senderId: person.id,
      roomId: this.#roomId,
      key: `key-${number}`,
      text: `message ${number}, of the length that people write on a good day in a room like this`,
      messageId: null,
      tries: 0,
      isReplayed: false,
    };
    this.sent.push(one);
    this.#sentAt.set(one.text, performance.now());
    const input = { roomId: one.roomId, text: one.text, clientKey: one.key };
    while (one.messageId === null) {
      one.tries += 1;
      const answer = await client.request(sendMutation, { input });
      const payload = answer.data?.sendMessage;
      if (payload?.message) {
        one.messageId = payload.message.id;
        one.isReplayed = payload.replayed;
      } else if (answer.errors?.[0]?.extensions?.code === 'UNAVAILABLE') await delay(retryMs);
      else throw new Error(`${one.key}: ${JSON.stringify(answer)}`);
    }
  }
}
