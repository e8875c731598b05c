/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** Why a stream ended, and what to do. */
export type EndCode =
  /** The log no longer holds the place: load state anew and go on from its asOf. */
  | 'CURSOR_EXPIRED'
  /** The viewer may not read the room any more: stop, or join it again. */
  | 'NO_LONGER_READABLE'
  /** This server is going down: connect again and go on after the last cursor. */
  | 'SERVER_STOPPING'
  /** The session ended: sign in again. */
  | 'SIGNED_OUT'
  /** The session goes on under a new token: connect again with it and go on after the last cursor. */
  | 'TOKEN_REPLACED';

/** Why a mutation was refused, and what to do. Each mutation lists the codes that it can give. */
export type ErrorCode =
  /** Guests have neither handle nor password: sign up first. */
  | 'ACCOUNT_REQUIRED'
  /** You have an account already: sign out first to make another. */
  | 'ALREADY_SIGNED_UP'
  /** The bio is too long, or nothing that can be shown: correct it. */
  | 'BIO_INVALID'
  /** This server does not offer this to those who leave: see Server.deletedContent. */
  | 'CONTENT_NOT_OFFERED'
  /** A cookie can only be set in answer to HTTP: ask for a token, or sign in over HTTP. */
  | 'COOKIE_UNAVAILABLE'
  /** The display name is empty, too long or not one line of well-formed Unicode: correct it. */
  | 'DISPLAY_NAME_INVALID'
  /** A token expires in 1 to 3,650 days, or not at all: choose one of these. */
  | 'EXPIRY_INVALID'
  /** Your role does not allow this: ask an owner of the room, or the author. */
  | 'FORBIDDEN'
  /** The handle is not 2 to 30 of a-z, 0-9, _ and . that begin with a letter and end without a dot: correct it. */
  | 'HANDLE_INVALID'
  /** Somebody else, or the server itself, has this handle: choose another. */
  | 'HANDLE_TAKEN'
  /** This client key was used for another input: use a new key for a new command. */
  | 'KEY_CONFLICT'
  /** The client key is empty, over 100 characters or not printable ASCII: make another. */
  | 'KEY_INVALID'
  /** The room would be left without an owner: make another member an owner first. */
  | 'LAST_OWNER'
  /** You could not sign in any more: add another way first. */
  | 'LAST_SIGN_IN_WAY'
  /** The message was deleted: it cannot be edited any more. */
  | 'MESSAGE_DELETED'
  /** The room name is empty, too long or not one line of well-formed Unicode: correct it. */
  | 'NAME_INVALID'
  /** Only members may do this: join the room first. */
  | 'NOT_A_MEMBER'
  /** What the id names does not exist or is not yours to see: check the id. */
  | 'NOT_FOUND'
  /** This server is reached by no domain, which passkeys need: sign in another way. */
  | 'PASSKEYS_UNAVAILABLE'
  /** The name of the passkey is empty, too long or not one line of well-formed Unicode: correct it. */
  | 'PASSKEY_NAME_INVALID'
  /** The passkey is not known here, or its challenge has expired or was used: ask for new options. */
  | 'PASSKEY_REFUSED'
  /** The password is one of those that are guessed first: choose another. */
  | 'PASSWORD_COMMON'
  /** The password is not 8 to 200 code points of well-formed Unicode: correct it. */
  | 'PASSWORD_INVALID'
  /** The current password is another: check it. */
  | 'PASSWORD_WRONG'
  /** The pronouns are too long or not one line of well-formed Unicode: correct them. */
  | 'PRONOUNS_INVALID'
  /** Too many of these in a short time: wait retryAfterMs, then repeat. */
  | 'RATE_LIMITED'
  /** The time is out of the bounds of this server: see Server.messageRetention. */
  | 'RETENTION_INVALID'
  /** A token without a scope can do nothing: name at least one. */
  | 'SCOPES_EMPTY'
  /** You signed in too long ago for this: confirm who you are (confirmWithPassword, confirmWithPasskey) or sign in anew, then repeat it. */
  | 'SIGN_IN_AGAIN'
  /** There is nobody with this handle and this password: check both. */
  | 'SIGN_IN_FAILED'
  /** The slug is not 2 to 40 of a-z, 0-9 and single hyphens, or was given for a private room: correct it. */
  | 'SLUG_INVALID'
  /** Another room has this slug: choose another. */
  | 'SLUG_TAKEN'
  /** The status is empty, too long or not one line of well-formed Unicode, its emoji not one emoji, or its time out of range: correct it. */
  | 'STATUS_INVALID'
  /** The text has nothing visible in it: send at least one visible character. */
  | 'TEXT_EMPTY'
  /** The text holds U+0000 or a lone surrogate: send well-formed Unicode. */
  | 'TEXT_INVALID'
  /** The text is over the limit, counted in Unicode code points: shorten it. */
  | 'TEXT_TOO_LONG'
  /** There is no time zone of this name: use one of the IANA database, as Europe/Berlin. */
  | 'TIME_ZONE_INVALID'
  /** The name of the token is empty, too long or not one line of well-formed Unicode: correct it. */
  | 'TOKEN_NAME_INVALID'
  /** There are as many tokens as one person or bot may have: revoke one first. */
  | 'TOO_MANY_API_TOKENS'
  /** You have as many bots as one person may have: delete one first. */
  | 'TOO_MANY_BOTS'
  /** You have as many passkeys as one person may have: remove one first. */
  | 'TOO_MANY_PASSKEYS'
  /** The topic is too long or not well-formed Unicode: correct it. */
  | 'TOPIC_INVALID'
  /** It was changed meanwhile: read it again and repeat with its current version. */
  | 'VERSION_CONFLICT';

