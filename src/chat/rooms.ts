import type { LogBatch } from '../log/batch.ts';
import type { CommandOf } from './command.ts';
import type { PageOf, PageRequest } from './contract.ts';
import { appendToRoom, type Decision } from './decision.ts';
import type { Facts } from './facts.ts';
import type { Member, Room, RoomId, Viewer } from './model.ts';
import { readKeysetPage } from './page.ts';
import { canRead, checkOwner, checkVersion } from './policy.ts';
import type { Reading } from './reading.ts';
import { refuse } from './refusal.ts';
import type { MaybePromise } from './row-loader.ts';
import { roomColumns } from './rows.ts';

/** Who makes a room is its first owner; the span begins with the room, so that the owner sees it made. */
export function decideCreateRoom(command: CommandOf<'createRoom'>, facts: Facts, batch: LogBatch): Decision {
  const { actorId, input } = command;
  const slug = input.slugs.find((candidate) => !facts.isSlugTaken(candidate));
  if (slug === undefined) return refuse('SLUG_TAKEN', 'another room has this slug', ['input', 'slug']);
  const { roomId, memberId, kind, name, topic } = input;
  const room: Room = {
    id: roomId,
    kind,
    slug,
    name,
    topic,
    version: 1,
    createdAt: batch.at,
    messageRetentionDays: null,
  };
  facts.putRoom(room);
  const isPrivate = kind === 'PRIVATE';
  const created = appendToRoom(batch, 'ROOM_CREATED', actorId, { roomId, isPrivate, version: 1 });
  facts.putMember({
    id: memberId,
    roomId,
    userId: actorId,
    role: 'OWNER',
    joinedAt: batch.at,
    joinedPosition: created.position,
    leftAt: null,
    leftPosition: null,
  });
  const joined = { roomId, isPrivate, userId: actorId, memberId, role: 'OWNER' } as const;
  const mark = appendToRoom(batch, 'MEMBER_JOINED', actorId, joined);
  return { entityId: roomId, entity: room, mark };
}

export function decideUpdateRoom(command: CommandOf<'updateRoom'>, facts: Facts, batch: LogBatch): Decision {
  const { actorId, input } = command;
  const { roomId } = input;
  const room = facts.room(roomId);
  const refused = checkOwner(room, facts.member(roomId, actorId), ['input', 'roomId']);
  if (refused || !room) return refused ?? refuse('NOT_FOUND', 'there is no such room', ['input', 'roomId']);
  const conflict = checkVersion(input.expectedVersion, room.version);
  if (conflict) return conflict;
  const name = input.name ?? room.name;
  const topic = input.topic === undefined ? room.topic : input.topic;
  const { messageRetentionDays = room.messageRetentionDays } = input;
  const isAsItWas = name === room.name && topic === room.topic && messageRetentionDays === room.messageRetentionDays;
  if (isAsItWas) return { entityId: roomId, entity: room, mark: null };
  const updated = { ...room, name, topic, messageRetentionDays, version: room.version + 1 };
  facts.putRoom(updated);
  const mark = appendToRoom(batch, 'ROOM_UPDATED', actorId, { roomId, version: updated.version });
  return { entityId: roomId, entity: updated, mark };
}

export async function roomById(reading: Reading, viewer: Viewer, id: RoomId): Promise<Room | null> {
  const room = await reading.rooms.load(id);
  return room && (await isReadable(reading, viewer, room)) ? room : null;
}

export async function roomBySlug(reading: Reading, viewer: Viewer, slug: string): Promise<Room | null> {
  const [room] = await reading.query<Room>(`SELECT ${roomColumns} FROM room WHERE slug = $1`, [slug]);
  return room && (await isReadable(reading, viewer, room)) ? room : null;
}

export async function canReadRoomId(reading: Reading, viewer: Viewer, id: RoomId): Promise<boolean> {
  return (await roomById(reading, viewer, id)) !== null;
}

async function isReadable(reading: Reading, viewer: Viewer, room: Room): Promise<boolean> {
  return canRead(room, room.kind === 'PUBLIC' ? null : await viewerMember(reading, viewer, room.id));
}

/** The viewer's current membership of a room; null: none. */
export function viewerMember(reading: Reading, viewer: Viewer, roomId: RoomId): MaybePromise<Member | null> {
  return reading.memberships.load({ roomId, userId: viewer.user.id });
}

export async function publicRooms(reading: Reading, page: PageRequest<string>): Promise<PageOf<Room>> {
  return readKeysetPage<Room, string>(reading, page, {
    select: `SELECT ${roomColumns} FROM room WHERE kind = 'PUBLIC'`,
    parameters: [],
    key: 'slug',
    keyType: 'text',
  });
}

export async function viewerRooms(reading: Reading, viewer: Viewer, page: PageRequest<string>): Promise<PageOf<Room>> {
  return readKeysetPage<Room, string>(reading, page, {
    select: `SELECT ${roomColumns} FROM room
      WHERE id IN (SELECT room_id FROM member WHERE user_id = $1 AND left_position IS NULL)`,
    parameters: [viewer.user.id],
    key: 'slug',
    keyType: 'text',
  });
}
