/** What never changes of an event, as one text: from a row of the log, and from an item of the API. Both must be equal. */
import type { LoggedEvent } from '../support/history.ts';
import type { SeenMessage } from './evidence.ts';

/** `__typename` of an event, or `kind` of a message update, by its kind. */
const typeNames: Readonly<Record<string, string>> = {
  ROOM_CREATED: 'RoomCreated',
  ROOM_UPDATED: 'RoomUpdated',
  MEMBER_JOINED: 'MemberJoined',
  MEMBER_LEFT: 'MemberLeft',
  MEMBER_UPDATED: 'MemberUpdated',
  MESSAGE_SENT: 'MessageSent',
  MESSAGE_EDITED: 'MessageEdited',
  MESSAGE_DELETED: 'MessageDeleted',
  MEMBERSHIP_ENDED: 'MembershipEnded',
  CREDENTIALS_ENDED: 'CredentialsEnded',
  USER_UPDATED: 'UserUpdated',
};

export const eventTypes: readonly string[] = Object.values(typeNames);

/** What is asked for of an event, for `facts` and for a kept state. */
export const eventFields = `type: __typename cursor actor { id } room { id name topic }
  ... on RoomUpdated { version }
  ... on MemberJoined { member { ...OfMember } }
  ... on MemberLeft { member { ...OfMember } reason }
  ... on MemberUpdated { member { ...OfMember } role }
  ... on MessageSent { message { ...OfMessage } }
  ... on MessageEdited { message { ...OfMessage } version }
  ... on MessageDeleted { message { ...OfMessage } version }
  ... on MembershipEnded { roomId reason }
  ... on UserUpdated { user { id displayName } }
  ... on CredentialsEnded { sessionIds apiTokenIds endReason }`;
export const entityFragments = `
  fragment OfMessage on Message { id version text deletedAt }
  fragment OfMember on Member { id role leftAt user { id displayName } }`;

export const eventsSubscription = `subscription ($after: Cursor, $roomIds: [ID!]) {
  item: events(after: $after, filter: { roomIds: $roomIds }) { ${eventFields} ... on StreamEnded { end { code } } }
} ${entityFragments}`;
export const messagesSubscription = `subscription ($roomId: ID!, $after: Cursor) {
  item: messages(roomId: $roomId, after: $after) { type: kind cursor message { ...OfMessage } end { code } }
} fragment OfMessage on Message { id version text deletedAt }`;

// biome-ignore lint/suspicious/noExplicitAny: items of any shape.
export type Item = any;

/** Null: a checkpoint or an end. */
export function factsOfItem(item: Item): string | null {
  if (['SENT', 'EDITED', 'DELETED'].includes(item.type)) return asText([item.type, item.message.id]);
  if (!eventTypes.includes(item.type)) return null;
  return asText([
    item.type,
    item.actor?.id,
    item.type === 'MembershipEnded' ? item.roomId : item.room?.id,
    item.message?.id,
    item.member?.id,
    item.member?.user.id ?? item.user?.id,
    item.version,
    item.role,
    item.reason ?? item.endReason,
    item.sessionIds,
    item.apiTokenIds,
  ]);
}

export function messageOfItem({ message }: Item): SeenMessage | null {
  return message ? { id: message.id, version: message.version, text: message.text } : null;
}

/** As `events` tells it, or as `messages` does. */
export function factsOfRow({ kind, actorId, body }: LoggedEvent, isUpdate: boolean): string {
  const id = (name: string, value: unknown) =>
    typeof value === 'string' ? `${name}_${value.replaceAll('-', '')}` : undefined;
  const ids = (name: string, values: unknown) =>
    Array.isArray(values) ? values.map((one) => id(name, one)) : undefined;
  if (isUpdate) return asText([kind.replace('MESSAGE_', ''), id('message', body.messageId)]);
  const isAboutMember = kind.startsWith('MEMBER_');
  return asText([
    typeNames[kind],
    id('user', actorId),
    id('room', body.roomId),
    id('message', body.messageId),
    isAboutMember ? id('member', body.memberId) : undefined,
    isAboutMember || kind === 'USER_UPDATED' ? id('user', body.userId) : undefined,
    kind === 'ROOM_CREATED' || kind === 'MESSAGE_SENT' ? undefined : body.version,
    kind === 'MEMBER_UPDATED' ? body.role : undefined,
    body.reason,
    ids('session', body.sessionIds),
    kind === 'CREDENTIALS_ENDED' ? (ids('apiToken', body.apiTokenIds) ?? []) : undefined,
  ]);
}

function asText(facts: readonly unknown[]): string {
  return facts.map((fact) => (fact === undefined || fact === null ? '-' : String(fact))).join(' ');
}