/** Narrows down which events come; what is absent does not narrow. Checkpoints and the end of a stream always come. */
export type EventFilter = {
  /** Only what these users did, at most 100. */
  actorIds?: Array<string | number> | null | undefined;
  /** Only events of these kinds. */
  kinds?: Array<EventKind> | null | undefined;
  /** Only events of these rooms, at most 100; public ones need no membership. Absent: of all rooms that the viewer is a member of. */
  roomIds?: Array<string | number> | null | undefined;
};

/** Kinds of events, by the types that they come as. */
export type EventKind =
  /** Comes as CredentialsEnded. */
  | 'CREDENTIALS_ENDED'
  /** Comes as MembershipEnded. */
  | 'MEMBERSHIP_ENDED'
  /** Comes as MemberJoined. */
  | 'MEMBER_JOINED'
  /** Comes as MemberLeft. */
  | 'MEMBER_LEFT'
  /** Comes as MemberUpdated. */
  | 'MEMBER_UPDATED'
  /** Comes as MessageDeleted. */
  | 'MESSAGE_DELETED'
  /** Comes as MessageEdited. */
  | 'MESSAGE_EDITED'
  /** Comes as MessageSent. */
  | 'MESSAGE_SENT'
  /** Comes as RoomCreated. */
  | 'ROOM_CREATED'
  /** Comes as RoomUpdated. */
  | 'ROOM_UPDATED'
  /** Comes as UserUpdated. */
  | 'USER_UPDATED';

/** What a member may do in a room. */
export type MemberRole =
  /** May read and send, and edit and delete their own messages. */
  | 'MEMBER'
  /** May also change the room, and add, remove and promote members. A room that has members has at least one. */
  | 'OWNER';

/** Who may read a room. */
export type RoomKind =
  /** Members alone know of it. */
  | 'PRIVATE'
  /** Every signed-in person knows of it and reads it; members send. */
  | 'PUBLIC';

/** What to say, and where. */
export type SendMessageInput = {
  /** Global id of the user who means to send: signed in as anybody else it is UNAUTHENTICATED, and nothing is sent. For browsers, whose cookie another window may change. Absent: whoever is signed in. */
  asUserId?: string | number | null | undefined;
  /** Makes repeating safe: unique per person for ever, 1 to 100 printable ASCII characters without blanks. The same key with the same input gives the same outcome again, with other input KEY_CONFLICT. */
  clientKey?: string | null | undefined;
  /** Global id of the room. */
  roomId: string | number;
  /** Well-formed Unicode with at least one visible character and without U+0000, at most Server.limits.messageTextCodePoints code points. Kept as it comes. */
  text: string;
};

/** What an item of the stream `messages` says. */
export type UpdateKind =
  /** Nothing happened, and the cursor is a new one: the first item, then one every 15 s or so. */
  | 'CHECKPOINT'
  /** A message was deleted. */
  | 'DELETED'
  /** The text of a message was changed. */
  | 'EDITED'
  /** The last item; `end` says why. */
  | 'ENDED'
  /** A message was sent. */
  | 'SENT';

export type ParleyEventsSubscriptionVariables = Exact<{
  after?: string | null | undefined;
  filter?: EventFilter | null | undefined;
}>;


