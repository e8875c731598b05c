import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type HubWorld, show, startHubWorld, type TestSink } from '../../test/support/hub-world.ts';
import type { LogEvent } from '../log/event.ts';
import type { StreamItem, StreamSource, StreamStart } from './contract.ts';

/**
 * The hub, its tail and its readers in whatever order things happen to them. The model knows what was appended and who was in the
 * private room when; what a reader has got is judged by that, at every moment and when all is quiet.
 */
interface Model {
  readonly events: { readonly kind: string; readonly roomId: string }[];
  /** When Ann was in the private room, by positions; `to` null: she is. */
  readonly spans: { from: number; to: number | null }[];
  trimmedTo: number;
  readers: number;
}

interface Real {
  readonly world: HubWorld;
  /** Of a reader of the blue room that is always there: how far the node has come. */
  readonly probe: TestSink;
  readonly streams: Stream[];
}

interface Stream {
  readonly source: StreamSource;
  readonly sink: TestSink;
  /** The end that it was told; null: it goes on. */
  readonly end: () => string | null;
  readonly close: () => void;
  /** How far the hub had come when it was asked for: rights are those of there, and change as it goes on. */
  readonly attachedAt: number;
  isClosed: boolean;
}

type Room = 'red' | 'blue' | 'private';

const READERS = 12;
const noFilter = { roomIds: null, publicRoomIds: [], actorIds: null, kinds: null };
const sources = {
  red: { kind: 'room', roomId: 'red', viewerId: 'ann', isPrivate: false },
  blue: { kind: 'room', roomId: 'blue', viewerId: 'ann', isPrivate: false },
  private: { kind: 'room', roomId: 'private', viewerId: 'ann', isPrivate: true },
  all: { kind: 'viewer', viewerId: 'ann', filter: noFilter },
} as const satisfies Record<string, StreamSource>;
type SourceName = keyof typeof sources;

const isIn = ({ spans }: Model) => spans.at(-1)?.to === null;

/** What the bus lost is read from the log a moment later. */
async function until(holds: () => boolean): Promise<void> {
  for (const endsAt = performance.now() + 5_000; !holds() && performance.now() < endsAt; ) await delay(1);
}

/** What can happen: `check` says whether it can now. All streams are judged behind it. */
function step(
  name: string,
  act: (model: Model, real: Real) => void | Promise<void>,
  check: (model: Readonly<Model>) => boolean = () => true,
): fc.AsyncCommand<Model, Real> {
  return {
    check,
    async run(model, real) {
      await act(model, real);
      for (const stream of real.streams) judge(model, stream, false);
    },
    toString: () => name,
  };
}

/** An event; the bus brings it, or loses it. */
const append = (roomId: Room, isLost: boolean) =>
  step(`append ${roomId}${isLost ? ', lost' : ''}`, (model, { world }) => {
    world.append({ kind: 'SENT', roomId }, isLost);
    model.events.push({ kind: 'SENT', roomId });
  });

/** The bus brings an event late, or once more. */
const tell = (back: number) =>
  step(
    `tell ${back} back`,
    (_, { world }) => world.tell(world.log.at(-1 - back) as LogEvent),
    ({ events }) => back < events.length,
  );

const join = (isLost: boolean) =>
  step(
    `join${isLost ? ', lost' : ''}`,
    (model, { world }) => {
      const { position } = world.append({ kind: 'JOINED', roomId: 'private' }, isLost);
      model.events.push({ kind: 'JOINED', roomId: 'private' });
      model.spans.push({ from: position, to: null });
    },
    (model) => !isIn(model),
  );

/** Ann is removed from the private room. */
const revoke = (isLost: boolean) =>
  step(
    `revoke${isLost ? ', lost' : ''}`,
    (model, { world }) => {
      const { position } = world.append({ kind: 'LEFT', roomId: 'private' }, isLost);
      model.events.push({ kind: 'LEFT', roomId: 'private' });
      const span = model.spans.at(-1);
      if (span) span.to = position;
    },
    isIn,
  );

