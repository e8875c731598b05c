import type { SocketState } from '../../sdk/src/index.ts';

/** What the person sees of the connection. */
export type Connection = 'connecting' | 'live' | 'catching-up' | 'offline';

/** The socket alone does not make a room live: what was missed has to come first. */
export function connectionOf(socket: SocketState, isCaughtUp: boolean): Connection {
  switch (socket) {
    case 'connecting':
      return 'connecting';
    case 'retrying':
      return 'offline';
    case 'open':
      return isCaughtUp ? 'live' : 'catching-up';
  }
}

export const connectionText: Record<Connection, string> = {
  connecting: 'Connecting…',
  live: 'Live',
  'catching-up': 'Catching up…',
  offline: 'Offline, trying again…',
};
