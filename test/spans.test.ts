import { describe, expect, onTestFinished, test } from 'vitest';
import { entitledNow, entitledThen, faultsOf, readLog, readSpans, rowIdOf } from './support/history.ts';
import { eventsQuery, LogStream, type StreamedItem } from './support/log-stream.ts';
import { changeMembers, probe, type Span, sendWhile, watchSpans } from './support/members-load.ts';
import { createRoom, enterGuest, joinRoom, type Person } from './support/person.ts';
import { newSeed, seededRandom } from './support/random.ts';
import { startServer } from './support/server.ts';

const CHANGES = 150;
const pageQuery = `query ($after: Cursor) {
  events(after: $after, first: 100) { nodes { __typename cursor } endCursor hasMore }
}`;

test('[A2][A3][A4][R3][W4] people removed and added again under load see what their spans of membership allow', async () => {
  const seed = newSeed();
  onTestFinished(({ task }) => void (task.result?.state === 'fail' && console.error(`seed ${seed}`)));
  const random = seededRandom(seed);
  const server = await startServer({ checkpointIntervalMs: 300 });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const { cursors } = server.node.engine.services;
  const owner = await enterGuest(server, 'owner');
  const beginning = (await owner.ask('{ asOf }')).data.asOf as string;
  const people = await Promise.all(['ann', 'bob', 'cyd', 'dan', 'eve', 'fay'].map((name) => enterGuest(server, name)));
  const everyone = [owner, ...people];

  const streams: LogStream[] = [];
  onTestFinished(async () => void (await Promise.all(streams.map((stream) => stream[Symbol.asyncDispose]()))));
  const follow = (person: Person, after?: string) => {
    const stream = new LogStream(server, person, { query: eventsQuery, ...(after && { variables: { after } }) });
    streams.push(stream);
    return stream.until(({ items }) => items.length > 0);
  };
  const live = await Promise.all(everyone.map((person) => follow(person)));
  const privateRooms = await Promise.all([0, 1, 2].map((n) => createRoom(owner, `private ${n}`, 'PRIVATE')));
  const publicRoom = await createRoom(owner, 'public');
  const rooms = [...privateRooms, publicRoom];
  for (const person of people.slice(0, 3)) await joinRoom(person, publicRoom);

  let isChanging = true;
  const spans: Span[] = [];
  const load = everyone.map((person) => sendWhile(server, person, rooms, () => isChanging));
  const probes = people.map((person, n) => probe(server, person, privateRooms[n % 3] as string, () => isChanging));
  const { midway } = await changeMembers({
    owner,
    people,
    privateRooms,
    publicRoom,
    random,
    count: CHANGES,
    onAdded: (person, roomId) => spans.push(watchSpans(server, person, roomId)),
    halfway: () => Promise.all(people.map((person) => follow(person))),
  });
  isChanging = false;
  const sent = await Promise.all(load);
  const probed = await Promise.all(probes);

  const log = await readLog(server.database);
  const members = await readSpans(server.database);
  await Promise.all(streams.map((stream) => stream.reached(log.length)));
  const kinds = new Map(log.map(({ position, kind }) => [position, typeNameOf(kind)]));
  const haveFacts = (items: readonly StreamedItem[]) => {
    for (const { position, kind } of items) expect(kind).toBe(kinds.get(position));
  };

  for (const [n, person] of everyone.entries()) {
    const userId = rowIdOf(person.id);
    const stream = live[n] as LogStream;
    expect(faultsOf(entitledThen(log, userId), stream.positions)).toEqual([]);
    haveFacts(stream.events);
    for (const position of sent[n] ?? []) expect(entitledThen(log, userId)).toContain(position);

    const replay = entitledNow(log, members, userId);
    expect(replay.length).toBeGreaterThan(0);
    const replayed = await follow(person, beginning).then((found) => found.reached(log.length));
    expect(faultsOf(replay, replayed.positions)).toEqual([]);
    haveFacts(replayed.events);
    const queried = await readPages(person);
    expect(
      faultsOf(
        replay,
        queried.map(({ cursor }) => cursors.decode(cursor).position),
      ),
    ).toEqual([]);
  }
  for (const [n, stream] of midway.entries()) {
    const then = entitledThen(log, rowIdOf((people[n] as Person).id), stream.items[0]?.position);
    const isNotMissing = (fault: string) => !fault.endsWith('is missing');
    expect(faultsOf(then, stream.positions).filter(isNotMissing)).toEqual([]);
  }
  for (const answers of probed) {
    expect(answers.length).toBeGreaterThan(10);
    for (const answer of answers) expect(answer.seen).toEqual(answer.expected(log, members));
  }
  for (const span of spans) expect(await span.faults(log, members)).toEqual([]);
  expect(spans.length).toBeGreaterThan(20);
}, 60_000);

describe('the checker of histories', () => {
  const expected = [3, 5, 8, 13, 21, 34];
  const tampered: Record<string, [number[], string[]]> = {
    'a dropped item': [[3, 5, 13, 21, 34], ['8 is missing']],
    'a dropped last item': [[3, 5, 8, 13, 21], ['34 is missing']],
    'two swapped items': [[3, 8, 5, 13, 21, 34], ['5 came late']],
    'a repeated item': [[3, 5, 8, 8, 13, 21, 34], ['8 came again']],
    'a foreign item': [[3, 5, 8, 9, 13, 21, 34], ['9 is foreign']],
  };

  test('finds nothing in a history that is right', () => {
    expect(faultsOf(expected, expected)).toEqual([]);
  });

  test.each(Object.entries(tampered))('finds %s', (_, [received, faults]) => {
    expect(faultsOf(expected, received)).toEqual(faults);
  });

  test('knows what spans allow, then and now', () => {
    const fact = { userId: null, roomSeq: null, actorId: 'owner' };
    const joined = { ...fact, kind: 'MEMBER_JOINED', roomId: 'r', body: { roomId: 'r', userId: 'ann' } };
    const left = { ...joined, kind: 'MEMBER_LEFT' };
    const said = { ...fact, kind: 'MESSAGE_SENT', roomId: 'r', body: { roomId: 'r' } };
    const log = [said, joined, said, left, said].map((event, index) => ({ ...event, position: index + 1 }));
    const span = { roomId: 'r', userId: 'ann', isPrivate: true, from: 2, to: 4 };
    expect(entitledThen(log, 'ann')).toEqual([2, 3]);
    expect(entitledNow(log, [span], 'ann')).toEqual([]);
    expect(entitledNow(log, [{ ...span, isPrivate: false }], 'ann')).toEqual([2, 3]);
    expect(entitledNow(log, [span, { ...span, from: 5, to: null }], 'ann')).toEqual([2, 3, 5]);
  });
});

async function readPages(person: Person): Promise<{ cursor: string }[]> {
  const nodes: { cursor: string }[] = [];
  for (let after: string | null = null; ; ) {
    const { data } = await person.ask(pageQuery, { after });
    nodes.push(...data.events.nodes);
    if (!data.events.hasMore) return nodes;
    after = data.events.endCursor;
  }
}

/** MESSAGE_SENT as MessageSent. */
function typeNameOf(kind: string): string {
  return kind.replaceAll(/([A-Z])([A-Z]*)_?/g, (_, first: string, rest: string) => first + rest.toLowerCase());
}