/** Begins so many events behind the head; null: now. */
const attach = (name: SourceName, back: number | null) =>
  step(
    `attach ${name} ${back}`,
    (model, { world, streams }) => {
      model.readers += 1;
      const position = Math.max(0, world.log.length - (back ?? 0));
      const start: StreamStart =
        back === null ? { kind: 'now' } : { kind: 'after', mark: { position, tag: position * 10 } };
      let end: string | null = null;
      const execute = async (item: StreamItem) => {
        if (item.kind === 'end') end = item.end.code;
        return show(item);
      };
      const source = sources[name];
      const { reader, sink } = world.open({ source, start, execute, key: `${name} ${streams.length}` });
      streams.push({
        source,
        sink,
        end: () => end,
        close: () => reader.close(),
        attachedAt: world.handedOut,
        isClosed: false,
      });
    },
    (model) => model.readers < READERS && (name !== 'private' || isIn(model)),
  );

/** The client of a reader stops reading, or reads on. */
const read = (which: number, isReading: boolean) =>
  step(
    `${isReading ? 'read' : 'stop reading'} ${which}`,
    (_, { streams }) => setReading(streams[which] as Stream, isReading),
    ({ readers }) => which < readers,
  );

const close = (which: number) =>
  step(
    `close ${which}`,
    (_, { streams }) => {
      const stream = streams[which] as Stream;
      stream.isClosed = true;
      stream.close();
    },
    ({ readers }) => which < readers,
  );

/** The oldest events go, but for the newest few, when the node is behind none of them: else it would have to start again. */
const trim = (kept: number) =>
  step(
    `trim but ${kept}`,
    async (model, { world, probe }) => {
      const { position } = world.append({ kind: 'SENT', roomId: 'blue' });
      model.events.push({ kind: 'SENT', roomId: 'blue' });
      await until(() => probe.positions.at(-1) === position);
      model.trimmedTo = model.events.length - 1 - kept;
      world.trim(model.trimmedTo);
    },
    ({ events, trimmedTo }) => events.length - kept > trimmedTo,
  );

/** Something else has its turn. */
const turn = step('turn', async () => {
  await new Promise(setImmediate);
});

function setReading({ sink }: Stream, isReading: boolean): void {
  sink.isReading = isReading;
  if (isReading) sink.drain();
}

/** The places that a room's messages, or all events of the rooms of Ann, stand at: after where the stream says that it began. */
function placesOf({ events }: Model, { source, sink }: Stream): number[] {
  const begun = sink.written.find((text) => text.startsWith('checkpoint'));
  if (begun === undefined) return [];
  const first = Number(begun.split(' ')[1]);
  const roomId = source.kind === 'room' ? source.roomId : 'private';
  const isOf = (event: Model['events'][number]) =>
    event.roomId === roomId && (source.kind !== 'room' || event.kind === 'SENT');
  return events.flatMap((event, n) => (n + 1 > first && isOf(event) ? [n + 1] : []));
}

/** Nothing missed, repeated, swapped, or read by who may not: up to where the stream has come; when all is quiet, to the head. */
function judge(model: Model, stream: Stream, isQuiet: boolean): void {
  const { positions } = stream.sink;
  const end = stream.end();
  const hasAll = isQuiet && end === null && !stream.isClosed;
  const last = positions.at(-1) ?? 0;
  if (end === 'CURSOR_EXPIRED') expect(last).toBeLessThan(model.trimmedTo);
  else if (end !== null) expect([end, stream.source]).toEqual(['NO_LONGER_READABLE', sources.private]);
  if (stream.source.kind === 'viewer') judgeOwn(model, stream, hasAll);
  else if (stream.source.isPrivate) judgePrivate(model, stream, hasAll);
  else expect(positions).toEqual(placesOf(model, stream).filter((place) => hasAll || place <= last));
}

