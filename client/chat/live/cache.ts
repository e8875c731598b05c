import { cacheExchange } from '@urql/exchange-graphcache';
import type { LeaveRoomMutation, NewsSubscription } from '../../gql/graphql.ts';
import { keys } from '../../sdk/src/generated/graphcache.ts';

/**
 * Rooms, once: a room that is renamed, joined or left changes wherever it is shown. The cache does not know the schema: a fragment on
 * an interface (on UserError, say) would be dropped silently, so the documents use none. Nothing is ever invalidated here: what a
 * mutation invalidates lies above the answers of queries that are under way, and hides them for good. The lists of rooms are
 * kept fresh by RoomLists.
 */
export function roomCache() {
  return cacheExchange({
    keys,
    updates: {
      Mutation: {
        leaveRoom(result: LeaveRoomMutation, { input }, cache) {
          if (result.leaveRoom.member === null) return;
          const { roomId } = input as { roomId: string };
          cache.link({ __typename: 'Room', id: roomId }, 'viewerMember', null);
        },
      },
      Subscription: {
        events({ events }: NewsSubscription, _, cache) {
          if (events.__typename !== 'MembershipEnded') return;
          cache.link({ __typename: 'Room', id: events.roomId }, 'viewerMember', null);
        },
      },
    },
  });
}
