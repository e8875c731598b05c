import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TestSink } from '../../test/support/hub-world.ts';
import { silentLog } from '../observe/log.ts';
import type { StreamItem } from './contract.ts';
import { Group } from './group.ts';
import { Ring } from './ring.ts';
import { type RoomStates, StateChannel, type StateHost, StateReader } from './state-stream.ts';
import { EndOfTurn, Turns } from './turns.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** One group that watches one room, whose state is a number. */
function setUp({ spacingMs = 1_000, isKnown = true } = {}) {
  const world = { count: 0, isKnown, isAway: false, executions: 0, reports: 0, listeners: new Set<() => void>() };
  const execute = async (item: StreamItem): Promise<string> => {
    world.executions += 1;
    if (world.isAway) throw new Error('the database is away');
    return item.kind === 'presence' ? `${item.count}` : item.kind;
  };
  const ring = new Ring(0, { subjectsOf: () => [], changedSubjectOf: () => null });
  const group = new Group(
    { key: 'group', execute },
    { ring, log: silentLog, turns: new Turns(1), endOfTurn: new EndOfTurn() },
  );
  const host: StateHost = {
    mark: { position: 0, tag: 0 },
    sendQueueHighBytes: 0,
    forget: () => undefined,
    report: () => {
      world.reports += 1;
    },
    now: () => new Date(0),
  };
  const states: RoomStates = {
    current: () => (world.isKnown ? { kind: 'presence', roomId: 'room', userIds: [], count: world.count } : null),
    watch(_, onChange) {
      world.listeners.add(onChange);
      return () => world.listeners.delete(onChange);
    },
    spacingMs,
  };
  const channel = new StateChannel({ roomId: 'room', group, states }, host);
  const turn = (count: number) => {
    world.count = count;
    for (const listener of world.listeners) listener();
  };
  const open = () => {
    const sink = new TestSink();
    const who = { roomId: 'room', viewerId: 'ann', group, entitlement: null };
    const reader = new StateReader({ ...who, sink, channel }, host);
    reader.start();
    return { reader, sink };
  };
  return { world, open, turn };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

test('[P2] the state of now comes at once, then at most one frame a second, the last of them the newest state', async () => {
  const { world, open, turn } = setUp();
  const { sink } = open();
  await settle();
  expect(sink.written).toEqual(['0']);
  for (let count = 1; count <= 100; count++) {
    turn(count);
    await vi.advanceTimersByTimeAsync(50);
  }
  expect(sink.written).toEqual(['0', '20', '40', '60', '80', '100']);
  turn(101);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(sink.written.at(-1)).toBe('101');
  expect(world.executions).toBe(7);
});

test('[P2] who comes while a change waits for its second is shown the state with it, and never an old one', async () => {
  const { open, turn } = setUp();
  const first = open();
  await settle();
  turn(1);
  const second = open();
  await settle();
  expect(second.sink.written).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(second.sink.written).toEqual(['1']);
  expect(first.sink.written).toEqual(['0', '1']);
  const third = open();
  await settle();
  expect(third.sink.written).toEqual(['1']);
});

test('a state that is not known yet is shown when it is', async () => {
  const { world, open, turn } = setUp({ isKnown: false });
  const { sink } = open();
  await vi.advanceTimersByTimeAsync(5_000);
  expect([sink.written, world.executions]).toEqual([[], 0]);
  world.isKnown = true;
  turn(3);
  await settle();
  expect(sink.written).toEqual(['3']);
});

test('[P2] a slow reader skips states, and never the newest', async () => {
  const { open, turn } = setUp({ spacingMs: 0 });
  const { sink } = open();
  await settle();
  sink.isReading = false;
  for (let count = 1; count <= 5; count++) {
    turn(count);
    await settle();
  }
  expect(sink.written).toEqual(['0', '1']);
  sink.isReading = true;
  sink.drain();
  await settle();
  expect(sink.written).toEqual(['0', '1', '5']);
});

test('a state that could not be shown is shown a second later, as it is then', async () => {
  const { world, open, turn } = setUp();
  world.isAway = true;
  const { sink } = open();
  await settle();
  turn(1);
  world.isAway = false;
  await vi.advanceTimersByTimeAsync(1_000);
  expect([sink.written, world.reports]).toEqual([['1'], 1]);
});

test('nothing is watched, and no timer runs, when the last reader has gone', async () => {
  const { world, open, turn } = setUp();
  const [one, other] = [open(), open()];
  await settle();
  turn(1);
  one.reader.close();
  expect([world.listeners.size, vi.getTimerCount()]).toEqual([1, 1]);
  other.reader.close();
  expect([world.listeners.size, vi.getTimerCount()]).toEqual([0, 0]);
  const late = open();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(late.sink.written).toEqual(['1']);
});
