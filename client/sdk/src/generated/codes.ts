// Made by npm run generate.

/** Of refused requests, by `extensions.code`. */
export const faultAdvice = {
  BAD_REQUEST: 'The request is not one of GraphQL over HTTP, SSE or WebSocket: correct it.',
  GRAPHQL_PARSE_FAILED: 'The document is not GraphQL, or has too many tokens: correct it.',
  GRAPHQL_VALIDATION_FAILED: 'The document does not fit the schema: correct it.',
  BAD_USER_INPUT: 'An argument or variable is out of its range: correct it.',
  OPERATION_TOO_LARGE: 'The operation is over the limit of depth or cost: ask for less at once.',
  SUBSCRIPTION_OVER_HTTP: 'A subscription is more than one answer: use graphql-transport-ws, or ask with Accept: text/event-stream.',
  CURSOR_INVALID: 'The cursor is damaged, or of the other kind: use one as the server gave it.',
  CURSOR_EXPIRED: 'The log no longer has, or never had, this place: load state anew and go on from asOf.',
  UNAUTHENTICATED: 'Sign in first, by a token or a cookie.',
  ORIGIN_REFUSED: 'A cookie is honoured only from allowed origins: use a token or add the origin.',
  NOT_FOUND: 'What the id names does not exist or is not yours to see.',
  BODY_TOO_LARGE: 'The request body is over the limit: send less.',
  RATE_LIMITED: 'Too many requests in a short time: wait retryAfterMs, then repeat.',
  TOO_MANY_SUBSCRIPTIONS: 'The socket has as many subscriptions, or the person as many connections or different subscriptions, as it may: end one first.',
  UNAVAILABLE: 'The database cannot answer now: repeat later, a write with the same clientKey.',
  INTERNAL: 'A bug of ours: report the id, which the log of the server has too.',
} as const;

/** Of refusals by a mutation, by `errors.code`. */
export const refusalAdvice = {
  TEXT_EMPTY: 'The text has nothing visible in it: send at least one visible character.',
  TEXT_TOO_LONG: 'The text is over the limit, counted in Unicode code points: shorten it.',
  TEXT_INVALID: 'The text holds U+0000 or a lone surrogate: send well-formed Unicode.',
  NAME_INVALID: 'The room name is empty, too long or not one line of well-formed Unicode: correct it.',
  TOPIC_INVALID: 'The topic is too long or not well-formed Unicode: correct it.',
  SLUG_INVALID: 'The slug is not 2 to 40 of a-z, 0-9 and single hyphens, or was given for a private room: correct it.',
  SLUG_TAKEN: 'Another room has this slug: choose another.',
  DISPLAY_NAME_INVALID: 'The display name is empty, too long or not one line of well-formed Unicode: correct it.',
  HANDLE_INVALID: 'The handle is not 2 to 30 of a-z, 0-9, _ and . that begin with a letter and end without a dot: correct it.',
  HANDLE_TAKEN: 'Somebody else, or the server itself, has this handle: choose another.',
  PASSWORD_INVALID: 'The password is not 8 to 200 code points of well-formed Unicode: correct it.',
  PASSWORD_COMMON: 'The password is one of those that are guessed first: choose another.',
  PASSWORD_WRONG: 'The current password is another: check it.',
  SIGN_IN_FAILED: 'There is nobody with this handle and this password: check both.',
  ALREADY_SIGNED_UP: 'You have an account already: sign out first to make another.',
  ACCOUNT_REQUIRED: 'Guests have neither handle nor password: sign up first.',
  PASSKEY_REFUSED: 'The passkey is not known here, or its challenge has expired or was used: ask for new options.',
  PASSKEY_NAME_INVALID: 'The name of the passkey is empty, too long or not one line of well-formed Unicode: correct it.',
  PASSKEYS_UNAVAILABLE: 'This server is reached by no domain, which passkeys need: sign in another way.',
  TOO_MANY_PASSKEYS: 'You have as many passkeys as one person may have: remove one first.',
  LAST_SIGN_IN_WAY: 'You could not sign in any more: add another way first.',
  NOT_FOUND: 'What the id names does not exist or is not yours to see: check the id.',
  NOT_A_MEMBER: 'Only members may do this: join the room first.',
  FORBIDDEN: 'Your role does not allow this: ask an owner of the room, or the author.',
  LAST_OWNER: 'The room would be left without an owner: make another member an owner first.',
  VERSION_CONFLICT: 'It was changed meanwhile: read it again and repeat with its current version.',
  MESSAGE_DELETED: 'The message was deleted: it cannot be edited any more.',
  KEY_INVALID: 'The client key is empty, over 100 characters or not printable ASCII: make another.',
  KEY_CONFLICT: 'This client key was used for another input: use a new key for a new command.',
  RATE_LIMITED: 'Too many of these in a short time: wait retryAfterMs, then repeat.',
  COOKIE_UNAVAILABLE: 'A cookie can only be set in answer to HTTP: ask for a token, or sign in over HTTP.',
} as const;

/** Of streams that ended, by `end.code`. */
export const endAdvice = {
  CURSOR_EXPIRED: 'The log no longer holds the place: load state anew and go on from its asOf.',
  NO_LONGER_READABLE: 'The viewer may not read the room any more: stop, or join it again.',
  SERVER_STOPPING: 'This server is going down: connect again and go on after the last cursor.',
  SIGNED_OUT: 'The session ended: sign in again.',
} as const;

/** Of sockets, by their close code. */
export const closeAdvice = {
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
  4429: 'connection_init came twice.',
  4500: 'A bug of ours, in the log of the server.',
} as const;
