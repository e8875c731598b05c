import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { logOf } from '../../test/support/log-array.ts';
import type { CommittedBatch, LogEvent } from '../log/event.ts';
import { silentLog } from '../observe/log.ts';
import { Tail } from './tail.ts';

/** What becomes of the news of one commit. */
interface News {
  readonly size: number;
  /** Milliseconds until each copy arrives; none: lost. */
  readonly delaysMs: readonly number[];
  /** It comes as one batch with the next commit's, so that batches overlap. */
  readonly isMerged: boolean;
}

const COMMIT_EVERY_MS = 3;
const news: fc.Arbitrary<News> = fc.record({
  size: fc.integer({ min: 1, max: 4 }),
  delaysMs: fc.array(fc.integer({ min: 0, max: 80 }), { maxLength: 3 }),
  isMerged: fc.boolean(),
});

describe('the tail', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('[R2] sees every position once and in order, whatever is lost, repeated, late or unreadable', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(news, { maxLength: 25 }),
        fc.array(fc.boolean(), { maxLength: 8 }),
        async (all, faults) => {
          const { seen, count } = await follow(all, faults, {});
          expect(seen).toEqual(Array.from({ length: count }, (_, index) => index + 1));
        },
      ),
      { numRuns: 150 },
    );
  });

  test('needs its repairs: without them the same news leave it behind', async () => {
    const lost: News[] = [
      { size: 1, delaysMs: [], isMerged: false },
      { size: 2, delaysMs: [1], isMerged: false },
    ];
    const never = { reorderMs: 1e9, compareMs: 1e9 };
    expect((await follow(lost, [], never)).seen).toEqual([]);
    expect((await follow(lost, [], {})).seen).toEqual([1, 2, 3]);
  });

  test('delivers what is in line in the turn of its arrival, and after stop nothing more', async () => {
    const seen: number[] = [];
    const read = vi.fn(async () => []);
    const tail = new Tail(
      { position: 4, tag: 40 },
      {
        ...logOf(() => []),
        readRange: read,
        onEvent: ({ position }) => seen.push(position),
        onWentBack: neverBack,
        onTrimmedPast: neverBack,
        log: silentLog,
      },
    );
    tail.receive(batchOf(eventAt(5), eventAt(6)));
    expect(seen).toEqual([5, 6]);
    expect(tail.mark).toEqual({ position: 6, tag: 60 });
    await tail.stop();
    tail.receive(batchOf(eventAt(7)));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(seen).toEqual([5, 6]);
    expect(read).not.toHaveBeenCalled();
  });

  test('goes on behind an event that cannot be handed to readers', async () => {
    const seen: number[] = [];
    const tail = new Tail(
      { position: 0, tag: 0 },
      {
        ...logOf(() => []),
        onEvent({ position }) {
          if (position === 2) throw new Error('broken');
          seen.push(position);
        },
        onWentBack: neverBack,
        onTrimmedPast: neverBack,
        log: silentLog,
      },
    );
    tail.receive(batchOf(eventAt(1), eventAt(2), eventAt(3)));
    expect(seen).toEqual([1, 3]);
    await tail.stop();
  });
});

describe('a log that goes back', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const heads = {
    'its head is before the mark': [eventAt(1), eventAt(2)],
    'another event stands at the mark, which is the head': [eventAt(1), eventAt(2), { ...eventAt(3), tag: 99 }],
    'another event stands at the mark, and more behind it': [
      eventAt(1),
      eventAt(2),
      { ...eventAt(3), tag: 99 },
      eventAt(4),
    ],
  };

  test.each(Object.entries(heads))('[R6] is told once, when %s', async (_, replaced) => {
    let log = [eventAt(1), eventAt(2), eventAt(3)];
    const wentBack = vi.fn();
    const seen: number[] = [];
    const tail = new Tail(
      { position: 0, tag: 0 },
      {
        ...logOf(() => log),
        onEvent: ({ position }) => seen.push(position),
        onWentBack: wentBack,
        onTrimmedPast: neverBack,
        log: silentLog,
      },
    );
    await tail.repair();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(wentBack).not.toHaveBeenCalled();
    log = replaced;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(wentBack.mock.calls).toEqual([[{ position: 3, tag: 30 }]]);
    expect(seen).toEqual([1, 2, 3]);
    await tail.stop();
  });
});

