import type { LogBatch } from '../../log/batch.ts';
import type { Mark } from '../../log/position.ts';
import type { CommandOf } from '../command.ts';
import { appendToRoom, type Decision } from '../decision.ts';
import type { Facts } from '../facts.ts';
import { endMembership } from '../members.ts';

/** The last owner of a room hands it to who has been there for longest, to a bot only where there is nobody else. */
export function decideLeaveForGood(
  { actorId, input }: CommandOf<'leaveForGood'>,
  facts: Facts,
  batch: LogBatch,
): Decision {
  const { roomId } = input;
  const member = facts.member(roomId, actorId);
  if (!member) return { entityId: roomId, entity: {}, mark: null };
  if (facts.isLastOwner(roomId, actorId)) handOver({ actorId, input }, facts, batch);
  return endMembership(facts, batch, member, actorId, 'LEFT');
}

/** As their author would delete them, with the key too that they were sent by. */
export function decideEraseMessages(
  { actorId, input }: CommandOf<'eraseMessages'>,
  facts: Facts,
  batch: LogBatch,
): Decision {
  const { roomId, messageIds } = input;
  let mark: Mark | null = null;
  for (const messageId of messageIds) {
    const found = facts.message(messageId);
    if (found?.roomId !== roomId || found.authorId !== actorId || found.deletedAt) continue;
    const version = found.version + 1;
    facts.putMessage({ ...found, text: null, clientKey: null, deletedAt: batch.at, version });
    mark = appendToRoom(batch, 'MESSAGE_DELETED', actorId, { roomId, messageId, version, authorId: actorId });
  }
  return { entityId: roomId, entity: {}, mark };
}

function handOver(
  { actorId, input: { roomId } }: Pick<CommandOf<'leaveForGood'>, 'actorId' | 'input'>,
  facts: Facts,
  batch: LogBatch,
): void {
  const heirs = facts.deletions.heirsOf(roomId).filter((userId) => userId !== actorId && !facts.isDeleted(userId));
  const heir = heirs.map((userId) => facts.member(roomId, userId)).find((one) => one !== null);
  if (!heir) return;
  facts.putMember({ ...heir, role: 'OWNER' });
  const { userId, id: memberId } = heir;
  appendToRoom(batch, 'MEMBER_UPDATED', actorId, { roomId, userId, memberId, role: 'OWNER' });
}