export type ParleyEventsSubscription = { events:
    | { __typename: 'Checkpoint', isCaughtUp: boolean, cursor: string, at: string, room: { id: string, kind: RoomKind, slug: string, name: string, topic: string | null } | null, actor: { id: string, handle: string | null, displayName: string, isGuest: boolean, isBot: boolean } | null }
    | { __typename: 'CredentialsEnded', cursor: string, at: string, room: { id: string, kind: RoomKind, slug: string, name: string, topic: string | null } | null, actor: { id: string, handle: string | null, displayName: string, isGuest: boolean, isBot: boolean } | null }
    | { __typename: 'MemberJoined', cursor: string, at: string, member: { id: string, role: MemberRole, user: { id: string, handle: string | null, displayName: string, isGuest: boolean, isBot: boolean } }, room: { id: string, kind: RoomKind, slug: string, name: string, topic: string | null } | null, actor: { id: string, handle: string | null, displayName: string, isGuest: boolean, isBot: boolean } | null }
    | { __typename: 'MemberLeft', cursor: string, at: string, room: { id: string, kind: RoomKind, slug: string, name: string, topic: string | null } | null, actor: { id: string, handle: string | null, displayName: string, isGuest: boolean, isBot: boolean } | null }
    | { __typename: 'MemberUpdated', cursor: string, at: string, room: { id: string, kind: RoomKind, slug: string, name: string, topic: string | null } | null, actor: { id: string, handle: string | null, displayName: string, isGuest: boolean, isBot: boolean } | null }
    | { __typename: 'MembershipEnded', cursor: string, at: string, room: { id: string, kind: RoomKind, slug: string, name: string, topic: string | null } | null, actor: { id: string, handle: string | null, displayName: string, isGuest: boolean, isBot: boolean } | null }
    | { __typename: 'MessageDeleted', cursor: string, at: string, message: { id: string, clientKey: string | null, text: string | null, version: number, sentAt: string, editedAt: string | null, deletedAt: string | null, author: { id: string, handle: string | null, displayName: string, isGuest: boolean, isBot: boolean } | null }, room: { id: string, kind: RoomKind, slug: string, name: string, topic: string | null } | null, actor: { id: string, handle: string | null, displayName: string, isGuest: boolean, isBot: boolean } | null }
    | { __typename: 'MessageEdited', cursor: string, at: string, message: { id: string, clientKey: string | null, text: string | null, version: number, sentAt: string, editedAt: string | null, deletedAt: string | null, author: { id: string, handle: string | null, displayName: string, isGuest: boolean, isBot: boolean } | null }, room: { id: string, kind: RoomKind, slug: string, name: string, topic: string | null } | null, actor: { id: string, handle: string | null, displayName: string, isGuest: boolean, isBot: boolean } | null }
    | { __typename: 'MessageSent', cursor: string, at: string, message: { id: string, clientKey: string | null, text: string | null, version: number, sentAt: string, editedAt: string | null, deletedAt: string | null, author: { id: string, handle: string | null, displayName: string, isGuest: boolean, isBot: boolean } | null }, room: { id: string, kind: RoomKind, slug: string, name: string, topic: string | null } | null, actor: { id: string, handle: string | null, displayName: string, isGuest: boolean, isBot: boolean } | null }
    | { __typename: 'RoomCreated', cursor: string, at: string, room: { id: string, kind: RoomKind, slug: string, name: string, topic: string | null } | null, actor: { id: string, handle: string | null, displayName: string, isGuest: boolean, isBot: boolean } | null }
    | { __typename: 'RoomUpdated', cursor: string, at: string, room: { id: string, kind: RoomKind, slug: string, name: string, topic: string | null } | null, actor: { id: string, handle: string | null, displayName: string, isGuest: boolean, isBot: boolean } | null }
    | { __typename: 'StreamEnded', cursor: string, at: string, end: { code: EndCode, message: string }, room: { id: string, kind: RoomKind, slug: string, name: string, topic: string | null } | null, actor: { id: string, handle: string | null, displayName: string, isGuest: boolean, isBot: boolean } | null }
    | { __typename: 'UserUpdated', cursor: string, at: string, room: { id: string, kind: RoomKind, slug: string, name: string, topic: string | null } | null, actor: { id: string, handle: string | null, displayName: string, isGuest: boolean, isBot: boolean } | null }
   };

export type ParleyMessagesSubscriptionVariables = Exact<{
  roomId: string | number;
  after?: string | null | undefined;
  last?: number | null | undefined;
}>;


export type ParleyMessagesSubscription = { messages: { kind: UpdateKind, cursor: string, isCaughtUp: boolean, message: { id: string, clientKey: string | null, text: string | null, version: number, sentAt: string, editedAt: string | null, deletedAt: string | null, author: { id: string, handle: string | null, displayName: string, isGuest: boolean, isBot: boolean } | null } | null, end: { code: EndCode, message: string } | null } };

export type ParleySendMutationVariables = Exact<{
  input: SendMessageInput;
}>;


export type ParleySendMutation = { sendMessage: { cursor: string | null, replayed: boolean, message: { id: string, clientKey: string | null, text: string | null, version: number, sentAt: string, editedAt: string | null, deletedAt: string | null, author: { id: string, handle: string | null, displayName: string, isGuest: boolean, isBot: boolean } | null } | null, errors: Array<
      | { code: ErrorCode, message: string }
      | { retryAfterMs: number, code: ErrorCode, message: string }
      | { code: ErrorCode, message: string }
    > } };

export type ParleyEnterMutationVariables = Exact<{
  displayName: string;
}>;


export type ParleyEnterMutation = { enterAsGuest: { token: string | null, viewer: { user: { id: string, displayName: string } } | null, errors: Array<
      | { code: ErrorCode, message: string }
      | { retryAfterMs: number, code: ErrorCode, message: string }
      | { code: ErrorCode, message: string }
    > } };
