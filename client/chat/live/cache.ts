import { type Cache, cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import type { CreateRoomMutation, JoinRoomMutation, LeaveRoomMutation } from '../../gql/graphql.ts';

/** Types without an id of their own live inside the object that holds them. */
const embedded = [
  'Viewer',
  'Server',
  'ServerLimits',
  'PageInfo',
  'RoomConnection',
  'RoomEdge',
  'MessageConnection',
  'MessageUpdate',
  'StreamEnd',
  'Typing',
];

/**
 * Rooms, once: a room that is joined, left or made shows so in every list that holds it. The cache does not
 * know the schema: a fragment on an interface (on UserError, say) would be dropped silently, so the documents use none.
 */
export function roomCache() {
  return cacheExchange({
    keys: Object.fromEntries(embedded.map((type) => [type, () => null])),
    resolvers: { Query: { rooms: relayPagination() }, Viewer: { rooms: relayPagination() } },
    updates: {
      Mutation: {
        createRoom(result: CreateRoomMutation, _arguments, cache) {
          if (result.createRoom.room === null) return;
          forgetLists(cache, 'Query');
          forgetOwnRooms(cache);
        },
        joinRoom(result: JoinRoomMutation, _arguments, cache) {
          if (result.joinRoom.member !== null) forgetOwnRooms(cache);
        },
        leaveRoom(result: LeaveRoomMutation, { input }, cache) {
          if (result.leaveRoom.member === null) return;
          const { roomId } = input as { roomId: string };
          cache.link({ __typename: 'Room', id: roomId }, 'viewerMember', null);
          forgetOwnRooms(cache);
        },
      },
    },
  });
}

function forgetOwnRooms(cache: Cache): void {
  const viewer = cache.resolve('Query', 'viewer');
  if (typeof viewer === 'string') forgetLists(cache, viewer);
}

function forgetLists(cache: Cache, holder: string): void {
  for (const field of cache.inspectFields(holder)) {
    if (field.fieldName === 'rooms') cache.invalidate(holder, field.fieldName, field.arguments);
  }
}
