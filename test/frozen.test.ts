import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../src/db/connection.ts';
import { classifyDatabaseError } from '../src/db/database-error.ts';
import { poolQueryable, Snapshot } from '../src/db/snapshot.ts';
import { Fault } from '../src/observe/fault.ts';
import { enterGuest, type Person } from './support/person.ts';
import { ServerHome, type ServerProcess, until, within } from './support/process.ts';

/** A PostgreSQL that neither answers nor hangs up: its machine is paused, or the network swallows everything. */
describe('a database that is frozen', () => {
  let home: ServerHome;
  let server: ServerProcess;
  let person: Person;

  beforeAll(async () => {
    home = new ServerHome();
    server = await home.start();
    person = await enterGuest(home, 'Ada');
  }, 60_000);

  afterAll(() => home[Symbol.asyncDispose]());

  test('[E1] fails a read as a timeout, a moment after the statement had its time, and gives the connection up', async () => {
    const socket = { host: join(home.dataDir, 'postgres/run'), port: 5432, user: 'parley', database: 'parley' };
    await using database = openDatabase({
      connection: socket,
      poolSize: 2,
      applicationName: 'test',
      statementTimeoutMs: 100,
      connectionTimeoutMs: 2_000,
    });
    const source = poolQueryable(database.pool);
    const snapshot = new Snapshot(database.pool);
    await Promise.all([source.query('SELECT 1'), snapshot.query('SELECT 1')]);
    {
      using _ = frozen(home);
      const reads = [source.query('SELECT 1'), snapshot.query('SELECT 1'), snapshot.query('SELECT 2')];
      const outcomes = await within(10_000, Promise.allSettled(reads), () => 'a read hangs');
      for (const outcome of outcomes)
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'UNAVAILABLE' } });
      const [first] = outcomes as [PromiseRejectedResult];
      expect(first.reason).toBeInstanceOf(Fault);
      expect(classifyDatabaseError(first.reason)).toBe('timeout');
      await within(10_000, snapshot.end(), () => 'the end of a snapshot hangs');
      expect(database.pool.totalCount).toBe(0);
    }
    expect(await source.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('[E2] is UNAVAILABLE over HTTP, and the server goes on when it thaws', { timeout: 90_000 }, async () => {
    const query = '{ viewer { user { id } } }';
    {
      using _ = frozen(home);
      const answer = await within(60_000, person.ask(query), () => 'no answer');
      expect(answer.errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);
      expect(answer.status).toBe(503);
    }
    expect((await person.ask(query)).data.viewer.user.id).toBe(person.id);
  });

  test('[E2] does not keep the server from ending', { timeout: 90_000 }, async () => {
    {
      using _ = frozen(home);
      server.kill('SIGTERM');
      await within(60_000, server.exited, () => `it did not end:\n${server.output}`);
    }
    expect(server.exit).toEqual({ code: 0, signal: null });
    await until(() => home.postgresProcesses.length === 0, 20_000);
  });
});

/** Stops all of PostgreSQL; it goes on when disposed of. */
function frozen(home: ServerHome): Disposable {
  // First the one that starts the others, and again until no other is found: one may end just as it is seen.
  const pids = new Set([home.postgresPid].filter((pid) => pid !== undefined));
  for (let found = [...pids]; found.length > 0; found = home.postgresProcesses.filter((pid) => !pids.has(pid))) {
    for (const pid of found) send(pid, 'SIGSTOP');
    for (const pid of found) pids.add(pid);
  }
  return {
    [Symbol.dispose]() {
      for (const pid of pids) send(pid, 'SIGCONT');
    },
  };
}

/** One that was about to end may be gone. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