describe('a log that is trimmed', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** At position 3, behind a log that has 6 events by then, trimmed up to a position; nothing but reads tells of it. */
  function tailAtThree(trimmedPosition: number) {
    const log = [1, 2, 3, 4, 5, 6].map(eventAt);
    let trimmed = { position: 0, tag: 0 };
    const seen: number[] = [];
    const passed = vi.fn();
    const tail = new Tail(
      { position: 3, tag: 30 },
      {
        ...logOf(
          () => log,
          () => trimmed,
        ),
        onEvent: ({ position }) => seen.push(position),
        onWentBack: neverBack,
        onTrimmedPast: passed,
        log: silentLog,
      },
    );
    trimmed = { position: trimmedPosition, tag: trimmedPosition * 10 };
    return { tail, seen, passed };
  }

  test.each([1, 2, 3])('[R9] up to %i of what a node has delivered goes on without a hole', async (position) => {
    const { tail, seen, passed } = tailAtThree(position);
    expect(await tail.confirm()).toBe(position);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(seen).toEqual([4, 5, 6]);
    expect(passed).not.toHaveBeenCalled();
    await tail.stop();
  });

  test.each([
    ['part of', 5],
    ['all of', 6],
  ])(
    '[R9] with %s what a node has not delivered yet ends the node, which shows nothing behind the hole',
    async (_, to) => {
      const { tail, seen, passed } = tailAtThree(to);
      await vi.advanceTimersByTimeAsync(5_000);
      expect(passed.mock.calls).toEqual([[{ position: 3, tag: 30 }]]);
      expect(seen).toEqual([]);
      await expect(tail.confirm()).rejects.toThrow('replaced');
    },
  );

  test.each([
    ['part of', 5],
    ['all of', 6],
  ])('[R9] with %s it while a repair is under way ends the node too', async (_, to) => {
    const log = [1, 2, 3, 4, 5, 6].map(eventAt);
    let trimmed = { position: 0, tag: 0 };
    const reads = logOf(
      () => log,
      () => trimmed,
    );
    const seen: number[] = [];
    const passed = vi.fn();
    const tail = new Tail(
      { position: 3, tag: 30 },
      {
        async readPlace(position) {
          const place = await reads.readPlace(position);
          trimmed = { position: to, tag: to * 10 };
          return place;
        },
        readRange: reads.readRange,
        onEvent: ({ position }) => seen.push(position),
        onWentBack: neverBack,
        onTrimmedPast: passed,
        log: silentLog,
      },
    );
    await tail.repair();
    expect(passed.mock.calls).toEqual([[{ position: 3, tag: 30 }]]);
    expect(seen).toEqual([]);
    await tail.stop();
  });

  test('[R9] past a node that the bus brings on meanwhile does not end it', async () => {
    const { tail, seen, passed } = tailAtThree(5);
    const confirmed = tail.confirm();
    tail.receive(batchOf(eventAt(4), eventAt(5), eventAt(6)));
    expect(await confirmed).toBe(5);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(seen).toEqual([4, 5, 6]);
    expect(passed).not.toHaveBeenCalled();
    await tail.stop();
  });
});

