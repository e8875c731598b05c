/** A crash under load, from the first write to the verdict. One data folder takes many rounds. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Evidence, judge, type Sent, type Sighting, type Verdict } from './crash-check.ts';
import { CrashLoad } from './crash-load.ts';
import { Reader } from './crash-people.ts';
import { type Answer, createRoom, enterGuest, joinRoom, type Person } from './person.ts';
import { type ServerHome, type ServerProcess, until, within } from './process.ts';
import { readHistory } from './room-history.ts';
import { readStored } from './stored-log.ts';

/** What is killed, with SIGKILL. */
export const kills = {
  server: 'the server',
  database: 'its PostgreSQL',
  both: 'both at once',
  recovering: 'PostgreSQL, then the server that brings it back',
  session: 'the session that commits',
} as const;
export type Kill = keyof typeof kills;

export interface Round {
  readonly kill: Kill;
  readonly evidence: Evidence;
  readonly verdict: Verdict;
  readonly acknowledged: number;
  /** Acknowledgements that the senders did not get, just before the kill. */
  readonly unheard: number;
  /** Writes without an answer at the moment of the kill. */
  readonly inFlight: number;
  /** Sends that had to be asked for again. */
  readonly retried: number;
  /** Of these, the ones that had been done at the first time. */
  readonly replayed: number;
  /** Times that a reader went on with its cursor. */
  readonly resumed: number;
  /** From the kill to the first acknowledgement of a write that was asked for after it. */
  readonly recoveryMs: number;
}

const senderCount = 50;
const roomCount = 5;
/** For whatever must happen some time. */
const boundMs = 60_000;

/** People and their server, from round to round. */
export class CrashScene {
  readonly #home: ServerHome;
  readonly #people: readonly Person[];
  readonly #random: () => number;
  #server: ServerProcess;
  #roundCount = 0;

  private constructor(home: ServerHome, server: ServerProcess, people: readonly Person[], random: () => number) {
    this.#home = home;
    this.#server = server;
    this.#people = people;
    this.#random = random;
  }

  /** `random` is uniform in [0, 1). */
  static async open(home: ServerHome, random: () => number): Promise<CrashScene> {
    const server = await home.start();
    const names = Array.from({ length: senderCount }, (_, index) => `Sender ${index}`);
    const people = await Promise.all(names.map((name) => enterGuest(home, name)));
    return new CrashScene(home, server, people, random);
  }

