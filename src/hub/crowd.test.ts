import { expect, test } from 'vitest';
import { nobodyOnline, noMembers, TestSink } from '../../test/support/hub-world.ts';
import { logOf } from '../../test/support/log-array.ts';
import { createMemoryBus } from '../bus/memory.ts';
import type { LogEvent } from '../log/event.ts';
import type { MembershipChange } from '../log/span.ts';
import { silentLog } from '../observe/log.ts';
import type { StreamItem } from './contract.ts';
import { startHub, type TypingSource } from './hub.ts';

test('a crowd that asks for the newest messages reads a few at a time, and who has gone reads nothing', async () => {
  let reading = 0;
  let most = 0;
  let reads = 0;
  const { hub, open } = await setUp({
    async readNewest() {
      reads += 1;
      reading += 1;
      most = Math.max(most, reading);
      await new Promise(setImmediate);
      reading -= 1;
      return [];
    },
  });
  const crowd = Array.from({ length: 50 }, () => open('room', { kind: 'last', count: 20 }));
  for (const { reader } of crowd.slice(25)) reader.close();
  await Promise.all(crowd.slice(0, 25).map(({ sink }) => sink.until(({ written }) => written.length > 0)));
  expect(most).toBe(4);
  expect(reads).toBe(25);
  await hub.stop();
});

test('[A4] who may no longer read a room is shown no state of typing while the end is being made', async () => {
  let show: () => void = () => undefined;
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const typists: string[] = [];
  const typing: TypingSource = {
    current: () => [...typists],
    watch(_roomId, onChange) {
      show = onChange;
      return () => undefined;
    },
  };
  const { hub, bus, open } = await setUp({}, typing);
  const { sink } = open('typing', { kind: 'now' }, async (item) => {
    if (item.kind === 'end') await held;
    return item.kind === 'typing' ? `typing: ${item.userIds}` : item.kind;
  });
  await sink.until(({ written }) => written.length > 0);
  bus.publish({ afterTag: 0, events: [leaving], rows: null });
  typists.push('somebody');
  show();
  await new Promise(setImmediate);
  release();
  await sink.until(({ written }) => written.includes('end'));
  expect(sink.written).toEqual(['typing: ', 'end']);
  await hub.stop();
});

const leaving: LogEvent = {
  position: 1,
  tag: 1,
  audience: { kind: 'room', roomId: 'red' },
  kind: 'LEFT',
  body: {},
  actorId: null,
  roomSeq: 1,
  at: new Date(0),
};

/** A hub with an empty log, and one person who is a member of one private room. */
async function setUp(
  reads: { readNewest?: () => Promise<LogEvent[]> },
  typing: TypingSource = { current: () => [], watch: () => () => undefined },
) {
  const bus = createMemoryBus({ log: silentLog });
  const nothing = async () => [];
  const hub = await startHub({
    bus,
    source: {
      ...logOf(() => []),
      readPage: nothing,
      readNewest: reads.readNewest ?? nothing,
    },
    typing,
    presence: nobodyOnline,
    roomMembers: noMembers,
    loadMembership: async () => ({
      position: 0,
      spans: [{ roomId: 'red', isPrivate: true, fromPosition: 0, toPosition: null }],
    }),
    loadRows: async () => ({}),
    membershipChangeOf: ({ kind }): MembershipChange | null =>
      kind === 'LEFT' ? { change: 'left', userId: 'ann', roomId: 'red' } : null,
    subjectsOf: () => [],
    changedSubjectOf: () => null,
    onHandedOut: () => undefined,
    messageKinds: ['SENT'],
    log: silentLog,
    clock: Date.now,
    settings: { sendQueueHighBytes: 1_000, checkpointIntervalMs: 60_000 },
  });
  type Start = Parameters<typeof hub.open>[0]['start'];
  const open = (kind: 'room' | 'typing', start: Start, execute = async (item: StreamItem) => item.kind as string) => {
    const sink = new TestSink();
    const source = { kind, roomId: 'red', viewerId: 'ann', isPrivate: true };
    const reader = hub.open({ source, start, sink, group: { key: kind, execute }, executeAlone: execute });
    return { reader, sink };
  };
  return { hub, bus, open };
}
