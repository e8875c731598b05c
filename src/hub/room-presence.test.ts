import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RoomPresence } from './room-presence.ts';
import { type RoomMembers, wholeRoomMembers } from './watched-room.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const joined = { change: 'joined', roomId: 'room', isPrivate: false } as const;
const left = { change: 'left', roomId: 'room' } as const;

/** People, and a database whose answers wait while they are held. */
function setUp({
  members = [],
  online = [],
  held = null,
}: {
  members?: string[];
  online?: string[];
  held?: Promise<void> | null;
}) {
  const world = {
    online: new Set(online),
    members: new Set(members),
    position: 5,
    reads: [] as string[],
    held,
    isAway: false,
    retries: 0,
    listeners: new Set<(userId: string) => void>(),
    turn(userId: string, isOnline: boolean) {
      if (isOnline) world.online.add(userId);
      else world.online.delete(userId);
      for (const listener of world.listeners) listener(userId);
    },
  };
  async function read(name: string, userIds: string[]): Promise<RoomMembers> {
    const answer = { position: world.position, userIds };
    world.reads.push(name);
    await world.held;
    if (world.isAway) throw new Error('the database is away');
    return answer;
  }
  const rooms = new RoomPresence({
    presence: {
      isOnline: (userId) => world.online.has(userId),
      online: () => world.online,
      watch(listener) {
        world.listeners.add(listener);
        return () => world.listeners.delete(listener);
      },
    },
    members: {
      readSome: (_, limit) => read(`some ${limit}`, [...world.members].slice(0, limit)),
      readAmong: (_, userIds) =>
        read(
          `among ${userIds.length}`,
          userIds.filter((userId) => world.members.has(userId)),
        ),
    },
    reportRetry: () => {
      world.retries += 1;
    },
  });
  let changes = 0;
  const stop = rooms.watch('room', () => {
    changes += 1;
  });
  const shown = () => {
    const item = rooms.current('room');
    return item?.kind === 'presence' ? item.userIds : null;
  };
  return { world, rooms, stop, shown, changes: () => changes };
}

const settle = () => vi.advanceTimersByTimeAsync(0);
const gathered = () => vi.advanceTimersByTimeAsync(250);
const crowd = Array.from({ length: wholeRoomMembers + 50 }, (_, n) => `member ${String(n).padStart(4, '0')}`);

