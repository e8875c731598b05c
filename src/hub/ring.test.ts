import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { LogEvent } from '../log/event.ts';
import { Ring, type RingEntry } from './ring.ts';

const change = fc.record({
  room: fc.constantFrom('red', 'blue'),
  message: fc.option(fc.constantFrom('m1', 'm2', 'm3')),
  kind: fc.constantFrom('SENT', 'MESSAGE_CHANGED', 'ROOM_CHANGED'),
  isRead: fc.boolean(),
});

describe('the ring', () => {
  test('[R3] never gives what a room or a message was like before its change', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 40, size: 'max' }), fc.nat(25), async (changes, start) => {
        const ring = new Ring(start, { ...rules, capacity: 10 });
        const state = new Map<string, number>();
        const read = (position: number) => {
          const entry = ring.get(position);
          if (!entry) return null;
          const show = async () => showNow(entry.event, state);
          return ring.payloadOf(entry, 'group', show);
        };
        for (const [index, { room, message, kind, isRead }] of changes.entries()) {
          const event = eventAt(start + index + 1, kind, { room, ...(message && { message }) });
          const changed = rules.changedSubjectOf(event);
          if (changed !== null) state.set(changed, event.position);
          const { rows } = ring.push(event, { some: 'rows' });
          expect(rows).toEqual({ some: 'rows' });
          if (!isRead) continue;
          for (let position = start + 1; position <= event.position; position++) {
            const payload = await read(position);
            if (payload !== null) expect(payload).toBe(showNow(eventOf(ring, position), state));
            expect(payload === null).toBe(position <= event.position - 10);
            expect(ring.holdsAfter(position - 1)).toBe(payload !== null);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  test('makes a payload once for all who ask, and again after it failed or was changed', async () => {
    const ring = new Ring(0, rules);
    const entry = ring.push(eventAt(1, 'SENT', { room: 'red', message: 'm1' }), { old: 'rows' });
    const make = vi.fn(async () => 'made');
    make.mockRejectedValueOnce(new Error('the database is away'));
    await expect(ring.payloadOf(entry, 'a', make)).rejects.toThrow('away');
    expect(await Promise.all([ring.payloadOf(entry, 'a', make), ring.payloadOf(entry, 'a', make)])).toEqual([
      'made',
      'made',
    ]);
    expect(make).toHaveBeenCalledTimes(2);
    await ring.payloadOf(entry, 'b', make);
    expect(make).toHaveBeenCalledTimes(3);
    ring.push(eventAt(2, 'MESSAGE_CHANGED', { room: 'red', message: 'm1' }), null);
    expect(entry.rows).toBeNull();
    await ring.payloadOf(entry, 'a', make);
    expect(make).toHaveBeenCalledTimes(4);
  });

  test('[R3] forgets the rows that events of one transaction share when one of them is changed', () => {
    const ring = new Ring(0, rules);
    const rowsOf = ['first', 'shared', 'shared', 'shared', 'last'].map((name) => ({ name }));
    const shared = { name: 'shared' };
    const entries = rowsOf.map((rows, index) =>
      ring.push(eventAt(index + 1, 'SENT', { room: 'red', message: `m${index + 1}` }), index % 4 ? shared : rows),
    );
    ring.push(eventAt(6, 'MESSAGE_CHANGED', { room: 'red', message: 'm3' }), null);
    expect(entries.map(({ rows }) => rows)).toEqual([{ name: 'first' }, null, null, null, { name: 'last' }]);
  });

  test('forgets the oldest payloads when they take too much, also those that are made late', async () => {
    const ring = new Ring(0, { ...rules, payloadLimit: 100 });
    const entries = Array.from({ length: 20 }, (_, index) =>
      ring.push(eventAt(index + 1, 'SENT', { room: 'red' }), null),
    );
    const kept = () => entries.filter(({ payloads }) => (payloads?.size ?? 0) > 0).map(({ event }) => event.position);
    for (const entry of entries) await ring.payloadOf(entry, 'g', async () => 'x'.repeat(30));
    expect(kept()).toEqual([18, 19, 20]);
    for (const entry of entries) await ring.payloadOf(entry, 'g', async () => 'x'.repeat(30));
    expect(kept()).toEqual([18, 19, 20]);
  });

  test.each([true, false])(
    'counts no payload of an event that has left, where others are kept: %s',
    async (hasOthers) => {
      const ring = new Ring(5, { ...rules, capacity: 3, payloadLimit: 100 });
      const push = (position: number) => ring.push(eventAt(position, 'SENT', { room: 'red' }), null);
      const keep = (entry: RingEntry) => ring.payloadOf(entry, 'kept', async () => 'x'.repeat(30));
      const late: (() => void)[] = [];
      const makeLate = () => new Promise<string>((resolve) => late.push(() => resolve('x'.repeat(30))));
      for (let position = 6; position < 26; position += 1) {
        const entry = push(position);
        if (hasOthers) await keep(entry);
        void ring.payloadOf(entry, 'late', makeLate);
        const held = [position - 2, position - 1, position].flatMap((at) => ring.get(at) ?? []);
        expect(held.map(({ payloads }) => payloads?.has('kept'))).toEqual(held.map(() => hasOthers));
      }
      const newest = [26, 27, 28].map(push);
      for (const settle of late) settle();
      await new Promise(setImmediate);
      // All the room there is: nothing else is counted.
      for (const entry of newest) await keep(entry);
      expect(newest.map(({ payloads }) => payloads?.size)).toEqual([1, 1, 1]);
    },
  );

  test('refuses a position out of line', () => {
    const ring = new Ring(7, rules);
    expect(() => ring.push(eventAt(9, 'SENT', { room: 'red' }), null)).toThrow('the ring is at 7');
  });
});

const rules = {
  subjectsOf: ({ body }: LogEvent) => Object.values(body).map(String),
  changedSubjectOf({ kind, body }: LogEvent) {
    if (kind === 'ROOM_CHANGED') return String(body.room);
    return kind === 'MESSAGE_CHANGED' && body.message ? String(body.message) : null;
  },
};

function eventOf(ring: Ring, position: number): LogEvent {
  const entry = ring.get(position);
  if (!entry) throw new Error(`the ring has no position ${position}`);
  return entry.event;
}

/** The newest change of all that the event shows. */
function showNow(event: LogEvent, state: ReadonlyMap<string, number>): string {
  return rules
    .subjectsOf(event)
    .map((subject) => `${subject} ${state.get(subject) ?? 0}`)
    .join();
}

function eventAt(position: number, kind: string, body: Record<string, string>): LogEvent {
  const at = new Date(0);
  const audience = { kind: 'server' } as const;
  return { position, tag: position, audience, kind, body, actorId: null, roomSeq: null, at };
}
