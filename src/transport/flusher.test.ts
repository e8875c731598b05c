import { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Flushed, Flusher } from './flusher.ts';
import { frameOf } from './frames.ts';
import { SendQueue } from './send-queue.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] }));
afterEach(() => vi.useRealTimers());

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Queues whose writes take so long, and which of them were flushed, in order. */
function setUp(writeMs: number) {
  const flushed: string[] = [];
  const pace = { writeMs };
  const queueOf = (name: string): Flushed => ({
    pass: 0,
    flush() {
      flushed.push(name);
      vi.advanceTimersByTime(pace.writeMs);
    },
  });
  return { flusher: new Flusher(), flushed, queueOf, pace };
}

test('queues are flushed at the end of the turn, so many in each', async () => {
  const { flusher, flushed, queueOf } = setUp(0);
  for (let n = 0; n < 300; n += 1) flusher.add(queueOf('any'));
  const perTurn = [flushed.length];
  for (let n = 0; n < 3; n += 1) {
    await turn();
    perTurn.push(flushed.length);
  }
  expect(perTurn).toEqual([0, 128, 256, 300]);
});

test('those of a pass that took long rest for as long, but not who has an answer, nor who was not in it', async () => {
  const { flusher, flushed, queueOf, pace } = setUp(5);
  const [ada, bo, cy] = [queueOf('ada'), queueOf('bo'), queueOf('cy')];
  flusher.add(ada);
  flusher.add(bo);
  await turn();
  expect(flushed.splice(0)).toEqual(['ada', 'bo']);
  pace.writeMs = 0;
  flusher.add(ada);
  flusher.add(bo);
  flusher.add(cy);
  await turn();
  expect(flushed.splice(0)).toEqual(['cy']);
  flusher.hasten(bo);
  await turn();
  expect(flushed.splice(0)).toEqual(['bo']);
  vi.advanceTimersByTime(9);
  await turn();
  expect(flushed).toEqual([]);
  vi.advanceTimersByTime(1);
  await turn();
  expect(flushed[0]).toBe('ada');
});

test('they rest no longer than 25 ms, and are flushed at once when the rest is over', async () => {
  const { flusher, flushed, queueOf } = setUp(100);
  const ada = queueOf('ada');
  flusher.add(ada);
  await turn();
  flusher.add(ada);
  vi.advanceTimersByTime(24);
  await turn();
  expect(flushed).toEqual(['ada']);
  vi.advanceTimersByTime(1);
  await turn();
  expect(flushed).toEqual(['ada', 'ada']);
  vi.advanceTimersByTime(25);
  flusher.add(ada);
  await turn();
  expect(flushed).toHaveLength(3);
});

test('a pass that was short is followed by the next one at once', async () => {
  const { flusher, flushed, queueOf } = setUp(1);
  const ada = queueOf('ada');
  for (let n = 1; n <= 3; n += 1) {
    flusher.add(ada);
    await turn();
    expect(flushed).toHaveLength(n);
  }
});

test('a connection that rests is not kept waiting for an answer, which goes out behind what came before it', async () => {
  const writes: string[][] = [];
  const outlet = {
    unsentBytes: 0,
    isOpen: true,
    isClosed: false,
    lengthOf: () => 1,
    write(frames: readonly { readonly bodies: readonly Buffer[] }[]) {
      writes.push(frames.flatMap(({ bodies }) => bodies.map(String)));
      vi.advanceTimersByTime(5);
      return true;
    },
    terminate: () => undefined,
  };
  const queue = new SendQueue({ outlet, tcp: new Socket(), flusher: new Flusher(), lowBytes: 10, limitBytes: 100 });
  queue.send(frameOf('first'));
  await turn();
  queue.send(frameOf('second'));
  await turn();
  expect(writes).toEqual([['first']]);
  queue.sendBounded('answer');
  await turn();
  expect(writes).toEqual([['first'], ['second', 'answer']]);
});
