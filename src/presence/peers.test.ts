import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Peers } from './peers.ts';
import { People } from './people.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp() {
  const people = new People();
  const asked: string[] = [];
  const peers = new Peers({ people, ttlMs: 15_000, graceMs: 5_000, ask: (node) => asked.push(node) });
  const changed = (version: number, came: string[], left: string[] = []) =>
    peers.changed({ kind: 'changed', node: 'node', version, came, left });
  const whole = (version: number, part: number, parts: number, userIds: string[]) =>
    peers.whole({ kind: 'whole', node: 'node', version, part, parts, userIds });
  const pass = (ms: number) => {
    vi.advanceTimersByTime(ms);
    peers.sweep();
  };
  return { people, asked, peers, changed, whole, pass, online: () => [...people.online()].sort() };
}

test('changes in line are taken as they come, without a question', () => {
  const { asked, peers, changed, online } = setUp();
  peers.alive('node', 0);
  changed(1, ['ada', 'ben']);
  changed(2, ['cat'], ['ada']);
  peers.alive('node', 2);
  expect([online(), asked]).toEqual([['ben', 'cat'], []]);
});

test('a change that was lost is asked for, once a second, and the answer is taken when all parts are there', () => {
  const { asked, peers, changed, whole, pass, online } = setUp();
  changed(1, ['ada']);
  changed(3, ['cat']);
  peers.alive('node', 3);
  expect([online(), asked]).toEqual([['ada'], ['node']]);
  pass(1_000);
  peers.alive('node', 3);
  expect(asked).toHaveLength(2);
  whole(3, 1, 2, ['cat']);
  expect(online()).toEqual(['ada']);
  whole(3, 0, 2, ['ben']);
  expect(online()).toEqual(['ben', 'cat']);
});

test('parts of two answers are not mixed', () => {
  const { whole, online } = setUp();
  whole(2, 0, 2, ['ada']);
  whole(3, 1, 2, ['ben']);
  expect(online()).toEqual([]);
  whole(3, 0, 2, ['cat']);
  expect(online()).toEqual(['ben', 'cat']);
});

test('what comes late or twice changes nothing and renews nothing', () => {
  const { asked, peers, changed, whole, pass, online } = setUp();
  changed(1, ['ada']);
  changed(2, [], ['ada']);
  changed(3, ['ben']);
  pass(14_000);
  changed(1, ['ada']);
  whole(1, 0, 1, ['ada']);
  peers.alive('node', 2);
  expect([online(), asked]).toEqual([['ben'], []]);
  pass(1_000);
  expect(online()).toEqual([]);
});

test('[P3] a lease ends 15 s after the last word, and a stop leaves 5 s of it', () => {
  const { people, peers, changed, pass, online } = setUp();
  changed(1, ['ada']);
  pass(10_000);
  peers.alive('node', 1);
  pass(14_999);
  expect(online()).toEqual(['ada']);
  pass(1);
  expect([online(), people.size.nodes]).toEqual([[], 0]);
  changed(1, ['ada']);
  peers.gone('node');
  pass(4_999);
  expect(online()).toEqual(['ada']);
  pass(1);
  expect(online()).toEqual([]);
  peers.gone('stranger');
});

test('who is on two nodes is online until the last of them has let go, and is told of once', () => {
  const { people, changed, pass, online } = setUp();
  const told: string[] = [];
  people.watch((userId) => told.push(userId));
  people.add('own', 'ada');
  changed(1, ['ada']);
  people.delete('own', 'ada');
  expect([online(), told]).toEqual([['ada'], ['ada']]);
  pass(15_000);
  expect([online(), told]).toEqual([[], ['ada', 'ada']]);
});
