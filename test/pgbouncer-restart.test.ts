import { setTimeout as delay } from 'node:timers/promises';
import { expect, inject, onTestFinished, test } from 'vitest';
import { judge } from './support/crash-check.ts';
import { httpDoor, Reader, Sender, socketDoor, socketLink } from './support/crash-people.ts';
import { createTestDatabase } from './support/database.ts';
import { eventLink } from './support/event-link.ts';
import { createRoom, enterGuest, joinRoom, type Person, personOf } from './support/person.ts';
import { startPgBouncer } from './support/pgbouncer.ts';
import { until, within } from './support/process.ts';
import { readHistory } from './support/room-history.ts';
import { startServer, type TestServer } from './support/server.ts';
import { readStored } from './support/stored-log.ts';

const senderCount = 20;
const boundMs = 30_000;

test.each([
  ['is killed', 'SIGKILL'],
  ['ends when its transactions have', 'SIGINT'],
] as const)(
  '[W1] [W2] [W5] [R2] under load a PgBouncer that %s and comes back loses, repeats and reorders nothing, and each send is settled by its key',
  {
    timeout: 120_000,
  },
  async (_, signal) => {
    const database = await createTestDatabase();
    onTestFinished(() => database[Symbol.asyncDispose]());
    const pgbouncer = await startPgBouncer({
      postgresHost: inject('postgresHost'),
      postgresPort: inject('postgresPort'),
      postgresUser: inject('postgresUser'),
    });
    onTestFinished(() => pgbouncer[Symbol.asyncDispose]());
    const pooled = { ...database, url: pgbouncer.through(database.url) };
    const nodes: TestServer[] = [];
    for (let n = 0; n < 2; n += 1) {
      const node = await startServer({ database: pooled, databaseDirectUrl: database.url });
      onTestFinished(() => node[Symbol.asyncDispose]());
      nodes.push(node);
    }
    const nodeOf = (n: number) => nodes[n % nodes.length] as TestServer;

    const people = await Promise.all(Array.from({ length: senderCount }, (_, n) => enterGuest(nodeOf(n), `P${n}`)));
    const [owner] = people as [Person];
    const roomIds = await Promise.all(['Kitchen', 'Garden', 'Attic'].map((name) => createRoom(owner, name)));
    await Promise.all(people.flatMap((person) => roomIds.map((roomId) => joinRoom(person, roomId))));
    const readers = Array.from({ length: 12 }, (_, n) => {
      const rooms = n % 4 === 3 ? roomIds : [roomIds[n % roomIds.length] as string];
      return new Reader(nodeOf(n), people[n] as Person, rooms, n % 6 < 3 ? socketLink : eventLink);
    });
    const reading = Promise.all(readers.map((reader) => reader.run()));
    reading.catch(() => undefined);
    onTestFinished(async () => {
      for (const reader of readers) reader.stop();
      await reading;
    });
    await until(() => readers.every(({ hasBegun }) => hasBegun), boundMs);

    let acknowledged = 0;
    let isEnough = false;
    const senders = people.map((person, n) => {
      const door = n % 4 < 2 ? httpDoor(person) : socketDoor(nodeOf(n), person);
      return new Sender(person, door, () => {
        acknowledged += 1;
      });
    });
    const writing = Promise.all(
      senders.map((sender, n) => sender.run(roomIds, `s${n}`, () => !isEnough, { mayRepeat: () => true })),
    );
    writing.catch(() => undefined);
    const failed = Promise.race([reading, writing]).then(() => new Promise<never>(() => undefined));
    const more = (count: number) => {
      const wanted = acknowledged + count;
      return Promise.race([failed, until(() => acknowledged >= wanted, boundMs)]);
    };

    for (const awayMs of [0, 100, 1_500]) {
      await more(senderCount * 5);
      // The acknowledgements just before are lost too: done, and nobody knows.
      for (const sender of senders) sender.isDeaf = true;
      const isHit = () =>
        senders.some(({ unheard }) => unheard > 0) &&
        senders.every(({ isInFlight, unheard }) => isInFlight || unheard > 0);
      await until(isHit, boundMs);
      await pgbouncer.end(signal);
      await delay(awayMs);
      await pgbouncer.start();
      for (const sender of senders) sender.isDeaf = false;
    }
    await more(senderCount * 5);
    isEnough = true;
    await within(boundMs, writing, () => 'writes were not settled');

    const rows = await readStored(database, 0, roomIds);
    const lastOf = (ids: readonly string[]) =>
      rows.events.findLast(({ roomId, kind }) => kind === 'MESSAGE_SENT' && ids.includes(roomId ?? ''))?.messageId ??
      '';
    // One that does not get there has lost something: the judge says what.
    await until(() => readers.every((reader) => reader.has(lastOf(reader.roomIds))), boundMs).catch(() => undefined);
    const ownerOn = (node: TestServer) => personOf(node, owner.id, owner.token);
    const histories = await Promise.all(
      nodes.flatMap((node) => roomIds.map((roomId) => readHistory(ownerOn(node), roomId))),
    );
    const sent = senders.flatMap((sender) => sender.sent);
    expect(judge({ sent, after: 0, ...rows, sightings: [...readers, ...histories] })).toEqual({
      lost: [],
      doubled: [],
      holes: [],
      unlike: [],
    });
    // What was done and not heard of is told as done before.
    const deaf = senders.filter(({ unheard }) => unheard > 0).length;
    expect(deaf).toBeGreaterThan(0);
    expect(sent.filter(({ isReplayed }) => isReplayed).length).toBeGreaterThanOrEqual(deaf);
    // Streams that are open need no database to stay so: what they missed meanwhile is read from the log.
    expect(readers.reduce((sum, { resumes }) => sum + resumes, 0)).toBe(0);
  },
);
