/** Who is there when the server is killed: senders that repeat until they are answered, and readers that resume. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Sent, Sighting } from './crash-check.ts';
import { type Person, sendMutation } from './person.ts';
import { connect, type WsClient } from './ws-client.ts';

/** How long after a try that failed comes the next. */
const retryMs = 25;

/** Where a person asks: over HTTP, or on a socket that is opened again when it broke. */
export interface Door {
  // biome-ignore lint/suspicious/noExplicitAny: answers of any shape.
  ask(query: string, variables: object): Promise<any>;
  close(): void;
}

export function httpDoor(person: Person): Door {
  return { ask: (query, variables) => person.ask(query, variables), close: () => undefined };
}

export function socketDoor(server: { readonly url: string }, { token }: Person): Door {
  let client: WsClient | undefined;
  return {
    async ask(query, variables) {
      if (client?.socket.readyState !== client?.socket.OPEN) client = undefined;
      client ??= await connect(server.url, { connectionParams: { token } });
      return client.request(query, variables);
    },
    close: () => client?.socket.terminate(),
  };
}

export class Sender {
  readonly sent: Sent[] = [];
  /** A write was asked for, and the answer has not come. */
  isInFlight = false;
  /** Acknowledgements come and are lost on the way: the network goes before the server does. */
  isDeaf = false;
  /** Acknowledgements that were lost so. */
  unheard = 0;
  readonly #person: Person;
  readonly #door: Door;
  readonly #onAcknowledged: (beganAt: number) => void;

  constructor(person: Person, door: Door, onAcknowledged: (beganAt: number) => void) {
    this.#person = person;
    this.#door = door;
    this.#onAcknowledged = onAcknowledged;
  }

  /**
   * Sends one after the other, each until it is answered, and ends when `wantsMore` says so; then it gives up what has
   * no answer yet, unless `mayRepeat` says otherwise. Rejects on a refusal.
   */
  async run(
    roomIds: readonly string[],
    prefix: string,
    wantsMore: () => boolean,
    { pauseMs = 0, mayRepeat = wantsMore }: { readonly pauseMs?: number; readonly mayRepeat?: () => boolean } = {},
  ): Promise<void> {
    for (let count = 0; wantsMore(); count += 1) {
      if (pauseMs > 0) await delay(pauseMs);
      const key = `${prefix}-${count}`;
      const roomId = roomIds[count % roomIds.length] ?? '';
      const one: Sent = {
        senderId: this.#person.id,
        roomId,
        key,
        text: `text of ${key}`,
        messageId: null,
        tries: 0,
        isReplayed: false,
      };
      this.sent.push(one);
      await this.#settle(one, mayRepeat);
    }
    this.#door.close();
  }

  async #settle(one: Sent, mayRepeat: () => boolean): Promise<void> {
    const input = { roomId: one.roomId, text: one.text, clientKey: one.key };
    for (;;) {
      one.tries += 1;
      const beganAt = performance.now();
      this.isInFlight = true;
      const answer = await this.#door.ask(sendMutation, { input }).catch(() => null);
      this.isInFlight = false;
      const payload = answer?.data?.sendMessage;
      if (payload?.message && this.isDeaf) {
        this.unheard += 1;
      } else if (payload?.message) {
        one.messageId = payload.message.id;
        one.isReplayed = payload.replayed;
        this.#onAcknowledged(beganAt);
        return;
      }
      if (answer !== null && !payload?.message && !isUnavailable(answer))
        throw new Error(`${one.key}: ${JSON.stringify(answer)}`);
      if (!mayRepeat()) return;
      await delay(retryMs);
    }
  }
}

const roomDocument = `subscription ($roomId: ID!, $after: Cursor) {
  item: messages(roomId: $roomId, after: $after) { type: kind cursor message { id } end { code } }
}`;

const logDocument = `subscription ($roomIds: [ID!]!, $after: Cursor) {
  item: events(after: $after, filter: { roomIds: $roomIds }) {
    type: __typename cursor ... on MessageSent { message { id } } ... on StreamEnded { end { code } }
  }
}`;

/** What came, with whatever else was asked for. */
export interface Item {
  readonly type: string;
  readonly cursor: string;
  readonly message?: { readonly id: string } | null;
}

