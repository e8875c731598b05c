import { expect, inject, onTestFinished, test } from 'vitest';
import { setUpCommitter } from '../../test/support/committer.ts';
import { createTestDatabase } from '../../test/support/database.ts';
import { until } from '../../test/support/process.ts';
import { silentLog } from '../observe/log.ts';
import { Bell } from './bell.ts';

const connection = (database: string) => ({
  host: inject('postgresHost'),
  port: inject('postgresPort'),
  user: inject('postgresUser'),
  database,
});

test('the bell tells of commits, and again after its connection was lost', async () => {
  const database = await createTestDatabase();
  onTestFinished(() => database[Symbol.asyncDispose]());
  const [name] = new URL(database.url).pathname.slice(1).split('?');
  const heard: number[] = [];
  const bell = new Bell({
    connection: connection(name ?? ''),
    onPosition: (position) => heard.push(position),
    log: silentLog,
    random: () => 0,
  });
  onTestFinished(() => bell.stop());
  await until(() => bell.isListening, 5_000);
  await database.query(`SELECT pg_notify('parley_log', '7')`);
  await until(() => heard.length === 1, 5_000);

  await database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'parley bell' AND datname = $1`,
    [name],
  );
  await until(() => !bell.isListening, 5_000);
  await until(() => bell.isListening, 5_000);
  await database.query(
    `SELECT pg_notify('parley_log', 'no number'), pg_notify('another', '8'), pg_notify('parley_log', '9')`,
  );
  await until(() => heard.includes(9), 5_000);
  expect(heard).toEqual([7, 9]);
});

test('a commit rings with its last position, once for all of its events', async () => {
  const { committer, database } = await setUpCommitter();
  const heard: number[] = [];
  const bell = new Bell({
    connection: connection(new URL(database.url).pathname.slice(1)),
    onPosition: (position) => heard.push(position),
    log: silentLog,
    random: () => 0,
  });
  onTestFinished(() => bell.stop());
  await until(() => bell.isListening, 5_000);
  await Promise.all(['first', 'second', 'third'].map((name) => committer.submit({ name, does: 'write' })));
  await committer.submit({ name: 'refused', does: 'refuse' });
  await committer.submit({ name: 'fourth', does: 'write' });
  await until(() => heard.includes(4), 5_000);
  expect(heard).toEqual([3, 4]);
});

test('a bell that finds no database goes on trying, and stops when it is told to', async () => {
  const lines: string[] = [];
  const bell = new Bell({
    connection: { host: '/nowhere', port: 1, user: 'nobody', database: 'none' },
    onPosition: () => undefined,
    log: { ...silentLog, warn: (_, message) => void lines.push(message) },
    random: () => 0,
  });
  await bell.stop();
  expect([bell.isListening, lines]).toEqual([false, []]);
});
