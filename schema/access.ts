import type { Room, RoomId, Viewer } from '../src/chat/model.ts';
import { Fault } from '../src/observe/fault.ts';
import type { Context } from './context.ts';
import { idOf, notFound } from './ids.ts';

/** Who asks. Throws UNAUTHENTICATED when signed out. Never for resolvers of shared fields. */
export function requireViewer(context: Context): Viewer {
  if (!context.viewer) throw new Fault('UNAUTHENTICATED', 'sign in first, enterAsGuest will do');
  return context.viewer;
}

/** The room, if the viewer may read it now; else null. */
export function readableRoom(context: Context, id: RoomId): Promise<Room | null> {
  return context.services.queries.roomById(context.reading, requireViewer(context), id);
}

/** The room that an argument names. Throws NOT_FOUND: rubbish, unknown and unseen alike. */
export async function roomOfArgument(context: Context, globalId: string, argument: string): Promise<Room> {
  const id = idOf('room', globalId);
  const room = id && (await readableRoom(context, id));
  if (!room) throw notFound(argument);
  return room;
}

/**
 * For fields that lead from a room to its content: a room may be reached through an event or message by someone who
 * can no longer read it. Throws NOT_FOUND.
 */
export async function requireReadable(context: Context, room: Room): Promise<void> {
  if (!(await readableRoom(context, room.id))) throw new Fault('NOT_FOUND', 'the room is not yours to see any more');
}
