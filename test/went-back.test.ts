import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { TestDatabase } from './support/database.ts';
import { temporaryFolder } from './support/folder.ts';
import { messagesQuery } from './support/log-stream.ts';
import { startNodes } from './support/nodes.ts';
import { createRoom, enterGuest, type Person, personOf, send } from './support/person.ts';
import { startPrivatePostgres } from './support/private-postgres.ts';
import { ServerHome, type ServerProcess, until, within } from './support/process.ts';
import { startRedis } from './support/redis.ts';
import type { TestServer } from './support/server.ts';
import { openEvents } from './support/sse-client.ts';

const boundMs = 30_000;

/** What one stream showed until it ended, in its order. */
interface Shown {
  readonly texts: string[];
  /** Behind the message with that text; of the newest item under ''. */
  readonly cursors: Map<string, string>;
  endCode: string | null;
  hasEnded: boolean;
}

const emptyShown = (): Shown => ({ texts: [], cursors: new Map(), endCode: null, hasEnded: false });

// biome-ignore lint/suspicious/noExplicitAny: items as they came.
function take(shown: Shown, { kind, cursor, message, end }: any): void {
  if (kind === 'SENT') {
    shown.texts.push(message.text);
    shown.cursors.set(message.text, cursor);
  }
  if (kind === 'ENDED') shown.endCode = end.code;
  else shown.cursors.set('', cursor);
}

async function followOnSocket(person: Person, variables: object): Promise<Shown> {
  const shown = emptyShown();
  const socket = await person.connect();
  onTestFinished(() => socket.socket.terminate());
  const stream = socket.subscribe(messagesQuery, variables);
  take(shown, (await stream.next()).data.messages);
  void (async () => {
    for (;;) take(shown, (await stream.next()).data.messages);
  })().catch(() => {
    shown.hasEnded = true;
  });
  return shown;
}

async function followByEvents(url: string, person: Person, variables: object): Promise<Shown> {
  const shown = emptyShown();
  const headers = { authorization: `Bearer ${person.token}` };
  const stream = await openEvents(url, { query: messagesQuery, variables, headers });
  onTestFinished(() => stream[Symbol.dispose]());
  take(shown, (await stream.next()).data.data.messages);
  void (async () => {
    for (;;) take(shown, (await stream.next()).data.data.messages);
  })().catch(() => {
    shown.hasEnded = true;
  });
  return shown;
}

/** How a subscription that goes on after a cursor is refused, by socket and by event stream: code and reason of each. */
async function refusalsOf(url: string, person: Person, variables: object): Promise<unknown[]> {
  await using socket = await person.connect();
  const ended = await socket.subscribe(messagesQuery, variables).ended;
  const headers = { authorization: `Bearer ${person.token}` };
  using stream = await openEvents(url, { query: messagesQuery, variables, headers });
  const answer = (await stream.next()).data;
  const errors = [ended.kind === 'error' ? ended.errors : [], answer.errors ?? []];
  return errors.map(([error]) => [error?.extensions?.code, error?.extensions?.reason]);
}

async function sendAll(people: readonly Person[], roomId: string, texts: readonly string[]): Promise<void> {
  const answers = await Promise.all(
    texts.map((text, n) => send(people[n % people.length] as Person, roomId, text, text)),
  );
  expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
}

function named(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
}

/** As if a standby had taken over that lacked the newest events. */
async function forget(database: TestDatabase, count: number): Promise<void> {
  await database.query(
    `WITH gone AS (DELETE FROM event WHERE position > (SELECT max(position) - $1 FROM event) RETURNING position),
       messages AS (DELETE FROM message WHERE position IN (SELECT position FROM gone))
     DELETE FROM client_key WHERE position IN (SELECT position FROM gone)`,
    [count],
  );
}

test.each([
  ['one node', 1],
  ['two nodes on Redis', 2],
])(
  '[R6] below %s that stay and write on at once, no stream shows the new history behind the old one, and the nodes give up',
  {
    timeout: 60_000,
  },
  async (_, count) => {
    const redis = await startRedis();
    onTestFinished(() => redis[Symbol.asyncDispose]());
    const redisUrl = count > 1 ? redis.url : null;
    const { nodes } = await startNodes(Array.from({ length: count }, () => ({ redisUrl })));
    const [first] = nodes as [TestServer];
    const owner = await enterGuest(first, 'owner');
    const roomId = await createRoom(owner, 'Kitchen');
    const on = (node: TestServer) => personOf(node, owner.id, owner.token);
    const people = nodes.map(on);
    const kept = named('kept', 6);
    const lost = named('lost', 4);
    for (const text of kept) await sendAll(people, roomId, [text]);
    const shown = await Promise.all(
      nodes.flatMap((node) => [
        followOnSocket(on(node), { roomId, last: 6 }),
        followByEvents(node.url, owner, { roomId, last: 6 }),
      ]),
    );
    for (const text of lost) await sendAll(people, roomId, [text]);
    await until(() => shown.every(({ texts }) => texts.length === 10), boundMs);

    await forget(first.database, lost.length);
    // Past where the lost ones stood, at once: the first read of the log by a node would show them as what comes next.
    const fresh = named('fresh', 12);
    for (const text of fresh) await sendAll(people, roomId, [text]);
    const reasons = await within(
      boundMs,
      Promise.all(nodes.map(({ node }) => node.lost)),
      () => 'the nodes did not notice',
    );
    for (const reason of reasons) expect(reason.message).toMatch(/^the log no longer has what stood at position \d+: /);
    for (const node of nodes) await node.stop();
    await until(() => shown.every(({ hasEnded }) => hasEnded), boundMs);
    for (const { texts, endCode } of shown) {
      expect(texts).toEqual([...kept, ...lost]);
      expect(endCode).toBe('SERVER_STOPPING');
    }

    for (const node of nodes) await node.start();
    const [{ cursors }] = shown as [Shown];
    for (const node of nodes) {
      for (const text of [...lost, '']) {
        expect(await refusalsOf(node.url, on(node), { roomId, after: cursors.get(text) })).toEqual([
          ['CURSOR_EXPIRED', 'OTHER_HISTORY'],
          ['CURSOR_EXPIRED', 'OTHER_HISTORY'],
        ]);
      }
      const again = await followOnSocket(on(node), { roomId, after: cursors.get('kept-5') });
      await until(() => again.texts.length >= fresh.length, boundMs);
      expect(again.texts).toEqual(fresh);
    }
  },
);

