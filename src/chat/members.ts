import type { LogBatch } from '../log/batch.ts';
import type { Position } from '../log/position.ts';
import type { CommandOf } from './command.ts';
import type { PageOf, PageRequest } from './contract.ts';
import { appendToRoom, appendToUser, type Decision } from './decision.ts';
import type { Facts } from './facts.ts';
import type { LeaveReason, Member, MemberId, MemberRole, Room, RoomId, UserId, Viewer } from './model.ts';
import { readKeysetPage } from './page.ts';
import { checkMember, checkOwner, checkVisible } from './policy.ts';
import type { Reading } from './reading.ts';
import { refuse } from './refusal.ts';
import { canReadRoomId } from './rooms.ts';
import { memberColumns } from './rows.ts';

const roomPath = ['input', 'roomId'];
const userPath = ['input', 'userId'];

/** Who comes into a room that everybody has left is its owner: a room that has members has one. */
export function decideJoin({ actorId, input }: CommandOf<'joinRoom'>, facts: Facts, batch: LogBatch): Decision {
  const { roomId, memberId } = input;
  const member = facts.member(roomId, actorId);
  const room = facts.room(roomId);
  const refused = checkVisible(room, member, roomPath);
  if (refused || !room) return refused ?? refuse('NOT_FOUND', 'there is no such room', roomPath);
  if (member) return { entityId: member.id, entity: member, mark: null };
  const role = facts.memberCount(roomId) === 0 ? 'OWNER' : 'MEMBER';
  return join(facts, batch, { room, userId: actorId, memberId, actorId, role });
}

export function decideAddMember({ actorId, input }: CommandOf<'addMember'>, facts: Facts, batch: LogBatch): Decision {
  const { roomId, userId, memberId } = input;
  const room = facts.room(roomId);
  const refused = checkOwner(room, facts.member(roomId, actorId), roomPath);
  if (refused || !room) return refused ?? refuse('NOT_FOUND', 'there is no such room', roomPath);
  if (!facts.hasUser(userId)) return refuse('NOT_FOUND', 'there is no such user', userPath);
  const member = facts.member(roomId, userId);
  if (member) return { entityId: member.id, entity: member, mark: null };
  return join(facts, batch, { room, userId, memberId, actorId, role: 'MEMBER' });
}

/** The last owner hands over first; only who is alone in the room may leave it without an owner. */
export function decideLeave({ actorId, input }: CommandOf<'leaveRoom'>, facts: Facts, batch: LogBatch): Decision {
  const { roomId } = input;
  const member = facts.member(roomId, actorId);
  const refused = checkMember(facts.room(roomId), member, roomPath);
  if (refused || !member) return refused ?? refuse('NOT_A_MEMBER', 'you are not a member', roomPath);
  if (facts.isLastOwner(roomId, actorId) && facts.memberCount(roomId) > 1) {
    return refuse('LAST_OWNER', 'make another member an owner first: you are the last one', roomPath);
  }
  return endMembership(facts, batch, member, actorId, 'LEFT');
}

export function decideRemoveMember(
  { actorId, input }: CommandOf<'removeMember'>,
  facts: Facts,
  batch: LogBatch,
): Decision {
  const { roomId, userId } = input;
  const refused = checkOwner(facts.room(roomId), facts.member(roomId, actorId), roomPath);
  if (refused) return refused;
  if (userId === actorId) return refuse('FORBIDDEN', 'nobody removes themselves: use leaveRoom', userPath);
  const member = facts.member(roomId, userId);
  if (!member) return refuse('NOT_FOUND', 'the user is not a member of the room', userPath);
  return endMembership(facts, batch, member, actorId, 'REMOVED');
}

export function decideSetRole({ actorId, input }: CommandOf<'setMemberRole'>, facts: Facts, batch: LogBatch): Decision {
  const { roomId, userId, role } = input;
  const refused = checkOwner(facts.room(roomId), facts.member(roomId, actorId), roomPath);
  if (refused) return refused;
  const member = facts.member(roomId, userId);
  if (!member) return refuse('NOT_FOUND', 'the user is not a member of the room', userPath);
  if (member.role === role) return { entityId: member.id, entity: member, mark: null };
  if (role !== 'OWNER' && facts.isLastOwner(roomId, userId)) {
    return refuse('LAST_OWNER', 'make another member an owner first: this is the last one', userPath);
  }
  const updated = { ...member, role };
  facts.putMember(updated);
  const mark = appendToRoom(batch, 'MEMBER_UPDATED', actorId, { roomId, userId, memberId: member.id, role });
  return { entityId: member.id, entity: updated, mark };
}

function join(
  facts: Facts,
  batch: LogBatch,
  who: { room: Room; userId: UserId; memberId: MemberId; actorId: UserId; role: MemberRole },
): Decision {
  const { userId, memberId, actorId, role } = who;
  const { id: roomId, kind } = who.room;
  const joined = { roomId, isPrivate: kind === 'PRIVATE', userId, memberId, role };
  const mark = appendToRoom(batch, 'MEMBER_JOINED', actorId, joined);
  const member: Member = {
    id: memberId,
    roomId,
    userId,
    role,
    joinedAt: batch.at,
    joinedPosition: mark.position,
    leftAt: null,
    leftPosition: null,
  };
  facts.putMember(member);
  return { entityId: memberId, entity: member, mark };
}

/** Two events: the room learns who left; the person gets the last word of the room, which they may no longer see. */
export function endMembership(
  facts: Facts,
  batch: LogBatch,
  member: Member,
  actorId: UserId,
  reason: LeaveReason,
): Decision {
  const { roomId, userId, id: memberId } = member;
  const left = appendToRoom(batch, 'MEMBER_LEFT', actorId, { roomId, userId, memberId, reason });
  const mark = appendToUser(batch, 'MEMBERSHIP_ENDED', actorId, userId, { roomId, memberId, reason });
  const ended = { ...member, leftAt: batch.at, leftPosition: left.position };
  facts.putMember(ended);
  return { entityId: memberId, entity: ended, mark };
}

export async function members(reading: Reading, roomId: RoomId, page: PageRequest<Position>): Promise<PageOf<Member>> {
  return readKeysetPage<Member, Position>(reading, page, {
    select: `SELECT ${memberColumns} FROM member WHERE room_id = $1 AND left_position IS NULL`,
    parameters: [roomId],
    key: 'joined_position',
    keyType: 'bigint',
  });
}

/** A membership, also one that has ended, of a room that the viewer may read. */
export async function memberById(reading: Reading, viewer: Viewer, id: MemberId): Promise<Member | null> {
  const member = await reading.members.load(id);
  return member && (await canReadRoomId(reading, viewer, member.roomId)) ? member : null;
}
