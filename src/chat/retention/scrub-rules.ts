import type { LogBatch } from '../../log/batch.ts';
import type { Mark } from '../../log/position.ts';
import type { CommandOf } from '../command.ts';
import { appendToRoom, type Decision } from '../decision.ts';
import type { Facts } from '../facts.ts';
import { retentionDaysOf } from './retention.ts';

const DAY_MS = 86_400_000;

/** What was sent before this is due, by what the room's owners and the operator have it be. */
export function dueBefore(now: number, days: number): Date {
  return new Date(now - days * DAY_MS);
}

/** Deletes in nobody's name what is due by the retention of this place in the log. `entity.days`: what that was. */
export function decideScrub({ input }: CommandOf<'scrubRoom'>, facts: Facts, batch: LogBatch): Decision {
  const { roomId, messageIds, bounds } = input;
  const days = retentionDaysOf(facts.room(roomId)?.messageRetentionDays ?? null, bounds);
  let mark: Mark | null = null;
  for (const messageId of days === null ? [] : messageIds) {
    const found = facts.message(messageId);
    if (found?.roomId !== roomId || found.deletedAt || found.sentAt >= dueBefore(batch.at.getTime(), days ?? 0))
      continue;
    const version = found.version + 1;
    facts.putExpired({ ...found, text: null, deletedAt: batch.at, isExpired: true, version });
    mark = appendToRoom(batch, 'MESSAGE_DELETED', null, { roomId, messageId, version, authorId: found.authorId });
  }
  return { entityId: roomId, entity: { days }, mark };
}
