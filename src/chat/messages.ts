import type { LogBatch } from '../log/batch.ts';
import type { Position } from '../log/position.ts';
import type { CommandOf } from './command.ts';
import type { PageOf, PageRequest } from './contract.ts';
import { appendToRoom, type Decision } from './decision.ts';
import type { Facts } from './facts.ts';
import type { Message, MessageId, RoomId, Viewer } from './model.ts';
import { readKeysetPage } from './page.ts';
import { canRead, checkMayDelete, checkMayEdit, checkMember, checkVersion } from './policy.ts';
import type { Reading } from './reading.ts';
import { type Refused, refuse } from './refusal.ts';
import { canReadRoomId } from './rooms.ts';
import { messageColumns } from './rows.ts';

export function decideSend(command: CommandOf<'sendMessage'>, facts: Facts, batch: LogBatch): Decision {
  const { actorId, input } = command;
  const { roomId, messageId } = input;
  const refused = checkMember(facts.room(roomId), facts.member(roomId, actorId), ['input', 'roomId']);
  if (refused) return refused;
  const mark = appendToRoom(batch, 'MESSAGE_SENT', actorId, { roomId, messageId, version: 1 });
  const message: Message = {
    id: messageId,
    roomId,
    authorId: actorId,
    position: mark.position,
    text: input.text,
    clientKey: input.clientKey,
    sentAt: batch.at,
    editedAt: null,
    deletedAt: null,
    version: 1,
    isExpired: false,
  };
  facts.putMessage(message);
  return { entityId: messageId, entity: message, mark };
}

export function decideEdit(command: CommandOf<'editMessage'>, facts: Facts, batch: LogBatch): Decision {
  const { actorId, input } = command;
  const found = findWritable(command, facts);
  if ('refusal' in found) return found;
  const forbidden = checkMayEdit(found, actorId);
  if (forbidden) return forbidden;
  if (found.deletedAt) return refuse('MESSAGE_DELETED', 'the message was deleted', ['input', 'messageId']);
  const conflict = checkVersion(input.expectedVersion, found.version);
  if (conflict) return conflict;
  const message = { ...found, text: input.text, editedAt: batch.at, version: found.version + 1 };
  facts.putMessage(message);
  const { roomId, id: messageId, version } = message;
  const mark = appendToRoom(batch, 'MESSAGE_EDITED', actorId, { roomId, messageId, version });
  return { entityId: messageId, entity: message, mark };
}

/** Leaves a tombstone: the place in history stays, the text goes. Deleting a tombstone changes nothing. */
export function decideDelete(command: CommandOf<'deleteMessage'>, facts: Facts, batch: LogBatch): Decision {
  const { actorId } = command;
  const found = findWritable(command, facts);
  if ('refusal' in found) return found;
  const forbidden = checkMayDelete(found, actorId, facts.member(found.roomId, actorId));
  if (forbidden) return forbidden;
  if (found.deletedAt) return { entityId: found.id, entity: found, mark: null };
  const message = { ...found, text: null, deletedAt: batch.at, version: found.version + 1 };
  facts.putMessage(message);
  const { roomId, id: messageId, version, authorId } = message;
  const mark = appendToRoom(batch, 'MESSAGE_DELETED', actorId, { roomId, messageId, version, authorId });
  return { entityId: messageId, entity: message, mark };
}

/** In the same words for one that does not exist and one in a room that the actor may not see. */
export function noSuchMessage(): Refused {
  return refuse('NOT_FOUND', 'there is no such message, or it is not yours to see', ['input', 'messageId']);
}

function findWritable(command: CommandOf<'editMessage'> | CommandOf<'deleteMessage'>, facts: Facts) {
  const { roomId, messageId } = command.input;
  const room = facts.room(roomId);
  const member = facts.member(roomId, command.actorId);
  const message = facts.message(messageId);
  if (!message || !room || !canRead(room, member)) return noSuchMessage();
  return checkMember(room, member, ['input', 'messageId']) ?? message;
}

export async function messageById(reading: Reading, viewer: Viewer, id: MessageId): Promise<Message | null> {
  const message = await reading.messages.load(id);
  return message && (await canReadRoomId(reading, viewer, message.roomId)) ? message : null;
}

export async function messages(
  reading: Reading,
  roomId: RoomId,
  page: PageRequest<Position>,
): Promise<PageOf<Message>> {
  return readKeysetPage<Message, Position>(reading, page, {
    select: `SELECT ${messageColumns} FROM message WHERE room_id = $1`,
    parameters: [roomId],
    key: 'position',
    keyType: 'bigint',
  });
}

export async function messagesAround(
  reading: Reading,
  roomId: RoomId,
  messageId: MessageId,
  count: number,
): Promise<PageOf<Message> | null> {
  const middle = await reading.messages.load(messageId);
  if (middle?.roomId !== roomId) return null;
  const older = await beside(reading, middle, 'last', count >> 1);
  const newer = await beside(reading, middle, 'first', count - 1 - older.rows.length);
  return {
    rows: [...older.rows, middle, ...newer.rows],
    hasPreviousPage: older.hasMore,
    hasNextPage: newer.hasMore,
  };
}

/** Up to `limit` messages next to one, before (`last`) or after it (`first`), and whether there are more of them. */
async function beside(reading: Reading, { roomId, position }: Message, take: 'first' | 'last', limit: number) {
  const edge = take === 'first' ? { after: position, before: null } : { after: null, before: position };
  const page = await messages(reading, roomId, { take, limit: Math.max(limit, 1), ...edge });
  if (limit === 0) return { rows: [], hasMore: page.rows.length > 0 };
  return { rows: page.rows, hasMore: take === 'first' ? page.hasNextPage : page.hasPreviousPage };
}
