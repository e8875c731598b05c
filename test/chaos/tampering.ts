/** The checker's own control: real evidence with one thing made wrong at a time. */
import { expect } from 'vitest';
import { rowIdOf } from '../support/history.ts';
import { check } from './check.ts';
import type { Deed, Evidence, Findings, KeptState, Reading, SeenItem } from './evidence.ts';

type Tampered = readonly [keyof Findings, string, Partial<Evidence>];

export function expectTamperingFound(good: Evidence): void {
  for (const [finding, what, change] of [...inWrites(good), ...inReadings(good), ...inStates(good)]) {
    expect(check({ ...good, ...change })[finding], what).not.toEqual([]);
  }
}

function inWrites(good: Evidence): Tampered[] {
  const { deeds, tables } = good;
  const at = deeds.findIndex(({ verb, outcome }) => verb === 'sendMessage' && outcome?.kind === 'done');
  const deed = deeds[at] as Deed;
  const id = rowIdOf(deed.outcome?.kind === 'done' ? deed.outcome.subjectId : '');
  const row = tables.messages.find((message) => message.id === id);
  if (!row) throw new Error('the message of a deed is not there');
  const others = tables.messages.filter((message) => message !== row);
  const withTables = (changed: Partial<Evidence['tables']>) => ({ tables: { ...tables, ...changed } });
  const refused: Deed = { ...deed, isInDoubt: false, outcome: { kind: 'refused', code: 'FORBIDDEN' } };
  const eventAt = tables.log.findIndex(({ kind, body }) => kind === 'MESSAGE_SENT' && body.messageId === id);
  const event = tables.log[eventAt] as (typeof tables.log)[number];
  return [
    ['unlike', 'a row that is gone', withTables({ messages: others })],
    ['unlike', 'a row of another version', withTables({ messages: [...others, { ...row, version: 99 }] })],
    ['lost', 'an event that is gone', withTables({ log: tables.log.toSpliced(eventAt, 1) })],
    ['lost', 'an event of somebody else', withTables({ log: tables.log.with(eventAt, { ...event, actorId: id }) })],
    ['lost', 'a key that is gone', withTables({ keys: tables.keys.filter(({ key }) => key !== deed.key) })],
    ['repeated', 'a refused write that is there', { deeds: deeds.with(at, refused) }],
    ['repeated', 'an event that nobody asked for', { deeds: deeds.toSpliced(at, 1) }],
    ['outOfOrder', 'a position that is left out', withTables({ log: tables.log.toSpliced(eventAt, 1) })],
    [
      'afterRevocation',
      'a write by somebody who is no member',
      withTables({ log: tables.log.filter(({ body }) => body.userId !== event.actorId) }),
    ],
  ];
}

function inReadings(good: Evidence): Tampered[] {
  const longest = (readings: readonly Reading[]) => readings.toSorted((a, b) => b.items.length - a.items.length)[0];
  const reading = longest(good.readings.filter(({ isWhole }) => isWhole)) as Reading;
  const { items } = reading;
  const middle = Math.floor(items.length / 2);
  const one = items[middle] as SeenItem;
  const withItems = (changed: readonly SeenItem[]) => ({ readings: [{ ...reading, items: changed }] });
  const revoked = good.readings.find(({ revokedAt }) => revokedAt !== null) as Reading;
  const behind = good.tables.log.find(({ position }) => position > (revoked.revokedAt ?? 0));
  const late: SeenItem = { position: behind?.position ?? 0, facts: 'whatever it was', message: null };
  const shown = items.find(({ message }) => message !== null) as SeenItem;
  const old = shown.message && { ...shown.message, version: 0 };
  return [
    ['lost', 'a reader that missed one', withItems(items.toSpliced(middle, 1))],
    ['lost', 'a reader that did not get to the end', withItems(items.slice(0, -1))],
    ['repeated', 'a reader that saw one twice', withItems(items.toSpliced(middle, 0, one))],
    ['outOfOrder', 'two in the wrong order', withItems(items.toSpliced(middle, 2, items[middle + 1] ?? one, one))],
    ['unlike', 'another fact', withItems(items.with(middle, { ...one, facts: `${one.facts} or so` }))],
    [
      'unlike',
      'a message older than its event',
      withItems(items.with(items.indexOf(shown), { ...shown, message: old })),
    ],
    [
      'afterRevocation',
      'one more behind a revocation',
      { readings: [{ ...revoked, items: [...revoked.items, late] }] },
    ],
    ['afterRevocation', 'a request that was let in', { intrusions: ['somebody was let in'] }],
  ];
}

function inStates(good: Evidence): Tampered[] {
  const [state] = good.states as [KeptState];
  const kept = structuredClone(state.kept) as { rooms: Record<string, { name: string; messages: object }> };
  const [room] = Object.values(kept.rooms);
  if (room) room.messages = {};
  return [['unlike', 'a kept state without messages', { states: [{ ...state, kept }] }]];
}
