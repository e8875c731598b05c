import type { Sink, SubscribePayload } from 'graphql-ws/client';
import { expect, test } from 'vitest';
import { type Clock, retryDelayMs } from './clock.ts';
import type { ParleyError } from './errors.ts';
import { follow, type Result } from './follow.ts';

const query = 'subscription ($after: Cursor, $last: Int) { messages(after: $after, last: $last) { cursor } }';

/** A clock that stands until it is moved. */
function standingClock() {
  let now = 0;
  let timers: { at: number; callback: () => void }[] = [];
  return {
    now: () => now,
    later(ms: number, callback: () => void) {
      const timer = { at: now + ms, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    move(ms: number) {
      now += ms;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { callback } of due) callback();
    },
    get waiting() {
      return timers.length;
    },
  } satisfies Clock & { waiting: number; move(ms: number): void };
}

/** A follower on a server that is played by hand: `sent` has the variables of each attempt as they went out. */
function following(
  variables: Record<string, unknown> = {},
  { renew = null }: { renew?: (() => Promise<boolean>) | null } = {},
) {
  const clock = standingClock();
  const sent: unknown[] = [];
  const cursors: (string | null)[] = [];
  const problems: ParleyError[] = [];
  const ends: ParleyError[] = [];
  let stops = 0;
  const sinks: Sink<Result>[] = [];
  const payloads: SubscribePayload[] = [];
  const stream = follow({
    socket: {
      renew,
      isFinal: (error) => error.isFinal,
      isClosed: false,
      subscribe(payload, sink) {
        payloads.push(payload);
        sent.push(payload.variables);
        sinks.push(sink as Sink<Result>);
        return () => {
          stops += 1;
        };
      },
    },
    request: { query, variables },
    listener: {
      item: (_, cursor) => cursors.push(cursor),
      problem: (error) => problems.push(error),
      over: (error) => error && ends.push(error),
    },
    clock,
    random: () => 0.5,
  });
  return {
    ...{ clock, sent, cursors, problems, ends, stream, sinks },
    get stops() {
      return stops;
    },
    /** An item of the newest attempt. */
    give: (root: object | null, errors?: readonly object[]) =>
      sinks.at(-1)?.next({ data: root && { messages: root }, ...(errors && { errors }) } as unknown as Result),
    refuse: (code: string, details = {}) =>
      sinks.at(-1)?.error([{ message: `${code}: no`, extensions: { code, ...details } }]),
    /** The socket lost its connection and sends the payload again. */
    reconnect: () => sent.push(payloads.at(-1)?.variables),
  };
}

test('what the socket sends again after a lost connection carries the newest cursor, and the variables given stay untouched', () => {
  const given = { after: 'c0' };
  const one = following(given);
  one.give({ cursor: 'c1' });
  one.give({ cursor: 'c2' });
  one.reconnect();
  expect(one.sent).toEqual([{ after: 'c0' }, { after: 'c2', last: null }]);
  expect(given).toEqual({ after: 'c0' });
});

test('[C2] a refusal of a moment waits as long as the server asks, and goes on after the newest cursor', () => {
  const one = following();
  one.give({ cursor: 'c1' });
  one.refuse('RATE_LIMITED', { retryAfterMs: 4_000 });
  one.clock.move(3_999);
  expect(one.sent).toHaveLength(1);
  one.clock.move(1_000);
  expect(one.sent.slice(1)).toEqual([{ after: 'c1', last: null }]);
  expect(one.problems.map(({ code, retryAfterMs }) => [code, retryAfterMs])).toEqual([['RATE_LIMITED', 4_000]]);
});

test('[C2] the stop of a node, an unknown code and a failed item are waited out; a lost place, a lost sign-in and a wrong document are not', () => {
  const mends: ((one: ReturnType<typeof following>) => void)[] = [
    (one) => one.give({ cursor: 'c1', end: { code: 'SERVER_STOPPING', message: 'bye' } }),
    (one) => one.refuse('OF_A_NEWER_SERVER'),
    (one) => one.refuse('UNAVAILABLE'),
    (one) => one.give(null, [{ message: 'INTERNAL: oh', extensions: { code: 'INTERNAL', id: 'x' } }]),
    (one) => one.sinks.at(-1)?.complete(),
    (one) => one.sinks.at(-1)?.error({ code: 4500, reason: 'INTERNAL: oh' }),
    (one) => one.sinks.at(-1)?.error({ code: 1011, reason: '' }),
  ];
  for (const [at, mend] of mends.entries()) {
    const one = following();
    mend(one);
    one.clock.move(20_000);
    expect([one.sent.length, one.ends.length], `mends ${at}`).toEqual([2, 0]);
  }
  const ends: [string, (one: ReturnType<typeof following>) => void][] = [
    ['CURSOR_EXPIRED', (one) => one.refuse('CURSOR_EXPIRED', { reason: 'TRIMMED' })],
    ['CURSOR_EXPIRED', (one) => one.give({ cursor: 'c1', end: { code: 'CURSOR_EXPIRED', message: 'gone' } })],
    ['SIGNED_OUT', (one) => one.give({ cursor: 'c1', end: { code: 'SIGNED_OUT', message: 'out' } })],
    ['UNAUTHENTICATED', (one) => one.sinks.at(-1)?.error({ code: 4401, reason: 'the session has ended' })],
    ['ORIGIN_REFUSED', (one) => one.sinks.at(-1)?.error({ code: 4403, reason: 'ORIGIN_REFUSED: not from there' })],
    ['BAD_REQUEST', (one) => one.sinks.at(-1)?.error({ code: 4406, reason: '' })],
    ['GRAPHQL_VALIDATION_FAILED', (one) => one.refuse('GRAPHQL_VALIDATION_FAILED')],
  ];
  for (const [code, end] of ends) {
    const one = following();
    end(one);
    one.clock.move(60_000);
    expect([one.sent.length, one.ends.map((error) => error.code)], code).toEqual([1, [code]]);
    expect(one.ends[0]?.advice, code).toMatch(/: |[a-z]/);
  }
});

test('waits grow while no progress is made, and a first checkpoint that repeats the cursor is none', () => {
  const one = following({ after: 'c1' });
  const waits: number[] = [];
  for (let round = 0; round < 8; round += 1) {
    one.give({ cursor: 'c1' });
    const begun = one.clock.now();
    one.refuse('INTERNAL');
    while (one.sent.length === round + 1) one.clock.move(50);
    waits.push(one.clock.now() - begun);
  }
  // Half of a ceiling that doubles from 500 ms to 15 s.
  expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 7_500, 7_500, 7_500]);
  one.give({ cursor: 'c2' });
  one.refuse('INTERNAL');
  one.clock.move(250);
  expect(one.sent).toHaveLength(10);
});

