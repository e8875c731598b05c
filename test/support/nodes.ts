import { expect, onTestFinished } from 'vitest';
import { type Log, silentLog } from '../../src/observe/log.ts';
import { createTestDatabase } from './database.ts';
import { faultsOf } from './history.ts';
import { LogStream, messagesQuery } from './log-stream.ts';
import { createRoom, enterGuest, joinRoom, type Person, send } from './person.ts';
import { startServer, type TestServer, type TestServerOptions } from './server.ts';

/** Several nodes on one database, each with what it logged as a warning or told of the bus. */
export interface TestNodes {
  readonly nodes: readonly TestServer[];
  /** One list per node: its lines about the bus. */
  readonly said: readonly string[][];
}

/** One node per set of options. Stopped when the test has finished. */
export async function startNodes(each: readonly TestServerOptions[]): Promise<TestNodes> {
  const database = await createTestDatabase();
  onTestFinished(() => database[Symbol.asyncDispose]());
  const said: string[][] = [];
  const nodes: TestServer[] = [];
  for (const options of each) {
    const lines: string[] = [];
    said.push(lines);
    const note = (fields: object, message: string) => {
      if (/\bbus\b/.test(message)) lines.push(message);
      void fields;
    };
    const log: Log = { ...silentLog, info: note, warn: note, error: note, child: () => log };
    const node = await startServer({ database, log, ...options });
    onTestFinished(() => node[Symbol.asyncDispose]());
    nodes.push(node);
  }
  return { nodes, said };
}

/** Two people per node who send as fast as answers come, and on each node a reader of their room from the beginning. */
export class Talk {
  readonly readers: readonly LogStream[];
  readonly #senders: readonly Person[];
  readonly #roomId: string;
  readonly #running: Promise<void>;
  readonly #sentAt = new Map<string, number>();
  readonly #acknowledged: string[] = [];
  /** From the begin of a send to its arrival at each reader, in ms. */
  readonly delaysMs: number[] = [];
  #isStopped = false;

  static async begin(nodes: readonly TestServer[]): Promise<Talk> {
    const [first] = nodes as [TestServer];
    const owner = await enterGuest(first, 'owner');
    const roomId = await createRoom(owner, 'Kitchen');
    const people = await Promise.all(nodes.flatMap((node) => [node, node]).map((node, n) => enterGuest(node, `P${n}`)));
    for (const person of people) await joinRoom(person, roomId);
    const readers = nodes.map(
      (node) => new LogStream(node, people[0] as Person, { query: messagesQuery, variables: { roomId } }),
    );
    for (const reader of readers) onTestFinished(() => reader[Symbol.asyncDispose]());
    await Promise.all(readers.map((reader) => reader.until(({ items }) => items.length > 0)));
    return new Talk({ readers, roomId, senders: people });
  }

  private constructor(parts: { readers: readonly LogStream[]; roomId: string; senders: readonly Person[] }) {
    this.readers = parts.readers;
    this.#roomId = parts.roomId;
    this.#senders = parts.senders;
    for (const reader of this.readers) this.#time(reader);
    this.#running = Promise.all(this.#senders.map((sender, n) => this.#send(sender, n))).then(() => undefined);
    this.#running.catch(() => undefined);
  }

  get count(): number {
    return this.#acknowledged.length;
  }

  /** Waits until so many more were acknowledged, and all readers have them. */
  async goesOn(count = 40): Promise<void> {
    const wanted = this.count + count;
    while (this.count < wanted) await Promise.race([this.#running, new Promise((resolve) => setTimeout(resolve, 5))]);
    await this.#arrived();
  }

  /** Ends the sending; every reader has every acknowledged message once, and all have them in one order. */
  async settle(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
    await this.#arrived();
    const [first, ...others] = this.readers.map((reader) => reader.positions);
    for (const positions of others) expect(faultsOf(first ?? [], positions)).toEqual([]);
    for (const reader of this.readers) {
      const texts = reader.events.map(({ value }) => value.message.text as string);
      expect(texts.length).toBe(new Set(texts).size);
      expect(new Set(texts)).toEqual(new Set(this.#acknowledged));
      expect(reader.positions).toEqual([...reader.positions].sort((a, b) => a - b));
      expect(reader.connections).toBe(1);
    }
  }

  async #arrived(): Promise<void> {
    const texts = [...this.#acknowledged];
    for (const reader of this.readers) {
      await reader.until(({ events }) => {
        const here = new Set(events.map(({ value }) => value.message.text));
        return texts.every((text) => here.has(text));
      });
    }
  }

  #time(reader: LogStream): void {
    let seen = 0;
    reader
      .until(({ events }) => {
        for (; seen < events.length; seen++) {
          const sentAt = this.#sentAt.get(events[seen]?.value.message.text);
          if (sentAt !== undefined) this.delaysMs.push(performance.now() - sentAt);
        }
        return false;
      })
      .catch(() => undefined);
  }

  async #send(sender: Person, n: number): Promise<void> {
    for (let count = 0; !this.#isStopped; count++) {
      const text = `${n}-${count}`;
      this.#sentAt.set(text, performance.now());
      const { message } = await send(sender, this.#roomId, text, text);
      if (message) this.#acknowledged.push(text);
    }
  }
}
