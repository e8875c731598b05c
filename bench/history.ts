/**
 * `npm run bench:history`: what a page of 50 messages costs in a room of 10 thousand and in one of a million: the newest page,
 * one in the middle, and one around a message. Prints a table and writes it into docs/performance.md; `-- --messages 100000`
 * for the large room, and `--rounds 1`, make it shorter, and write nothing.
 */
import { cpus, loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { encodeId } from '../schema/ids.ts';
import { build } from '../scripts/build.mjs';
import type { MessageId } from '../src/chat/model.ts';
import { fillLog } from '../test/support/filled-log.ts';
import { rowIdOf } from '../test/support/history.ts';
import { createRoom, enterGuest, type Person } from '../test/support/person.ts';
import { ServerHome } from '../test/support/process.ts';
import { median, percentile } from './nodes-latency-round.ts';
import { quietRates } from './resume-part.ts';
import { writeTable } from './written-table.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, messages: { type: 'string', default: '1000000' } },
});
const [rounds, largeCount] = [Number(values.rounds), Number(values.messages)];
if (!(rounds > 0 && largeCount > 0)) {
  console.error('npm run bench:history -- [--rounds n] [--messages n]');
  process.exit(2);
}
const SMALL_COUNT = 10_000;
const CHUNK = 50_000;
const PAGES = 300;
/** A backend of PostgreSQL that has nothing to do tells what it has read within 10 s. */
const STATISTICS_MS = 11_000;

const page = `nodes { id text sentAt editedAt deletedAt author { id displayName } }
  pageInfo { hasPreviousPage hasNextPage startCursor endCursor }`;
const queries = {
  newest: `query ($id: ID!) { room(by: { id: $id }) { messages(last: 50) { ${page} } } }`,
  middle: `query ($id: ID!, $before: String) { room(by: { id: $id }) { messages(last: 50, before: $before) { ${page} } } }`,
  around: `query ($id: ID!, $messageId: ID!) { room(by: { id: $id }) { messagesAround(messageId: $messageId) { ${page} } } }`,
};
type Kind = keyof typeof queries;
const kinds = Object.keys(queries) as Kind[];

interface Place {
  readonly variables: Readonly<Record<string, unknown>>;
}

interface Measured {
  readonly p50: number;
  readonly p99: number;
}

await build({ say: console.log });
await using home = new ServerHome();
const { owner, rooms } = await fill();
await home.start(quietRates);
const places = [await placeIn(rooms.small, SMALL_COUNT), await placeIn(rooms.large, largeCount)] as const;
const before = loadavg()[0] ?? 0;
for (const kind of kinds) for (const place of places) await ask(kind, place, PAGES);
const rows: string[] = [];
for (const kind of kinds) {
  const [small, large]: [Measured[], Measured[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    small.push(await ask(kind, places[0], PAGES));
    large.push(await ask(kind, places[1], PAGES));
  }
  const buffers = [await buffersOf(kind, places[0]), await buffersOf(kind, places[1])];
  const of = (found: readonly Measured[], pick: (one: Measured) => number) => median(found.map(pick)).toFixed(2);
  const ratios = large.map(({ p99 }, n) => p99 / (small[n]?.p99 ?? Number.NaN)).sort((a, b) => a - b);
  const cells = [
    of(small, ({ p50 }) => p50),
    of(large, ({ p50 }) => p50),
    of(small, ({ p99 }) => p99),
    of(large, ({ p99 }) => p99),
    `${median(ratios).toFixed(2)} (${ratios[0]?.toFixed(2)} to ${ratios.at(-1)?.toFixed(2)})`,
    ...buffers.map((count) => count.toFixed(1)),
  ];
  rows.push(`| ${kind} | ${cells.join(' | ')} |`);
}
const [fewText, manyText] = [SMALL_COUNT, largeCount].map((count) => count.toLocaleString('en'));
const table = `| page of 50 | p50 ms of ${fewText} | of ${manyText} | p99 ms of ${fewText} | of ${manyText} | p99, large by small | buffers of ${fewText} | of ${manyText} |
|---|--:|--:|--:|--:|--:|--:|--:|
${rows.join('\n')}

${new Date().toISOString().slice(0, 10)}, \`npm run bench:history\`, medians of ${rounds} rounds of ${PAGES} pages for each room by turns, in brackets the least and the greatest;
Node ${process.versions.node}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}) for server, PostgreSQL and who asks; load average before it ${before.toFixed(1)}.`;
console.log(`\n${table}`);
if (process.argv.length === 2) writeTable('performance.md', 'history', table);

async function fill(): Promise<{ owner: Person; rooms: { small: string; large: string } }> {
  const first = await home.start(quietRates);
  const person = await enterGuest(home, 'Owner');
  const [small, large] = [await createRoom(person, 'Small'), await createRoom(person, 'Large')];
  first.kill('SIGKILL');
  await first.exited;
  const author = { authorId: rowIdOf(person.id), textLength: 80, ageDays: 1 };
  await fillLog(home, { ...author, roomId: rowIdOf(small), count: SMALL_COUNT });
  for (let filled = 0; filled < largeCount; filled += CHUNK) {
    await fillLog(home, { ...author, roomId: rowIdOf(large), count: Math.min(CHUNK, largeCount - filled) });
  }
  // As it will be by itself a while later, and then stays.
  await home.query('VACUUM (ANALYZE) message');
  await home.query('VACUUM (ANALYZE) event');
  await home.query('ALTER SYSTEM SET autovacuum = off');
  await home.query('SELECT pg_reload_conf()');
  return { owner: person, rooms: { small, large } };
}

/** The message in the middle of a room, and the cursor that stands there. */
async function placeIn(roomId: string, count: number): Promise<Place> {
  const [row] = await home.query<{ id: string }>(
    'SELECT id FROM message WHERE room_id = $1 ORDER BY position OFFSET $2 LIMIT 1',
    [rowIdOf(roomId), count / 2],
  );
  const messageId = encodeId('message', (row?.id ?? '') as MessageId);
  const found = await owner.ask(queries.around, { id: roomId, messageId });
  return { variables: { id: roomId, messageId, before: found.data.room.messagesAround.pageInfo.endCursor } };
}

/** One page after the other, each looked at: it has 50 messages. */
async function ask(kind: Kind, { variables }: Place, count: number): Promise<Measured> {
  const tookMs: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const begunAt = performance.now();
    const { data, errors } = await owner.ask(queries[kind], variables);
    tookMs.push(performance.now() - begunAt);
    const { room } = data ?? {};
    if ((room?.messages ?? room?.messagesAround)?.nodes.length !== 50) throw new Error(JSON.stringify(errors ?? data));
  }
  return { p50: percentile(tookMs, 0.5), p99: percentile(tookMs, 0.99) };
}

/** Blocks of tables and indexes that PostgreSQL looked at for one request, in memory or not: who asks is looked up among them. */
async function buffersOf(kind: Kind, place: Place): Promise<number> {
  const begin = await blocksRead();
  await ask(kind, place, PAGES);
  return ((await blocksRead()) - begin) / PAGES;
}

async function blocksRead(): Promise<number> {
  await delay(STATISTICS_MS);
  const [row] = await home.query<{ blocks: string }>(
    `SELECT sum(coalesce(heap_blks_read, 0) + coalesce(heap_blks_hit, 0) + coalesce(idx_blks_read, 0) + coalesce(idx_blks_hit, 0)
       + coalesce(toast_blks_read, 0) + coalesce(toast_blks_hit, 0)) AS blocks FROM pg_statio_user_tables`,
  );
  return Number(row?.blocks);
}
