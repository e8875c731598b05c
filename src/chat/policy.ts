import type { Member, Message, Room, UserId } from './model.ts';
import { type Refused, refuse } from './refusal.ts';

/** Who may do what. Pure: each rule sees the room and the membership as they are at its place in the log. */

type Path = readonly string[];

export function canRead(room: Room, member: Member | null): boolean {
  return room.kind === 'PUBLIC' || member !== null;
}

/** A room that the actor may see, or a refusal that does not tell unseen from unknown. */
export function checkVisible(room: Room | null, member: Member | null, path: Path): Refused | null {
  if (room && canRead(room, member)) return null;
  return refuse('NOT_FOUND', 'there is no such room, or it is not yours to see', path);
}

/** For all that only members may do. */
export function checkMember(room: Room | null, member: Member | null, path: Path): Refused | null {
  const unseen = checkVisible(room, member, path);
  if (unseen || member) return unseen;
  return refuse('NOT_A_MEMBER', 'only members of the room may do this: join it first', path);
}

/** For all that only owners may do: settings of the room, its members and their roles. */
export function checkOwner(room: Room | null, member: Member | null, path: Path): Refused | null {
  const notMember = checkMember(room, member, path);
  if (notMember) return notMember;
  if (member?.role === 'OWNER') return null;
  return refuse('FORBIDDEN', 'only an owner of the room may do this', path);
}

export function checkMayEdit(message: Message, actorId: UserId): Refused | null {
  if (message.authorId === actorId) return null;
  return refuse('FORBIDDEN', 'only its author may edit a message', ['input', 'messageId']);
}

export function checkMayDelete(message: Message, actorId: UserId, member: Member | null): Refused | null {
  if (message.authorId === actorId || member?.role === 'OWNER') return null;
  return refuse('FORBIDDEN', 'only its author or an owner of the room may delete a message', ['input', 'messageId']);
}

export function checkVersion(expected: number | null, current: number): Refused | null {
  if (expected === null || expected === current) return null;
  return refuse('VERSION_CONFLICT', `its version is ${current} by now, not ${expected}`, ['input', 'expectedVersion'], {
    currentVersion: current,
  });
}
