/** Writes whose node, database or answer fails: what became of each is settled by its key, wherever and whenever it is asked. */
import { expect, onTestFinished, test } from 'vitest';
import { APPEND_LOCK } from '../src/log/attempt.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { age, trim } from './support/filled-log.ts';
import { Fleet } from './support/fleet.ts';
import { readLog } from './support/history.ts';
import { createRoom, enterGuest, joinRoom, type Person, personOf, send } from './support/person.ts';
import { until, within } from './support/process.ts';
import { startServer, type TestServer } from './support/server.ts';

/** The backend that holds the lock of the log in a transaction; null: nobody does. */
async function lockHolder(database: Pick<TestDatabase, 'query'>): Promise<number | null> {
  const [found] = await database.query<{ pid: number }>(
    `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (classid::bigint << 32) | objid::bigint = $1`,
    [APPEND_LOCK],
  );
  return found?.pid ?? null;
}

/** Stops the node while it holds the lock: it may have let go of it just then, so it is looked at twice. */
async function freezeWithLock(fleet: Fleet, index: number): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if ((await lockHolder(fleet.database)) === null) continue;
    fleet.freeze(index);
    const first = await lockHolder(fleet.database);
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (first !== null && first === (await lockHolder(fleet.database))) return;
    fleet.thaw(index);
  }
  throw new Error('the node was never seen with the lock');
}

interface Sent {
  readonly message: { readonly id: string; readonly text: string } | null;
  readonly replayed: boolean;
  readonly errors: readonly { readonly code: string }[];
}

test('[W1] [W2] [W5] a node that stands still with the lock of the log holds up the others for a moment, and what it was asked is settled by its key on another', {
  timeout: 120_000,
}, async () => {
  await using fleet = await Fleet.start({ nodes: 2 });
  const [frozenUrl, otherUrl] = fleet.urls as readonly [string, string];
  const owner = await enterGuest({ url: frozenUrl }, 'owner');
  const roomId = await createRoom(owner, 'Kitchen');
  const people = await Promise.all(Array.from({ length: 8 }, (_, n) => enterGuest({ url: frozenUrl }, `P${n}`)));
  const elsewhereFromTheStart = await enterGuest({ url: otherUrl }, 'Somebody on the other node');
  for (const person of [...people, elsewhereFromTheStart]) await joinRoom(person, roomId);

  let isOver = false;
  const newest = new Map<Person, string>();
  const answers = new Map<string, string>();
  const goOnSending = async (person: Person, name: string) => {
    for (let count = 0; !isOver; count += 1) {
      const key = `${name}-${count}`;
      if (person !== elsewhereFromTheStart) newest.set(person, key);
      const { message } = (await send(person, roomId, key, key)) as Sent;
      if (message === null) throw new Error(`${key} was refused`);
      answers.set(key, message.id);
    }
  };
  // A node that writes alone does not wait for itself with the lock.
  const sending = [...people, elsewhereFromTheStart].map((person, n) => goOnSending(person, `${n}`));
  await until(() => answers.size > 50, 20_000);
  await freezeWithLock(fleet, 0);
  const inFlight = [...newest].filter(([, key]) => !answers.has(key));
  expect(inFlight.length).toBeGreaterThan(0);

  // Each of them twice at once, where it was not asked before.
  const elsewhere = (person: Person) => personOf({ url: otherUrl }, person.id, person.token);
  const retried = await within(
    20_000,
    Promise.all(
      inFlight.flatMap(([person, key]) => [1, 2].map(() => send(elsewhere(person), roomId, key, key) as Promise<Sent>)),
    ),
    () => 'the other node does not go on',
  );
  isOver = true;
  fleet.thaw(0);
  await within(30_000, Promise.all(sending), () => 'the node that stood still does not go on');
  for (const [n, [, key]] of inFlight.entries()) {
    const [one, two] = retried.slice(2 * n, 2 * n + 2) as [Sent, Sent];
    expect([one.message?.id, two.message?.id]).toEqual([answers.get(key), answers.get(key)]);
    expect([one.replayed, two.replayed]).toContain(true);
  }
  const told = (await readLog(fleet.database)).filter(({ kind }) => kind === 'MESSAGE_SENT');
  const stored = await fleet.database.query<{ id: string; key: string }>(
    'SELECT id, client_key AS key FROM message ORDER BY position',
  );
  expect(stored.map(({ key }) => key).sort()).toEqual([...answers.keys()].sort());
  expect(told.length).toBe(stored.length);
});

test('[W5] a key gives its one outcome to all who ask at once on two nodes, behind a restart, and a month later from before a trim', async () => {
  await using database = await createTestDatabase();
  const start = async (): Promise<TestServer> => {
    const server = await startServer({ database });
    onTestFinished(() => server[Symbol.asyncDispose]());
    return server;
  };
  const [here, there] = [await start(), await start()];
  const guest = await enterGuest(here, 'Guest');
  const roomId = await createRoom(guest, 'Kitchen');
  const at = ({ url }: TestServer) => personOf({ url }, guest.id, guest.token);
  const asked = Array.from({ length: 40 }, (_, n) => send(at(n % 2 === 0 ? here : there), roomId, 'once', 'a-key'));
  const outcomes = (await Promise.all(asked)) as Sent[];
  const [id] = outcomes.map(({ message }) => message?.id);
  expect(outcomes.map(({ message }) => message?.id)).toEqual(outcomes.map(() => id));
  expect(outcomes.filter(({ replayed }) => !replayed)).toHaveLength(1);

  await send(at(here), roomId, 'behind it');
  await age(database);
  expect(await trim(database)).toMatchObject({ isDone: true });
  await Promise.all([here, there].map((server) => server[Symbol.asyncDispose]()));
  const again = await start();
  const late = (await send(at(again), roomId, 'once', 'a-key')) as Sent;
  expect(late).toMatchObject({ message: { id, text: 'once' }, replayed: true, errors: [] });
  expect(await send(at(again), roomId, 'twice', 'a-key')).toMatchObject({ errors: [{ code: 'KEY_CONFLICT' }] });
  const [{ count } = { count: null }] = await database.query<{ count: string }>(
    'SELECT count(*) AS count FROM message',
  );
  expect(Number(count)).toBe(2);
});