/** Once all has come to a stream that has to come; a moment at most, as what is behind it would be a fault. */
async function judgeQuiet(model: Model, stream: Stream): Promise<void> {
  const { source, sink } = stream;
  const isToEnd = source.kind === 'room' && source.isPrivate && !isIn(model);
  const hasAll = () => !isToEnd && sink.written.length > 0 && sink.positions.at(-1) === placesOf(model, stream).at(-1);
  await until(() => stream.isClosed || stream.end() !== null || hasAll());
  judge(model, stream, true);
}

/** The room, whole, while Ann is in it: until she leaves it for the first time after the stream had begun. */
function judgePrivate(model: Model, stream: Stream, hasAll: boolean): void {
  const { positions } = stream.sink;
  const possible = model.spans.filter(({ to }) => to === null || to > stream.attachedAt);
  const places = placesOf(model, stream);
  const last = positions.at(-1) ?? 0;
  expect(positions).toEqual(places.filter((place) => place <= last));
  if (last > 0) expect(possible.some(({ to }) => to === null || last < to)).toBe(true);
  if (hasAll) {
    expect(isIn(model)).toBe(true);
    expect(positions).toEqual(places);
  }
  // Whoever was behind is not told what is left: its rights are those of now.
  if (stream.end() === 'NO_LONGER_READABLE') expect(last === 0 || possible.some(({ to }) => to !== null)).toBe(true);
}

/** Events of the spans in which Ann was in the room. Of one that is over, a stream that had not come to it gets nothing. */
function judgeOwn(model: Model, stream: Stream, hasAll: boolean): void {
  const { positions } = stream.sink;
  const places = placesOf(model, stream);
  const within = places.filter((place) =>
    model.spans.some(({ from, to }) => from <= place && (to === null || place < to)),
  );
  expect(positions).toEqual(within.filter((place) => positions.includes(place)));
  const open = model.spans.at(-1);
  if (!hasAll || open?.to !== null) return;
  expect(positions.filter((place) => place >= open.from)).toEqual(within.filter((place) => place >= open.from));
}

const which = fc.nat(READERS - 1);
const commands = fc.commands<Model, Real, false>(
  [
    fc.tuple(fc.constantFrom<Room>('red', 'blue', 'private'), fc.boolean()).map((given) => append(...given)),
    fc.tuple(fc.constantFrom<Room>('red', 'private'), fc.boolean()).map((given) => append(...given)),
    fc.nat(6).map(tell),
    fc.boolean().map(join),
    fc.boolean().map(revoke),
    fc
      .tuple(fc.constantFrom<SourceName>('red', 'private', 'all'), fc.option(fc.nat(80)))
      .map((given) => attach(...given)),
    fc.tuple(which, fc.boolean()).map((given) => read(...given)),
    which.map(close),
    fc.nat(30).map(trim),
    fc.constant(turn),
  ],
  { maxCommands: 120, size: 'max' },
);

test('[R2] [R5] [R8] [R9] [A2] [A4] in whatever order events, losses, rights, trims and slow readers come, each stream is right', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(60), commands, async (before, steps) => {
      await using world = await startHubWorld(before);
      const past = Array.from({ length: before }, () => ({ kind: 'SENT', roomId: 'red' }));
      const model: Model = { events: past, spans: [], trimmedTo: 0, readers: 0 };
      const streams: Stream[] = [];
      const { sink: probe, reader } = world.open({ source: sources.blue, key: 'probe' });
      const real = { world, probe, streams };
      await fc.asyncModelRun(() => ({ model, real }), steps);
      for (const stream of streams) setReading(stream, true);
      await append('red', false).run(model, real);
      for (const stream of streams.filter(({ source }) => source.kind === 'room')) await judgeQuiet(model, stream);
      if (!isIn(model)) await join(false).run(model, real);
      await append('private', false).run(model, real);
      for (const stream of streams) await judgeQuiet(model, stream);
      for (const { close } of streams) close();
      reader.close();
      expect(world.hub.size).toEqual({ readers: 0, groups: 0, entitlements: 0 });
    }),
    { numRuns: 150 },
  );
}, 60_000);