test('a wait is between 0.1 s and its ceiling, and never shorter than the server asks', () => {
  expect(retryDelayMs(0, () => 0)).toBe(100);
  expect(retryDelayMs(1_000, () => 1)).toBe(15_000);
  expect(retryDelayMs(0, () => 0, 30_000)).toBe(30_000);
});

test('before older messages came, the first checkpoint is no place to go on after, each time anew', () => {
  const one = following({ last: 5 });
  one.give({ kind: 'CHECKPOINT', cursor: 'now' });
  one.reconnect();
  one.give({ kind: 'CHECKPOINT', cursor: 'later' });
  one.reconnect();
  one.give({ kind: 'CHECKPOINT', cursor: 'later' });
  one.give({ kind: 'SENT', cursor: 'old' });
  one.reconnect();
  expect(one.sent.slice(1)).toEqual([{ last: 5 }, { last: 5 }, { after: 'old', last: null }]);
  expect(one.cursors).toEqual([null, null, null, 'old']);
});

test('what an attempt says that was left is not heard, and a stop leaves no timer', () => {
  const one = following();
  one.give({ cursor: 'c1' });
  one.stream.pause();
  one.give({ cursor: 'c2' });
  expect(one.cursors).toEqual(['c1']);
  one.stream.resume();
  expect(one.sent.at(-1)).toEqual({ after: 'c1', last: null });
  one.refuse('UNAVAILABLE');
  one.stream.stop();
  one.stream.resume();
  expect([one.clock.waiting, one.sent.length, one.stops]).toEqual([0, 2, 2]);
});

test('[C2] refused for its token, a stream goes on after its cursor where there is another one, and is over where there is none', async () => {
  const answers = [true, true, false];
  const one = following({ after: 'c0' }, { renew: async () => answers.shift() ?? false });
  const refusals = [
    () => one.give({ cursor: 'c1', end: { code: 'SIGNED_OUT', message: 'out' } }),
    () => one.sinks.at(-1)?.error({ code: 4403, reason: 'UNAUTHENTICATED: no such token' }),
    () => one.sinks.at(-1)?.error({ code: 4401, reason: 'the session has ended' }),
  ];
  for (const refuse of refusals) {
    refuse();
    await new Promise(setImmediate);
    one.clock.move(20_000);
  }
  expect(one.sent).toEqual([{ after: 'c0' }, { after: 'c1', last: null }, { after: 'c1', last: null }]);
  expect(one.ends.map(({ code, closeCode }) => [code, closeCode])).toEqual([['UNAUTHENTICATED', 4401]]);
  expect(one.clock.waiting).toBe(0);
});

test('[C2] one refused token after the other, with nothing taken between, ends a stream; an item between begins anew', async () => {
  const one = following({}, { renew: async () => true });
  const refuse = async () => {
    one.refuse('UNAUTHENTICATED');
    await new Promise(setImmediate);
    one.clock.move(20_000);
  };
  for (let round = 0; round < 10; round += 1) {
    one.give({ cursor: `c${round}` });
    await refuse();
  }
  expect(one.ends).toEqual([]);
  for (let round = 0; round < 10 && one.ends.length === 0; round += 1) await refuse();
  // The first, one behind each of ten items, and two more.
  expect(one.sent).toHaveLength(13);
  expect(one.ends).toHaveLength(1);
});

test('[C2] where the next token cannot be had just now, a stream waits; one that was stopped meanwhile stays so', async () => {
  let isAway = true;
  const renew = async () => {
    if (isAway) throw new Error('the vault is away');
    return true;
  };
  const one = following({ after: 'c0' }, { renew });
  one.refuse('UNAUTHENTICATED');
  await new Promise(setImmediate);
  expect(one.problems.map(({ code }) => code)).toEqual(['UNREACHABLE']);
  one.clock.move(20_000);
  expect(one.sent).toHaveLength(2);
  isAway = false;
  one.refuse('UNAUTHENTICATED');
  one.stream.stop();
  await new Promise(setImmediate);
  expect([one.clock.waiting, one.sent.length, one.ends.length]).toEqual([0, 2, 0]);
});
