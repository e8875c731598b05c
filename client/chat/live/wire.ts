import { Client, fetchExchange } from 'urql';
import { createParley, type SocketState } from '../../sdk/src/index.ts';
import { parleyExchange } from '../../sdk/src/urql.ts';
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

/** Opens the wire. The socket itself opens with the first subscription, and the cookie signs it in. */
export function openWire(): Wire {
  const socketState = new Store<SocketState>('connecting');
  const parley = createParley({
    url: window.location.origin,
    onState: (state) => socketState.update(() => state),
  });
  const client = new Client({
    url: '/graphql',
    preferGetMethod: false,
    exchanges: [roomCache(), fetchExchange, parleyExchange({ parley })],
  });
  return {
    client,
    roomLists: new RoomLists(client),
    unsent: new Map(),
    socketState,
    [Symbol.dispose]: () => parley.close(),
  };
}
