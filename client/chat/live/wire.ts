import { Client, fetchExchange, subscriptionExchange } from 'urql';
import { subscribeResuming } from '../../wire/resume.ts';
import { openSocket, type SocketState } from '../../wire/socket.ts';
import { roomCache } from './cache.ts';
import { RoomLists } from './room-lists.ts';
import { Store } from './store.ts';

/** Everything that goes to the server under one sign-in: one cache, one socket. Another person gets another wire. */
export interface Wire extends Disposable {
  readonly client: Client;
  readonly roomLists: RoomLists;
  /** What stands in the composer of a room and is not sent, by the id of the room. */
  readonly unsent: Map<string, string>;
  readonly socketState: Store<SocketState>;
}

/** Opens the wire. The socket itself opens with the first subscription. */
export function openWire(): Wire {
  const socketState = new Store<SocketState>('connecting');
  const socket = openSocket({ onState: (state) => socketState.update(() => state) });
  const client = new Client({
    url: '/graphql',
    preferGetMethod: false,
    exchanges: [
      roomCache(),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query, variables }) => ({
          subscribe(observer) {
            let isWanted = true;
            const stop = subscribeResuming(
              socket.client,
              { query: query ?? '', variables: variables as Record<string, unknown> },
              {
                next: (result) => observer.next(result as never),
                error: (error) => observer.error(error),
                // urql tells nobody of a plain end. One that we did not ask for must not look like a quiet room.
                complete: () => (isWanted ? observer.error(new Error('The stream has ended.')) : observer.complete()),
              },
            );
            return {
              unsubscribe() {
                isWanted = false;
                stop();
              },
            };
          },
        }),
      }),
    ],
  });
  return {
    client,
    roomLists: new RoomLists(client),
    unsent: new Map(),
    socketState,
    [Symbol.dispose]: () => socket[Symbol.dispose](),
  };
}
