import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { MembershipChange, MembershipSnapshot, MembershipSpan } from '../log/span.ts';
import { silentLog } from '../observe/log.ts';
import { Entitlement, Entitlements } from './entitlement.ts';

const ROOMS = ['red', 'blue'] as const;
const change = fc.record({ roomId: fc.constantFrom(...ROOMS), change: fc.constantFrom('joined', 'left') });

describe('an entitlement', () => {
  test('[A4] is the same whenever its snapshot was taken and whenever that arrives', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), fc.nat(12), fc.nat(12), (changes, takenAfter, loadedAfter) => {
        const log = changes.map(({ roomId, change: kind }) => asChange(roomId, kind));
        const entitlement = new Entitlement('ann');
        const taken = spansAfter(log.slice(0, takenAfter));
        const snapshot = { position: Math.min(takenAfter, log.length), spans: taken };
        if (loadedAfter === 0) entitlement.load(snapshot);
        for (const [index, one] of log.entries()) {
          entitlement.apply(one, index + 1);
          if (index + 1 === loadedAfter) entitlement.load(snapshot);
        }
        if (loadedAfter > log.length) entitlement.load(snapshot);

        const spans = spansAfter(log);
        expect(entitlement.spans).toEqual(spans);
        expect(entitlement.position).toBeGreaterThanOrEqual(snapshot.position);
        for (const roomId of ROOMS) {
          const own = spans.filter((span) => span.roomId === roomId);
          const isMember = own.some(({ toPosition }) => toPosition === null);
          expect(entitlement.isMember(roomId)).toBe(isMember);
          for (let position = 0; position <= log.length + 1; position++) {
            const isWithin = own.some(
              (span) => span.fromPosition <= position && position < (span.toPosition ?? Infinity),
            );
            expect(entitlement.covers(roomId, position)).toBe(isWithin && (isMember || roomId === 'blue'));
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test('has no position while it loads', () => {
    const entitlement = new Entitlement('ann');
    entitlement.apply(asChange('red', 'joined'), 3);
    expect(entitlement.position).toBeNull();
    expect(entitlement.isMember('red')).toBe(false);
    entitlement.load({ position: 2, spans: [] });
    expect(entitlement.position).toBe(3);
    expect(entitlement.isMember('red')).toBe(true);
  });
});

describe('the entitlements of a node', () => {
  test('are loaded once for all who ask, again when that fails, and forgotten with the last of them', async () => {
    const loadMembership = vi.fn(async (): Promise<MembershipSnapshot> => ({ position: 5, spans: [] }));
    loadMembership.mockRejectedValueOnce(new Error('the database is away'));
    const entitlements = new Entitlements({ loadMembership, log: silentLog, retryMs: 1 });
    const [first, second] = [entitlements.acquire('ann'), entitlements.acquire('ann')];
    expect(second).toBe(first);
    await first.loaded;
    expect(loadMembership).toHaveBeenCalledTimes(2);
    entitlements.release(first);
    expect(entitlements.get('ann')).toBe(first);
    entitlements.release(second);
    expect(entitlements.size).toBe(0);
    expect(entitlements.acquire('ann')).not.toBe(first);
  });
});

function asChange(roomId: string, kind: string): MembershipChange {
  if (kind === 'left') return { change: 'left', userId: 'ann', roomId };
  return { change: 'joined', userId: 'ann', roomId, isPrivate: roomId === 'red' };
}

/** The spans as a database would have them after these changes, the oldest first. */
function spansAfter(log: readonly MembershipChange[]): MembershipSpan[] {
  const spans: MembershipSpan[] = [];
  for (const [index, { change: kind, roomId }] of log.entries()) {
    const place = spans.findIndex((span) => span.roomId === roomId && span.toPosition === null);
    const current = spans[place];
    if (kind === 'left' && current) spans[place] = { ...current, toPosition: index + 1 };
    if (kind === 'joined' && !current) {
      spans.push({ roomId, isPrivate: roomId === 'red', fromPosition: index + 1, toPosition: null });
    }
  }
  return spans;
}
