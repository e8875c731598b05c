/** A crowd that is cut at once and comes back at once, while people go on writing. */
import { setTimeout as delay } from 'node:timers/promises';
import { createRoom, enterGuest, type Person } from '../test/support/person.ts';
import { ServerHome, until } from '../test/support/process.ts';
import { connect, type WsClient } from '../test/support/ws-client.ts';
import { InspectedServer } from './inspected-server.ts';
import { atMost, type Finding, none, quietRates } from './resume-part.ts';
import { Writers } from './resume-writers.ts';

const document = `subscription ($roomId: ID!, $after: Cursor) {
  messages(roomId: $roomId, after: $after) { kind cursor isCaughtUp message { id text author { displayName } } end { code } }
}`;
const rooms = 10;
const people = 100;
const messagesPerSecond = 20;

/** Somebody's window: one socket, one stream, the newest cursor. */
class Window {
  readonly roomId: string;
  readonly texts: string[] = [];
  client: WsClient | null = null;
  isCaughtUp = false;
  readonly #person: Person;
  #cursor: string | null = null;

  constructor(person: Person, roomId: string) {
    this.#person = person;
    this.roomId = roomId;
  }

  async open(url: string): Promise<void> {
    const client = await connect(url, { connectionParams: { token: this.#person.token } });
    this.client = client;
    const stream = client.subscribe(document, { roomId: this.roomId, after: this.#cursor });
    void this.#read(stream.results);
  }

  cut(): void {
    this.isCaughtUp = false;
    this.client?.tcp.destroy();
  }

  // biome-ignore lint/suspicious/noExplicitAny: results of any shape.
  async #read(results: { next(): Promise<any> }): Promise<void> {
    for (;;) {
      const result = await results.next().catch(() => null);
      if (result === null) return;
      const { kind, cursor, message, isCaughtUp } = result.data.messages;
      if (kind === 'SENT') this.texts.push(message.text);
      if (isCaughtUp) this.isCaughtUp = true;
      this.#cursor = cursor;
    }
  }
}

export async function cutCrowd(count: number): Promise<Finding[]> {
  await using home = new ServerHome({ settings: { PARLEY_SOCKETS_PER_USER: '1000' } });
  using inspected = await InspectedServer.start(home, quietRates);
  const { url } = home;
  const crowd: Person[] = [];
  for (let n = 0; n < people; n += 1) crowd.push(await enterGuest({ url }, `P${n}`));
  const owner = crowd[0] as Person;
  const roomIds = await Promise.all(Array.from({ length: rooms }, (_, n) => createRoom(owner, `Room ${n}`)));
  const windows = Array.from(
    { length: count },
    (_, n) => new Window(crowd[n % people] as Person, roomIds[n % rooms] as string),
  );
  for (let from = 0; from < count; from += 100)
    await Promise.all(windows.slice(from, from + 100).map((window) => window.open(url)));
  await until(() => windows.every(({ isCaughtUp }) => isCaughtUp), 60_000);
  await using writers = await Writers.begin({ url, person: owner, roomIds, perSecond: messagesPerSecond });
  await writers.goesOn(messagesPerSecond * 3);

  const positionBefore = await head(home);
  await inspected.startCounting();
  const cutAt = performance.now();
  for (const window of windows) window.cut();
  await delay(100);
  await Promise.all(windows.map((window) => window.open(url)));
  await until(() => windows.every(({ isCaughtUp }) => isCaughtUp), 120_000);
  const seconds = (performance.now() - cutAt) / 1_000;
  const callsOf = await inspected.takeCalls();
  const events = (await head(home)) - positionBefore;
  await writers.goesOn(messagesPerSecond);
  await writers.end();
  const stored = await textsByRoom(home);
  const isThere = ({ texts, roomId }: Window) => texts.length >= (stored.get(roomId)?.length ?? 0);
  // Who does not get there has lost something, and is counted.
  await until(() => windows.every(isThere), 30_000).catch(() => undefined);
  const wrong = windows.filter(({ texts, roomId }) => texts.join('\n') !== stored.get(roomId)?.join('\n')).length;
  for (const { client } of windows) client?.socket.terminate();
  const logReads = ['readPage', 'readRange', 'readNewest'].reduce((sum, name) => sum + callsOf('log/read.js', name), 0);
  const executions = callsOf('hub/group.js', 'make');
  if (executions === 0) throw new Error('no execution was counted: what makes payloads has another name now');
  return [
    none('windows that miss, repeat or swap something', wrong, count),
    atMost('time until all were caught up again', seconds, 15, 's'),
    atMost('reads of the log per room and second', logReads / rooms / seconds, 1, ''),
    // Each event belongs to one room, and each room is one group.
    atMost('executions per event and group', executions / events, 1.2, '', 2),
  ];
}

async function head(home: ServerHome): Promise<number> {
  const [row] = await home.query<{ position: string }>('SELECT max(position) AS position FROM event');
  return Number(row?.position);
}

/** As the log has them. */
async function textsByRoom(home: ServerHome): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await home.query<{ roomId: string; texts: string[] }>(
    `SELECT 'room_' || replace(room_id::text, '-', '') AS "roomId", array_agg(text ORDER BY position) AS texts
     FROM message GROUP BY room_id`,
  );
  return new Map(rows.map(({ roomId, texts }) => [roomId, texts]));
}