test('[R6] a backup that is restored below two running servers ends them with the reason, and later tells old cursors apart from those that hold', {
  timeout: 120_000,
}, async () => {
  using folder = temporaryFolder();
  const dataDir = join(folder.path, 'data');
  await using postgres = await startPrivatePostgres(dataDir);
  await using redis = await startRedis();
  await using home = new ServerHome({
    settings: { DATABASE_URL: postgres.database.url, REDIS_URL: redis.url, PARLEY_DRAIN_MS: '1000' },
  });
  const launch = async () => {
    const servers: { process: ServerProcess; url: string }[] = [];
    for (let n = 0; n < 2; n += 1) {
      const process = home.launch();
      servers.push({ process, url: await within(boundMs, process.ready, () => process.output) });
    }
    return servers;
  };
  const servers = await launch();
  const [first] = servers as [(typeof servers)[number]];
  const owner = await enterGuest(first, 'owner');
  const roomId = await createRoom(owner, 'Kitchen');
  const peopleOn = (places: readonly { url: string }[]) =>
    places.map((place) => personOf(place, owner.id, owner.token));
  const kept = named('kept', 5);
  for (const text of kept) await sendAll(peopleOn(servers), roomId, [text]);

  // As docs/self-hosting.md says for the database of Parley's own.
  const database = join(dataDir, 'postgres');
  const backup = join(folder.path, 'backup');
  await postgres.stop();
  execFileSync('cp', ['-a', database, backup]);
  await postgres.start();
  const shown = await Promise.all(
    servers.flatMap((place) => [
      followOnSocket(peopleOn([place])[0] as Person, { roomId, last: 5 }),
      followByEvents(place.url, owner, { roomId, last: 5 }),
    ]),
  );
  const lost = named('lost', 5);
  for (const text of lost) await sendAll(peopleOn(servers), roomId, [text]);
  await until(() => shown.every(({ texts }) => texts.length === 10), boundMs);

  await postgres.stop();
  execFileSync('rm', ['-rf', database]);
  execFileSync('cp', ['-a', backup, database]);
  const restoredAt = performance.now();
  await postgres.start();
  for (const { process } of servers) {
    expect(await within(boundMs, process.exited, () => process.output)).toEqual({ code: 1, signal: null });
    expect(process.output).toContain('this node cannot go on');
    expect(process.output).toMatch(/the log no longer has what stood at position \d+: was a backup restored\?/);
  }
  console.log(`two servers ended ${Math.round(performance.now() - restoredAt)} ms after the start of the restored one`);
  await until(() => shown.every(({ hasEnded }) => hasEnded), boundMs);
  for (const { texts, endCode } of shown) {
    expect(texts).toEqual([...kept, ...lost]);
    expect(endCode).toBe('SERVER_STOPPING');
  }

  const next = await launch();
  const [{ cursors }] = shown as [Shown];
  const [place] = next as [(typeof next)[number]];
  const [person] = peopleOn([place]) as [Person];
  const gone = { roomId, after: cursors.get('lost-4') };
  expect(await refusalsOf(place.url, person, gone)).toEqual([
    ['CURSOR_EXPIRED', 'FUTURE'],
    ['CURSOR_EXPIRED', 'FUTURE'],
  ]);
  const again = await followOnSocket(person, { roomId, after: cursors.get('kept-2') });
  const fresh = named('fresh', 8);
  for (const text of fresh) await sendAll(peopleOn(next), roomId, [text]);
  await until(() => again.texts.length >= 10, boundMs);
  expect(again.texts).toEqual(['kept-3', 'kept-4', ...fresh]);
  expect(await refusalsOf(place.url, person, gone)).toEqual([
    ['CURSOR_EXPIRED', 'OTHER_HISTORY'],
    ['CURSOR_EXPIRED', 'OTHER_HISTORY'],
  ]);
});
