/** A rolling restart under load, from the first write to the verdict. */
import { judge, type Sighting, type Verdict } from './crash-check.ts';
import { httpDoor, Reader, Sender, socketDoor, socketLink } from './crash-people.ts';
import { eventLink } from './event-link.ts';
import type { Fleet } from './fleet.ts';
import { createRoom, enterGuest, joinRoom } from './person.ts';
import { until, within } from './process.ts';
import { readHistory } from './room-history.ts';
import { readStored } from './stored-log.ts';

export interface RollingOptions {
  readonly readers: number;
  readonly senders: number;
  /** Of each sender, between an answer and the next message. */
  readonly pauseMs: number;
}

export interface RollingFigures {
  readonly verdict: Verdict;
  readonly acknowledged: number;
  /** Sends that had to be asked for again. */
  readonly retried: number;
  /** Of these, the ones that had been done at an earlier try. */
  readonly replayed: number;
  /** Times that a reader on a socket went on with its cursor. */
  readonly resumedSockets: number;
  /** Times that an event stream went on after its Last-Event-ID. */
  readonly resumedStreams: number;
  /** From SIGTERM to the end of the process, of each node. */
  readonly stopsMs: readonly number[];
  /** From the first SIGTERM to the readiness of the last new node. */
  readonly tookMs: number;
}

const roomCount = 5;
const boundMs = 60_000;

/**
 * All clients come through the balancer; one node after the other is replaced while they send and read. Rejects when
 * something never ends, or is answered as it must not be.
 */
export async function rollOver(fleet: Fleet, { readers, senders, pauseMs }: RollingOptions): Promise<RollingFigures> {
  const people = await Promise.all(Array.from({ length: senders }, (_, n) => enterGuest(fleet, `Sender ${n}`)));
  const [owner] = people as [(typeof people)[number]];
  const roomIds = await Promise.all(Array.from({ length: roomCount }, (_, n) => createRoom(owner, `Room ${n}`)));
  await Promise.all(people.flatMap((person) => roomIds.map((roomId) => joinRoom(person, roomId))));

  // Every tenth reads all rooms by `events`; every third has an event stream, the others have sockets.
  const crowd = Array.from({ length: readers }, (_, n) => {
    const roomId = roomIds[n % roomCount] as string;
    const link = n % 3 === 2 ? eventLink : socketLink;
    return new Reader(fleet, people[n % senders] as typeof owner, n % 10 === 9 ? roomIds : [roomId], link);
  });
  const resumesOf = (isWanted: (index: number) => boolean) =>
    crowd.filter((_, n) => isWanted(n)).reduce((sum, { resumes }) => sum + resumes, 0);
  const reading = Promise.all(crowd.map((reader) => reader.run()));
  const failed = (running: Promise<unknown>) =>
    new Promise<never>((_, reject) => {
      running.catch(reject);
    });
  try {
    await Promise.race([failed(reading), until(() => crowd.every(({ hasBegun }) => hasBegun), boundMs)]);

    let acknowledged = 0;
    let isEnough = false;
    const writers = people.map((person, n) => {
      const door = n % 2 === 0 ? httpDoor(person) : socketDoor(fleet, person);
      return new Sender(person, door, () => {
        acknowledged += 1;
      });
    });
    const runs = writers.map((writer, n) =>
      writer.run(roomIds, `s${n}`, () => !isEnough, { pauseMs, mayRepeat: () => true }),
    );
    const writing = Promise.all(runs);
    const more = (count: number) => {
      const wanted = acknowledged + count;
      return Promise.race([failed(reading), failed(writing), until(() => acknowledged >= wanted, boundMs)]);
    };

    await more(senders * 3);
    const begun = performance.now();
    const stopsMs: number[] = [];
    for (const index of fleet.urls.keys()) {
      stopsMs.push(await Promise.race([failed(reading), failed(writing), fleet.replace(index)]));
      await more(senders);
    }
    const tookMs = performance.now() - begun;
    await more(senders * 3);
    isEnough = true;
    await within(boundMs, Promise.race([failed(reading), writing]), () => 'writes were not settled');

    const rows = await readStored(fleet.database, 0, roomIds);
    const lastIn = (ids: readonly string[]) =>
      rows.events.findLast(({ roomId, messageId }) => messageId !== null && ids.includes(roomId ?? ''))?.messageId;
    const hasAll = (reader: Reader) => reader.has(lastIn(reader.roomIds) ?? '');
    // One that does not get there has lost something: the judge says what.
    await until(() => crowd.every(hasAll), boundMs).catch(() => undefined);
    for (const reader of crowd) reader.stop();
    await reading;
    const histories: Sighting[] = await Promise.all(roomIds.map((roomId) => readHistory(owner, roomId)));
    const sent = writers.flatMap((writer) => writer.sent);
    return {
      verdict: judge({ sent, after: 0, ...rows, sightings: [...crowd, ...histories] }),
      acknowledged,
      retried: sent.filter(({ tries }) => tries > 1).length,
      replayed: sent.filter(({ isReplayed }) => isReplayed).length,
      resumedSockets: resumesOf((n) => n % 3 !== 2),
      resumedStreams: resumesOf((n) => n % 3 === 2),
      stopsMs,
      tookMs,
    };
  } finally {
    for (const reader of crowd) reader.stop();
  }
}
