import { type ExecutionResult, execute, type GraphQLError, parse } from 'graphql';
import type { MemberId, Message, MessageId, RoomId, SessionId, User, UserId } from '../src/chat/model.ts';
import { Reading } from '../src/chat/reading.ts';
import { createCursorCodec } from '../src/log/cursor.ts';
import { Fault, type FaultCode } from '../src/observe/fault.ts';
import type { Context, Services } from './context.ts';
import { encodeId } from './ids.ts';
import { schema } from './index.ts';

/** Rows, and a context that holds no more than a test gives it: the schema's tests of one execution. */
const uuid = (digit: number) => `00000000-0000-7000-8000-00000000000${digit}`;
export const at = new Date('2026-01-31T12:00:00.000Z');
export const ada: User = {
  id: uuid(1) as UserId,
  handle: null,
  displayName: 'Ada',
  isGuest: true,
  isBot: false,
  avatarHash: null,
  isDeleted: false,
};
export const viewer = { user: ada, credentialId: uuid(9) as SessionId, scopes: null, expiresAt: null };
export const room = {
  id: uuid(2) as RoomId,
  kind: 'PUBLIC' as const,
  slug: 'lobby',
  name: 'Lobby',
  topic: null,
  messageRetentionDays: null,
  version: 1,
  createdAt: at,
};
export const member = {
  id: uuid(3) as MemberId,
  roomId: room.id,
  userId: ada.id,
  role: 'OWNER' as const,
  joinedAt: at,
  joinedPosition: 2,
  leftAt: null,
  leftPosition: null,
};
export const message: Message = {
  id: uuid(4) as MessageId,
  roomId: room.id,
  authorId: ada.id,
  position: 3,
  text: 'Hello',
  clientKey: null,
  sentAt: at,
  editedAt: null,
  deletedAt: null,
  version: 1,
  isExpired: false,
};
export const cursors = createCursorCodec('0123456789abcdef');
export const mark = { position: 3, tag: 7 };
export const roomId = encodeId('room', room.id);

/** A reading that has these rows and no database: whatever else is read fails. */
function primedReading(): Reading {
  const source = { query: () => Promise.reject(new Error('the test has no database')) };
  return new Reading(source, { atHand: { users: [ada], rooms: [room], members: [member], messages: [message] } });
}

/** Only what a test gives is there; any other use fails it. */
export function contextOf(given: Partial<Omit<Context, 'services'>> & { services?: Partial<Services> }): Context {
  return {
    viewer,
    reading: primedReading(),
    renew: () => Promise.resolve(),
    committed: () => Promise.reject(new Error('nothing should be committed')),
    spend: () => Promise.resolve(null),
    resumeAfter: null,
    device: null,
    setDevice: null,
    setCookie: null,
    isByCookie: false,
    origin: { userAgent: null, address: null },
    ...given,
    services: { cursors, ...given.services } as Services,
  };
}

/** Executes a document as it is, valid or not. */
export async function run(source: string, context: Context, rootValue?: unknown): Promise<ExecutionResult> {
  return execute({ schema, document: parse(source), contextValue: context, rootValue });
}

/** The codes of faults; of other errors the message. */
export function faultCodes(errors: readonly GraphQLError[] | undefined): (FaultCode | string)[] {
  return (errors ?? []).map(({ originalError, message }) =>
    originalError instanceof Fault ? originalError.code : message,
  );
}