describe('news of another history', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const other = (position: number) => ({ ...eventAt(position), tag: position * 10 + 9 });
  const replaced = [eventAt(1), eventAt(2), other(3), other(4), other(5)];

  /** At position 3 of a log that then is `log`. */
  async function tailAtThree(log: { now: LogEvent[] }) {
    const seen: number[] = [];
    const wentBack = vi.fn();
    const tail = new Tail(
      { position: 3, tag: 30 },
      {
        ...logOf(() => log.now),
        onEvent: ({ tag }) => seen.push(tag),
        onWentBack: wentBack,
        onTrimmedPast: neverBack,
        log: silentLog,
        compareMs: 1e9,
      },
    );
    return { tail, seen, wentBack };
  }

  test.each([
    ['a batch in line', (tail: Tail) => tail.receive({ afterTag: 39, events: [other(4)], rows: {} })],
    [
      'a batch that overlaps',
      (tail: Tail) => tail.receive({ afterTag: 10, events: [eventAt(2), other(3), other(4)], rows: {} }),
    ],
    [
      'a batch that was held',
      (tail: Tail) => {
        tail.receive({ afterTag: 49, events: [other(5)], rows: {} });
        tail.receive({ afterTag: 39, events: [other(4)], rows: {} });
      },
    ],
    ['a bell', (tail: Tail) => tail.hear(5)],
  ])('[R6] is not delivered behind what came before, when it comes by %s', async (_, ring) => {
    const { tail, seen, wentBack } = await tailAtThree({ now: replaced });
    ring(tail);
    await vi.advanceTimersByTimeAsync(100);
    expect(seen).toEqual([]);
    expect(wentBack.mock.calls).toEqual([[{ position: 3, tag: 30 }]]);
    await expect(tail.confirm()).rejects.toThrow('replaced');
  });

  test('[R6] that is late, from a node that slept through the change, is passed over, and the log goes on', async () => {
    const log = { now: [eventAt(1), eventAt(2), eventAt(3)] };
    const { tail, seen, wentBack } = await tailAtThree(log);
    tail.receive({ afterTag: 39, events: [other(4)], rows: {} });
    tail.receive({ afterTag: 49, events: [other(5)], rows: {} });
    await vi.advanceTimersByTimeAsync(100);
    expect(seen).toEqual([]);
    log.now.push(eventAt(4));
    tail.receive(batchOf(eventAt(4)));
    await tail.confirm();
    await vi.advanceTimersByTimeAsync(100);
    expect(seen).toEqual([40]);
    expect(wentBack).not.toHaveBeenCalled();
    await tail.stop();
  });

  test('[R6] that a repair has read goes behind no late batch of the old one that came meanwhile', async () => {
    const seen: number[] = [];
    const wentBack = vi.fn();
    const log = [eventAt(1), other(2), other(3), other(4)];
    const tail: Tail = new Tail(
      { position: 1, tag: 10 },
      {
        ...logOf(() => log),
        async loadRows() {
          tail.receive(batchOf(eventAt(2), eventAt(3)));
          return {};
        },
        onEvent: ({ tag }) => seen.push(tag),
        onWentBack: wentBack,
        onTrimmedPast: neverBack,
        log: silentLog,
        compareMs: 1e9,
      },
    );
    await tail.repair();
    expect(seen).toEqual([20, 30]);
    expect(wentBack.mock.calls).toEqual([[{ position: 3, tag: 30 }]]);
    await tail.stop();
  });

  test('[R6] is found out by who reads a page: the log no longer has the mark', async () => {
    const { tail, wentBack } = await tailAtThree({ now: [eventAt(1), eventAt(2)] });
    await expect(tail.confirm()).rejects.toThrow('replaced');
    expect(wentBack).toHaveBeenCalledTimes(1);
  });
});

function neverBack(): void {
  throw new Error('the log of this test only grows');
}

/** Plays the news against a log that grows; `faults` says which reads of the log fail. */
async function follow(
  all: readonly News[],
  faults: readonly boolean[],
  times: { reorderMs?: number; compareMs?: number },
): Promise<{ seen: number[]; count: number }> {
  const log: LogEvent[] = [];
  const { readPlace, readRange } = logOf(() => log);
  const seen: number[] = [];
  let reads = 0;
  const read = async <Value>(value: () => Promise<Value>): Promise<Value> => {
    const isBroken = faults[reads++] ?? false;
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (isBroken) throw new Error('the database is away');
    return value();
  };
  const tail = new Tail(
    { position: 0, tag: 0 },
    {
      readPlace: (position) => read(() => readPlace(position)),
      readRange: (range) => read(() => readRange({ ...range, limit: 3 })),
      onEvent: ({ position }) => seen.push(position),
      onWentBack: neverBack,
      onTrimmedPast: neverBack,
      log: silentLog,
      ...times,
    },
  );
  let last: LogEvent[] = [];
  for (const { size, delaysMs, isMerged } of all) {
    const events = Array.from({ length: size }, (_, index) => eventAt(log.length + index + 1));
    log.push(...events);
    const batch = batchOf(...(isMerged ? last : []), ...events);
    last = events;
    for (const delayMs of delaysMs) setTimeout(() => tail.receive(batch), delayMs);
    await vi.advanceTimersByTimeAsync(COMMIT_EVERY_MS);
  }
  await vi.advanceTimersByTimeAsync(12_000);
  // A repair may be under way, whose reads take time.
  const stopped = tail.stop();
  await vi.advanceTimersByTimeAsync(100);
  await stopped;
  return { seen, count: log.length };
}

function eventAt(position: number): LogEvent {
  const at = new Date(0);
  const audience = { kind: 'server' } as const;
  return { position, tag: position * 10, audience, kind: 'SAID', body: {}, actorId: null, roomSeq: null, at };
}

function batchOf(...events: LogEvent[]): CommittedBatch {
  const [first] = events as [LogEvent];
  return { afterTag: (first.position - 1) * 10, events, rows: {} };
}
