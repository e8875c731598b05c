/** The one table of close codes of a socket: those of WebSocket, of graphql-transport-ws, and ours. */
export const closeCodes = {
  1006: 'Cut without a word: it did not read, or the network broke. Come back, and resume from the last cursor.',
  1009: 'A message over the limit: send less.',
  1012: 'The node stops: come back, another one answers, and resume from the last cursor.',
  1013: 'Too much at the moment (sockets of the user), or the database is away: come back later.',
  4400: 'A message that is not of the protocol: correct the client.',
  4401: 'connection_init was missing, or the session has ended: sign in again.',
  4403: 'The token, the cookie or the origin was refused: sign in again, or from an allowed origin.',
  4406: 'Another subprotocol than graphql-transport-ws: change the client.',
  4408: 'connection_init did not come in time.',
  4409: 'The id of a subscribe is in use: choose another, or complete it first.',
  4410: 'A guest signed up: come back with the new token, and resume from the last cursor. The old one is refused.',
  4429: 'connection_init came twice.',
  4500: 'A bug of ours, in the log of the server.',
} as const;

/** Those that graphql-ws does not name. Its clients come back after each. */
export const RESTARTING = 1012 satisfies keyof typeof closeCodes;
export const TRY_AGAIN_LATER = 1013 satisfies keyof typeof closeCodes;
export const TOKEN_REPLACED = 4410 satisfies keyof typeof closeCodes;
