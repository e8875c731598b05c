import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type HubWorld, show, startHubWorld, type TestSink } from '../../test/support/hub-world.ts';
import { type StreamItem, type StreamSource, type StreamStart, ViewerTouched } from './contract.ts';

const red: StreamSource = { kind: 'room', roomId: 'red', viewerId: 'ann', isPrivate: false };
const secret: StreamSource = { kind: 'room', roomId: 'private', viewerId: 'ann', isPrivate: true };
const noFilter = { roomIds: null, publicRoomIds: [], actorIds: null, kinds: null };
const all: StreamSource = { kind: 'viewer', viewerId: 'ann', filter: noFilter };
const beginning: StreamStart = { kind: 'after', mark: { position: 0, tag: 0 } };

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant('append'), isLost: fc.boolean(), isRed: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom('pause', 'read', 'wait') }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constantFrom('open', 'openLast') }) },
);

describe('the hub', () => {
  test('[R2][R5][R8] gives each reader every event once and in order, at whatever pace it reads', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(20), fc.array(step, { maxLength: 120 }), fc.nat(9), async (before, steps, failing) => {
        await using world = await startHubWorld(before);
        const opened: { sink: TestSink; start: StreamStart }[] = [];
        let executions = 0;
        const open = (start: StreamStart) => {
          const execute = async (item: StreamItem) => {
            executions += 1;
            if (executions % 10 === failing && executions < 30) throw new Error('the database is away');
            return show(item);
          };
          opened.push({ sink: world.open({ source: red, start, execute }).sink, start });
        };
        open(beginning);
        for (const one of steps) {
          if ('isRed' in one) world.append({ kind: 'SENT', roomId: one.isRed ? 'red' : 'blue' }, one.isLost);
          else if (one.does === 'open') open(beginning);
          else if (one.does === 'openLast') open({ kind: 'last', count: 3 });
          else if (one.does === 'wait') await new Promise(setImmediate);
          else setReading(opened, one.does === 'read');
        }
        world.append({ kind: 'SENT', roomId: 'red' });
        setReading(opened, true);
        for (const { sink, start } of opened) {
          await sink.until(({ positions }) => (positions.at(-1) ?? 0) === world.log.length);
          const from = start.kind === 'last' ? newestOf(world, sink, start.count) : 1;
          const wanted = world.log.filter(({ body, position }) => body.roomId === 'red' && position >= from);
          expect(sink.positions).toEqual(wanted.map(({ position }) => position));
          expect(sink.written[0]).toMatch(/^checkpoint/);
        }
        expect(world.hub.size.readers).toBe(opened.length);
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  test('executes once for a whole group, live and for those who come later', async () => {
    const world = await start();
    const executed: string[] = [];
    const execute = async (item: StreamItem) => {
      if (item.kind === 'event') executed.push(show(item));
      return show(item);
    };
    const readers = Array.from({ length: 50 }, () => world.open({ source: red, execute }));
    for (const { sink } of readers) await sink.until(({ written }) => written.length === 1);
    world.append({ kind: 'SENT', roomId: 'red' });
    world.append({ kind: 'SENT', roomId: 'red' });
    const late = Array.from({ length: 50 }, () => world.open({ source: red, execute, start: beginning }));
    for (const { sink } of [...readers, ...late]) await sink.until(({ positions }) => positions.length === 2);
    expect(executed).toEqual(['event 1 shared', 'event 2 shared']);
    expect(world.hub.size).toEqual({ readers: 100, groups: 1, entitlements: 0 });
    for (const { reader } of [...readers, ...late]) reader.close();
    expect(world.hub.size).toEqual({ readers: 0, groups: 0, entitlements: 0 });
  });

  test('[A5] an item whose shared execution asks for the viewer is executed for each of them, none is lost', async () => {
    const world = await start();
    let failures = 0;
    const execute = async (item: StreamItem) => {
      const isAway = item.kind === 'event' && item.event.position === 2 && failures++ < 2;
      throw isAway ? new Error('the database is away') : new ViewerTouched();
    };
    const opened = ['ann', 'bob'].map((viewerId) => {
      let tries = 0;
      const executeAlone = async (item: StreamItem) => {
        if (tries++ === 3) throw new Error('the database is away');
        return show(item, viewerId);
      };
      return { viewerId, ...world.open({ source: { ...red, viewerId }, execute, executeAlone }) };
    });
    for (const { sink } of opened) await sink.until(({ written }) => written.length > 0);
    await settle();
    for (let count = 0; count < 4; count++) world.append({ kind: 'SENT', roomId: 'red' });
    for (const { sink, viewerId, reader } of opened) {
      await sink.until(({ positions }) => positions.at(-1) === 4);
      reader.end({ code: 'SERVER_STOPPING', message: 'down' });
      await sink.ended;
      expect(sink.written.filter((text) => !text.startsWith('checkpoint'))).toEqual(
        ['event 1', 'event 2', 'event 3', 'event 4', 'end 4'].map((text) => `${text} ${viewerId}`),
      );
      expect(sink.written[0]).toBe(`checkpoint 0 ${viewerId}`);
    }
  });

  test('[A2][A4] a person gets their own joining, what comes until they leave, and nothing more', async () => {
    const world = await start();
    const { sink } = world.open({ source: all });
    await sink.until(({ written }) => written.length === 1);
    for (const kind of ['SENT', 'JOINED', 'SENT', 'LEFT', 'SENT', 'JOINED', 'SENT']) {
      world.append({ kind, roomId: 'private' });
    }
    await sink.until(({ positions }) => positions.at(-1) === 7);
    expect(sink.positions).toEqual([2, 3, 6, 7]);
    const replayed = world.open({ source: all, start: beginning }).sink;
    await replayed.until(({ positions }) => positions.at(-1) === 7);
    expect(replayed.positions).toEqual([2, 3, 6, 7]);
  });

  test('[A4] a private room ends for who leaves it, behind all that came before', async () => {
    const world = await start();
    world.append({ kind: 'JOINED', roomId: 'private' });
    const { sink } = world.open({ source: secret });
    await sink.until(({ written }) => written.length > 0);
    await settle();
    for (const kind of ['SENT', 'LEFT', 'SENT']) world.append({ kind, roomId: 'private' });
    await sink.ended;
    expect(sink.written).toEqual(['checkpoint 1 shared', 'event 2 shared', 'end 3 shared']);
    expect(world.hub.size).toEqual({ readers: 0, groups: 0, entitlements: 0 });
  });

  test('[A4] leaving another room while the rights still load ends no stream', async () => {
    const world = await start();
    world.append({ kind: 'JOINED', roomId: 'private' });
    const mark = world.append({ kind: 'JOINED', roomId: 'other' });
    let letGo = () => {};
    world.holdMembership = new Promise((resolve) => {
      letGo = resolve;
    });
    const { sink } = world.open({ source: secret, start: { kind: 'after', mark } });
    world.append({ kind: 'LEFT', roomId: 'other' });
    world.append({ kind: 'SENT', roomId: 'private' });
    letGo();
    await sink.until(({ written }) => written.some((text) => /^(event 4|end)/.test(text)));
    expect(sink.positions).toEqual([4]);
  });

  test.each(['last', 'after'] as const)(
    '[A4] who left between asking and reading gets nothing, begun by %s',
    async (how) => {
      const world = await start();
      for (const kind of ['JOINED', 'SENT', 'LEFT', 'SENT']) world.append({ kind, roomId: 'private' });
      const { sink } = world.open({
        source: secret,
        start: how === 'last' ? { kind: 'last', count: 5 } : beginning,
      });
      await sink.ended;
      expect(sink.positions).toEqual([]);
      expect(sink.written.at(-1)).toMatch(/^end/);
    },
  );

  test('a last word comes also before the hub has reached where the stream began', async () => {
    const world = await start();
    const mark = world.append({ kind: 'SENT', roomId: 'red' }, true);
    const { sink, reader } = world.open({ source: red, start: { kind: 'after', mark } });
    await sink.until(({ written }) => written.length > 0);
    await new Promise(setImmediate);
    reader.end({ code: 'SERVER_STOPPING', message: 'down' });
    await sink.ended;
    expect(sink.written).toHaveLength(2);
    expect(sink.written[1], 'a cursor of before the start would give again what the reader has').toMatch(/^end 1/);
  });

  test('[R2] a stream that starts ahead of the hub does not get again what the hub reaches later', async () => {
    const world = await start();
    world.append({ kind: 'SENT', roomId: 'red' }, true);
    const mark = world.append({ kind: 'SENT', roomId: 'red' }, true);
    const { sink } = world.open({ source: red, start: { kind: 'after', mark } });
    await sink.until(({ written }) => written.length > 0);
    await settle();
    world.append({ kind: 'SENT', roomId: 'red' });
    await sink.until(({ positions }) => positions.at(-1) === 3);
    expect(sink.positions).toEqual([3]);
  });

  test('a closed reader gets nothing more, and its end settles', async () => {
    const world = await startHubWorld();
    const { sink, reader } = world.open({ source: red });
    reader.close();
    reader.close();
    world.append({ kind: 'SENT', roomId: 'red' });
    await sink.ended;
    await new Promise(setImmediate);
    expect(sink.written).toEqual([]);
    await world.hub.stop();
    expect(() => world.open({ source: red })).toThrow('stopping');
  });
});

async function start(): Promise<HubWorld> {
  const world = await startHubWorld();
  onTestFinished(() => world[Symbol.asyncDispose]());
  return world;
}

/** Position from which the newest `count` messages begin, as the log was at the stream's first checkpoint. */
function newestOf(world: HubWorld, sink: TestSink, count: number): number {
  const beginning = Number(sink.written[0]?.split(' ')[1]);
  const room = world.log.filter((event) => event.body.roomId === 'red' && event.position <= beginning);
  return room.at(-count)?.position ?? room[0]?.position ?? beginning + 1;
}

/** Until readers that have nothing to read are live. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
}

function setReading(opened: readonly { sink: TestSink }[], isReading: boolean): void {
  for (const { sink } of opened) {
    sink.isReading = isReading;
    if (isReading) sink.drain();
  }
}