describe('who is online in a watched room', () => {
  test('is not known before it is read, and then follows people and memberships without another read', async () => {
    const { world, rooms, shown } = setUp({ members: ['ada', 'ben'], online: ['ada', 'zoe'] });
    expect(shown()).toBeNull();
    await settle();
    expect(shown()).toEqual(['ada']);
    world.turn('ben', true);
    world.turn('zoe', false);
    world.turn('zoe', true);
    await gathered();
    expect(shown()).toEqual(['ada', 'ben']);
    rooms.apply({ ...joined, userId: 'zoe' }, 6);
    expect(shown()).toEqual(['ada', 'ben', 'zoe']);
    rooms.apply({ ...left, userId: 'ada' }, 7);
    expect(shown()).toEqual(['ben', 'zoe']);
    world.turn('ben', false);
    await gathered();
    expect(shown()).toEqual(['zoe']);
    expect(world.reads).toEqual([`some ${wholeRoomMembers + 1}`]);
  });

  test('of a large room is read in sets of those who are online, never the list of its members', async () => {
    const strangers = Array.from({ length: 1_500 }, (_, n) => `stranger ${n}`);
    const { world, rooms, shown, changes } = setUp({ members: crowd, online: [...strangers, ...crowd.slice(0, 3)] });
    await settle();
    expect(world.reads).toEqual([`some ${wholeRoomMembers + 1}`, 'among 1000', 'among 503']);
    expect(shown()).toEqual(crowd.slice(0, 3));
    expect(changes()).toBe(1);
    for (const userId of [...crowd.slice(10, 30), 'one more']) world.turn(userId, true);
    await gathered();
    expect(world.reads.slice(3)).toEqual(['among 21']);
    expect(shown()).toEqual([...crowd.slice(0, 3), ...crowd.slice(10, 30)]);
    world.turn('member 0000', false);
    rooms.apply({ ...left, userId: 'member 0001' }, 6);
    rooms.apply({ ...joined, userId: 'stranger 7' }, 7);
    await gathered();
    expect(shown()).toEqual(['member 0002', ...crowd.slice(10, 30), 'stranger 7']);
    expect(world.reads).toHaveLength(4);
  });

  test.each([
    ['small', [] as string[]],
    ['large', crowd],
  ])('in a %s room is by the order of the log, whichever of tail and read comes first', async (_, others) => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const online = ['gone', 'new', 'stays'];
    const { world, rooms, shown } = setUp({ members: ['gone', 'stays', ...others], online, held });
    await settle();
    // The read is of position 5: what comes up to there is in it, what comes behind it is newer.
    rooms.apply({ ...left, userId: 'stays' }, 4);
    rooms.apply({ ...joined, userId: 'new' }, 6);
    rooms.apply({ ...left, userId: 'gone' }, 7);
    world.members.add('new');
    world.members.delete('gone');
    world.position = 7;
    release();
    await settle();
    expect(shown()).toEqual(['new', 'stays']);
    rooms.apply({ ...left, userId: 'stays' }, 5);
    expect(shown()).toEqual(['new', 'stays']);
  });

  test('of a large room does not show who left it while offline for a moment, as nobody had looked yet', async () => {
    const { world, rooms, shown } = setUp({ members: [...crowd, 'ada'], online: ['ada'] });
    await settle();
    expect(shown()).toEqual(['ada']);
    world.turn('ada', false);
    rooms.apply({ ...left, userId: 'ada' }, 6);
    world.members.delete('ada');
    world.position = 6;
    world.turn('ada', true);
    await gathered();
    expect(shown()).toEqual([]);
  });

  test('of a large room does not show who left it while offline, whatever an older read says', async () => {
    const { world, rooms, shown } = setUp({ members: [...crowd, 'ada'] });
    await settle();
    let release = () => {};
    world.held = new Promise<void>((resolve) => {
      release = resolve;
    });
    world.turn('ada', true);
    await gathered();
    expect(world.reads.at(-1)).toBe('among 1');
    // What was read before is answered behind what the tail says.
    world.turn('ada', false);
    rooms.apply({ ...left, userId: 'ada' }, 6);
    world.members.delete('ada');
    world.position = 6;
    world.turn('ada', true);
    release();
    await gathered();
    expect(shown()).toEqual([]);
  });

  test('of a person who left before the read, of which the tail had told the joining only, is not shown', async () => {
    const { rooms, shown } = setUp({ members: [], online: ['ada'] });
    rooms.apply({ ...joined, userId: 'ada' }, 3);
    await settle();
    expect(shown()).toEqual([]);
    rooms.apply({ ...left, userId: 'ada' }, 4);
    expect(shown()).toEqual([]);
  });

  test.each([
    ['small', [] as string[]],
    ['large', crowd],
  ])(
    '[P2] in a %s room is in the end who is a member and online, however these and the reads overlap',
    async (_, others) => {
      const people = ['ada', 'ben'];
      const step = fc.record({
        userId: fc.constantFrom(...people),
        does: fc.constantFrom('comes', 'goes', 'joins', 'leaves'),
        tailMs: fc.constantFrom(0, 10, 300),
        readMs: fc.constantFrom(0, 20, 500),
        thenMs: fc.constantFrom(0, 5, 300),
      });
      const isIn = fc.subarray(people);
      await fc.assert(
        fc.asyncProperty(isIn, isIn, fc.array(step, { maxLength: 40 }), async (members, online, steps) => {
          const { world, rooms, shown, stop } = setUp({ members: [...others, ...members], online });
          let tailAt = 0;
          for (const { userId, does, tailMs, readMs, thenMs } of steps) {
            world.held = new Promise((resolve) => setTimeout(resolve, readMs));
            if (does === 'comes' || does === 'goes') world.turn(userId, does === 'comes');
            else if (world.members.has(userId) !== (does === 'joins')) {
              if (does === 'joins') world.members.add(userId);
              else world.members.delete(userId);
              world.position += 1;
              const position = world.position;
              const change = { ...(does === 'joins' ? joined : left), userId };
              // In the order of the log, whenever each comes.
              tailAt = Math.max(tailAt, Date.now() + tailMs);
              setTimeout(() => rooms.apply(change, position), tailAt - Date.now());
            }
            await vi.advanceTimersByTimeAsync(thenMs);
          }
          await vi.advanceTimersByTimeAsync(5_000);
          expect(shown()).toEqual(people.filter((userId) => world.members.has(userId) && world.online.has(userId)));
          stop();
        }),
        { numRuns: 1_000 },
      );
    },
  );

  test('is shown late, but is shown, when the database was away', async () => {
    const { world, shown } = setUp({ members: ['ada'], online: ['ada'] });
    world.isAway = true;
    await settle();
    expect([shown(), world.retries]).toEqual([null, 1]);
    world.isAway = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(shown()).toEqual(['ada']);
  });

  test('tells of no change where there was none', async () => {
    const { world, changes } = setUp({ members: ['ada'], online: ['ada'] });
    await settle();
    world.turn('stranger', true);
    world.turn('ada', false);
    world.turn('ada', true);
    await gathered();
    expect(changes()).toBe(1);
  });

  test('shows the first 100 in the order of their ids, and counts all', async () => {
    const members = crowd.slice(0, 150);
    const { rooms } = setUp({ members: [...members].reverse(), online: [...members].reverse() });
    await settle();
    expect(rooms.current('room')).toMatchObject({ userIds: members.slice(0, 100), count: 150 });
  });

  test('leaves no listener, room or timer behind when nobody watches', async () => {
    const { world, rooms, stop } = setUp({ members: ['ada'], online: ['ada'] });
    const again = rooms.watch('room', () => undefined);
    stop();
    stop();
    world.turn('ada', false);
    expect([rooms.size, world.listeners.size, vi.getTimerCount()]).toEqual([1, 1, 1]);
    again();
    expect([rooms.size, world.listeners.size, vi.getTimerCount()]).toEqual([0, 0, 0]);
    world.turn('ada', true);
    await settle();
    expect(vi.getTimerCount()).toBe(0);
  });
});