  /**
   * Load, kill, start again, settle, judge; in every second round the last acknowledgements before the kill are lost.
   * Rejects when something never ends, or is answered as it must not be.
   */
  async play(kill: Kill): Promise<Round> {
    this.#roundCount += 1;
    const [owner] = this.#people as [Person];
    const after = await this.#headPosition();
    const roomIds = await this.#makeRooms(owner);
    const readers = [roomIds.slice(0, 1), roomIds.slice(1, 2), roomIds, roomIds].map(
      (ids) => new Reader(this.#home, owner, ids),
    );
    const reading = Promise.all(readers.map((reader) => reader.run()));
    reading.catch(() => undefined);
    await orFail(
      reading,
      until(() => readers.every((reader) => reader.hasBegun), boundMs),
    );

    const load = new CrashLoad(this.#home, this.#people, roomIds, `round-${this.#roundCount}`);
    try {
      const enough = 50 + Math.floor(this.#random() * 1_500);
      await orFail(
        load.settled,
        until(() => load.acknowledged >= enough, boundMs),
      );
      await delay(this.#random() * 20);
      if (this.#roundCount % 2 === 1) await loseAnswers(load);
      const inFlight = await this.#kill(kill, load);
      await within(boundMs, orFail(reading, load.settled), () => `writes were not settled: ${this.#server.output}`);
      const evidence = await this.#gather({ owner, roomIds, after, sent: load.sent, readers, reading });
      return {
        kill,
        evidence,
        verdict: judge(evidence),
        acknowledged: load.acknowledged,
        unheard: load.unheard,
        inFlight,
        retried: load.sent.filter((one) => one.tries > 1).length,
        replayed: load.sent.filter((one) => one.isReplayed).length,
        resumed: readers.reduce((sum, reader) => sum + reader.resumes, 0),
        recoveryMs: load.recoveryMs,
      };
    } finally {
      load.stop();
      for (const reader of readers) reader.stop();
    }
  }

  /** The whole log against all that was ever sent. */
  async judgeAll(sent: readonly Sent[]): Promise<Verdict> {
    const roomIds = [...new Set(sent.map((one) => one.roomId))];
    return judge({ sent, after: 0, sightings: [], ...(await this.#readDatabase(0, roomIds)) });
  }

  /** Kills, and starts again what nobody else does. Returns the writes in flight at the last kill. */
  async #kill(kill: Kill, load: CrashLoad): Promise<number> {
    const postgresPid = this.#home.postgresPid;
    if (postgresPid === undefined) throw new Error('there is no PostgreSQL to kill');
    const sessionPid = kill === 'session' ? await this.#committerPid() : 0;
    if (kill === 'recovering') {
      process.kill(postgresPid, 'SIGKILL');
      await delay(this.#random() * 400);
    }
    // Those whose answers were lost pause before they repeat: a moment when all do would count for nothing.
    await until(() => load.inFlight > 0, boundMs);
    const inFlight = load.crash();
    if (kill === 'session') process.kill(sessionPid, 'SIGKILL');
    if (kill === 'database' || kill === 'both') process.kill(postgresPid, 'SIGKILL');
    if (kill === 'database' || kill === 'session') return inFlight;
    this.#server.kill('SIGKILL');
    await this.#server.exited;
    this.#server = await this.#home.start();
    return inFlight;
  }

  async #gather(round: {
    owner: Person;
    roomIds: readonly string[];
    after: number;
    sent: readonly Sent[];
    readers: readonly Reader[];
    reading: Promise<unknown>;
  }): Promise<Evidence> {
    const { owner, roomIds, after, sent, readers, reading } = round;
    const rows = await this.#readDatabase(after, roomIds);
    const lastIn = (ids: readonly string[]) =>
      rows.events.findLast(({ roomId, messageId }) => messageId !== null && ids.includes(roomId ?? ''))?.messageId;
    const hasAll = (reader: Reader) => reader.has(lastIn(reader.roomIds) ?? '');
    // One that does not get there has lost something: the judge says what.
    await orFail(
      reading,
      until(() => readers.every(hasAll), boundMs),
    ).catch(() => undefined);
    for (const reader of readers) reader.stop();
    await reading;
    const histories = await Promise.all(roomIds.map((roomId) => readHistory(owner, roomId)));
    return { sent, after, ...rows, sightings: [...readers, ...histories, await readEvents(owner, roomIds)] };
  }

  #readDatabase(after: number, roomIds: readonly string[]) {
    return readStored(this.#home, after, roomIds);
  }

  async #headPosition(): Promise<number> {
    const [head] = await this.#home.query<{ position: number }>(
      'SELECT coalesce(max(position), 0)::float8 AS position FROM event',
    );
    return head?.position ?? 0;
  }

  async #committerPid(): Promise<number> {
    const rows = await this.#home.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'parley committer'",
    );
    const [pid] = rows.map((row) => row.pid);
    if (pid === undefined || !this.#home.postgresProcesses.includes(pid)) throw new Error('nothing commits now');
    return pid;
  }

  async #makeRooms(owner: Person): Promise<readonly string[]> {
    const names = Array.from({ length: roomCount }, (_, index) => `Round ${this.#roundCount}, room ${index}`);
    const roomIds = await Promise.all(names.map((name) => createRoom(owner, name)));
    await Promise.all(this.#people.flatMap((person) => roomIds.map((roomId) => joinRoom(person, roomId))));
    return roomIds;
  }
}

/** Writes that are done and of which nobody was told are rare moments; this makes some in each round. */
async function loseAnswers(load: CrashLoad): Promise<void> {
  load.deafen();
  await orFail(
    load.settled,
    until(() => load.unheard > 0, boundMs),
  );
}

/** The log as the API tells it, in pages from its beginning. */
async function readEvents(reader: Person, roomIds: readonly string[]): Promise<Sighting> {
  const query = `query ($roomIds: [ID!]!, $after: Cursor) {
    events(first: 100, after: $after, filter: { roomIds: $roomIds, kinds: [MESSAGE_SENT] }) {
      nodes { ... on MessageSent { message { id } } } endCursor hasMore
    }
  }`;
  const messageIds: string[] = [];
  for (let after: string | null = null; ; ) {
    const answer: Answer = await reader.ask(query, { roomIds, after });
    const { events } = answer.data;
    messageIds.push(...events.nodes.map((node: { message: { id: string } }) => node.message.id));
    if (!events.hasMore) return { source: 'pages of events', roomIds, messageIds };
    after = events.endCursor;
  }
}

/** The second, unless the first rejects meanwhile. */
function orFail<Value>(background: Promise<unknown>, awaited: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    background.catch(reject);
    awaited.then(resolve, reject);
  });
}