/** One connection of a reader. */
export interface ReaderLink {
  /** The next item, and the cursor to go on after; null when it ended as a stream may end. Rejects on a refusal. */
  next(): Promise<{ readonly item: Item; readonly cursor: string } | null>;
  /** Reads nothing from the connection until `resume`. */
  pause(): void;
  resume(): void;
  close(): void;
}

export type OpenLink = (asked: {
  readonly url: string;
  readonly token: string;
  readonly document: string;
  readonly variables: object;
  /** Where to go on; null: live from now. */
  readonly cursor: string | null;
}) => Promise<ReaderLink>;

export const socketLink: OpenLink = async ({ url, token, document, variables, cursor }) => {
  const client = await connect(url, { connectionParams: { token } });
  const stream = client.subscribe(document, { ...variables, after: cursor });
  return {
    async next() {
      const result = await stream.next().catch(() => null);
      if (result?.data?.item) return { item: result.data.item, cursor: result.data.item.cursor };
      if (result !== null) throw new Error(JSON.stringify(result));
      const outcome = await stream.ended;
      if (outcome.kind === 'error' && !isUnavailable(outcome)) throw new Error(JSON.stringify(outcome));
      return null;
    },
    pause: () => client.socket.pause(),
    resume: () => client.socket.resume(),
    close: () => client.socket.terminate(),
  };
};

/** Reads rooms live, one by `messages`, several by `events`, and resumes with the cursor of what it saw last. */
export class Reader implements Sighting {
  readonly source: string;
  readonly roomIds: readonly string[];
  readonly messageIds: string[] = [];
  /** Times that it began again with its cursor. */
  resumes = 0;
  readonly #server: { readonly url: string };
  readonly #token: string;
  readonly #open: OpenLink;
  readonly #seen = new Set<string>();
  #cursor: string | null = null;
  #link: ReaderLink | null = null;
  #isStopped = false;

  constructor(
    server: { readonly url: string },
    person: Person,
    roomIds: readonly string[],
    open: OpenLink = socketLink,
  ) {
    this.source = roomIds.length === 1 ? 'a subscription to messages' : 'a subscription to events';
    this.roomIds = roomIds;
    this.#server = server;
    this.#token = person.token;
    this.#open = open;
  }

  get hasBegun(): boolean {
    return this.#cursor !== null;
  }

  has(messageId: string): boolean {
    return this.#seen.has(messageId);
  }

  /** Reads until it is stopped. Rejects where the server does not let it go on from its cursor. */
  async run(): Promise<void> {
    const [roomId] = this.roomIds;
    const asked =
      this.roomIds.length === 1
        ? { document: roomDocument, variables: { roomId } }
        : { document: logDocument, variables: { roomIds: this.roomIds } };
    while (!this.#isStopped) {
      const cursor = this.#cursor;
      const place = { url: this.#server.url, token: this.#token, cursor };
      this.#link = await this.#open({ ...place, ...asked }).catch(() => null);
      if (this.#link !== null && !this.#isStopped) await this.#read(this.#link);
      if (!this.#isStopped) await delay(retryMs);
    }
    this.#link?.close();
  }

  stop(): void {
    this.#isStopped = true;
    this.#link?.close();
  }

  async #read(link: ReaderLink): Promise<void> {
    if (this.#cursor !== null) this.resumes += 1;
    try {
      for (let next = await link.next(); next !== null; next = await link.next()) this.#take(next.item, next.cursor);
    } catch (error) {
      throw new Error(`${this.source}: ${(error as Error).message}`);
    } finally {
      link.close();
    }
  }

  #take(item: Item, cursor: string): void {
    this.#cursor = cursor;
    const isSent = item.type === 'SENT' || item.type === 'MessageSent';
    if (!isSent || !item.message) return;
    this.messageIds.push(item.message.id);
    this.#seen.add(item.message.id);
  }
}

export function isUnavailable(answer: { errors?: readonly { extensions?: Record<string, unknown> }[] }): boolean {
  return answer.errors?.length === 1 && answer.errors[0]?.extensions?.code === 'UNAVAILABLE';
}
