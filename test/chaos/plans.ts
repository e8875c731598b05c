/** What each writer means to do, chosen by its own random numbers. */
import type { Deed } from './evidence.ts';
import type { Intent } from './writer.ts';

/** Rooms of a run, by what happens in them. */
export interface Rooms {
  /** Public; all writers are members. */
  readonly hall: string;
  /** Private; all writers are members, the keeper owns it, comers are added and removed. */
  readonly den: string;
  /** Public; people join and leave. */
  readonly porch: string;
  /** Private, and nobody's who writes: refused. */
  readonly vault: string;
}

interface Own {
  readonly id: string;
  readonly version: number;
}

/** Everybody's writes; those of the keeper come on top. */
export function writerPlan(rooms: Rooms, random: () => number) {
  const own: Own[] = [];
  let count = 0;
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item;
  const others: readonly (() => Intent)[] = [
    () => ({ verb: 'joinRoom', input: { roomId: rooms.porch } }),
    () => ({ verb: 'leaveRoom', input: { roomId: rooms.porch } }),
    () => ({ verb: 'updateProfile', input: { displayName: `Name ${count}` } }),
    () => ({ verb: 'createRoom', input: { name: `Room ${count}`, kind: random() < 0.5 ? 'PUBLIC' : 'PRIVATE' } }),
    () => ({ verb: 'sendMessage', input: { roomId: rooms.vault, text: 'let me in' } }),
    () => ({ verb: 'sendMessage', input: { roomId: rooms.porch, text: `on the porch ${count}` } }),
  ];
  const onMessage = (): Intent => {
    const { id, version } = pick(own);
    if (random() < 0.25) return { verb: 'deleteMessage', input: { messageId: id } };
    const expectedVersion = random() < 0.15 ? version + 7 : version;
    return { verb: 'editMessage', input: { messageId: id, expectedVersion, text: `edited ${count}` } };
  };
  return {
    next(): Intent {
      count += 1;
      const chance = random();
      if (chance < 0.15) return pick(others)();
      if (chance < 0.35 && own.length > 0) return onMessage();
      const roomId = random() < 0.5 ? rooms.hall : rooms.den;
      return { verb: 'sendMessage', input: { roomId, text: `message ${count} of somebody` } };
    },
    settled({ verb, input, outcome }: Deed): void {
      if (outcome?.kind !== 'done') return;
      const { subjectId } = outcome;
      const at = own.findIndex(({ id }) => id === subjectId);
      if (verb === 'sendMessage') own.push({ id: subjectId, version: 1 });
      if (verb === 'editMessage') own[at] = { id: subjectId, version: Number(input.expectedVersion) + 1 };
      if (verb === 'deleteMessage' && at >= 0) own.splice(at, 1);
      if (own.length > 20) own.shift();
    },
  };
}

/** The owner of the den: who comes in and out, roles, names of rooms. */
export function keeperPlan(
  rooms: Rooms,
  people: { readonly comers: readonly string[]; readonly writers: readonly string[] },
  random: () => number,
) {
  let count = 0;
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item;
  const choices: readonly (() => Intent)[] = [
    () => ({ verb: 'addMember', input: { roomId: rooms.den, userId: pick(people.comers) } }),
    () => ({ verb: 'removeMember', input: { roomId: rooms.den, userId: pick(people.comers) } }),
    () => ({
      verb: 'setMemberRole',
      input: { roomId: rooms.den, userId: pick(people.writers), role: random() < 0.5 ? 'OWNER' : 'MEMBER' },
    }),
    () => ({ verb: 'updateRoom', input: { roomId: pick([rooms.hall, rooms.den]), topic: `topic ${count}` } }),
    () => ({ verb: 'sendMessage', input: { roomId: rooms.den, text: `the keeper says ${count}` } }),
  ];
  return {
    next(): Intent {
      count += 1;
      return pick(choices)();
    },
    settled(): void {},
  };
}
