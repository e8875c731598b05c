import { graphql } from '../gql/index.ts';

export const UserFragment = graphql(`
  fragment UserFacts on User {
    id
    handle
    displayName
    isGuest
    avatarUrl
  }
`);

export const ViewerDocument = graphql(`
  query Viewer {
    viewer {
      user { ...UserFacts }
    }
    server {
      limits { messageTextCodePoints displayNameCodePoints roomNameCodePoints roomTopicCodePoints avatarBytes }
    }
  }
`);

export const WhoDocument = graphql(`
  query Who {
    viewer {
      user { id }
    }
  }
`);

export const RoomFragment = graphql(`
  fragment RoomFacts on Room {
    id
    kind
    slug
    name
    topic
    viewerMember { id role }
  }
`);

export const OwnRoomsDocument = graphql(`
  query OwnRooms($after: String) {
    viewer {
      rooms(first: 50, after: $after) {
        edges { cursor node { ...RoomFacts } }
        pageInfo { hasNextPage endCursor hasPreviousPage startCursor }
      }
    }
  }
`);

export const PublicRoomsDocument = graphql(`
  query PublicRooms($after: String) {
    rooms(first: 50, after: $after) {
      edges { cursor node { ...RoomFacts } }
      pageInfo { hasNextPage endCursor hasPreviousPage startCursor }
    }
  }
`);

export const RoomDocument = graphql(`
  query Room($slug: String!) {
    room(by: { slug: $slug }) { ...RoomFacts }
  }
`);

/** Of a room that is on the screen already. */
export const RoomNowDocument = graphql(`
  query RoomNow($roomId: ID!) {
    room(by: { id: $roomId }) { ...RoomFacts }
  }
`);

export const CreateRoomDocument = graphql(`
  mutation CreateRoom($input: CreateRoomInput!) {
    createRoom(input: $input) {
      room { ...RoomFacts }
      errors { code message }
    }
  }
`);

export const JoinRoomDocument = graphql(`
  mutation JoinRoom($roomId: ID!) {
    joinRoom(input: { roomId: $roomId }) {
      member { id role room { ...RoomFacts } }
      errors { code message }
    }
  }
`);

export const LeaveRoomDocument = graphql(`
  mutation LeaveRoom($roomId: ID!) {
    leaveRoom(input: { roomId: $roomId }) {
      member { id }
      errors { code message }
    }
  }
`);

export const MessageFragment = graphql(`
  fragment MessageFacts on Message {
    id
    author { id displayName isBot isDeleted avatarUrl }
    text
    clientKey
    sentAt
    editedAt
    deletedAt
    version
  }
`);

export const HistoryDocument = graphql(`
  query History($roomId: ID!, $last: Int!, $before: String) {
    room(by: { id: $roomId }) {
      id
      messages(last: $last, before: $before) {
        nodes { ...MessageFacts }
        pageInfo { hasPreviousPage startCursor }
      }
    }
  }
`);

export const MessagesDocument = graphql(`
  subscription Messages($roomId: ID!, $after: Cursor!) {
    messages(roomId: $roomId, after: $after) {
      kind
      cursor
      message { ...MessageFacts }
      isCaughtUp
      end { code message }
    }
  }
`);

export const TypingDocument = graphql(`
  subscription Typing($roomId: ID!) {
    typing(roomId: $roomId) {
      users { id displayName avatarUrl }
      count
      end { code }
    }
  }
`);

export const PresenceDocument = graphql(`
  subscription Presence($roomId: ID!) {
    presence(roomId: $roomId) {
      users { id displayName avatarUrl }
      count
      end { code }
    }
  }
`);

/** These three go past the cache, so they may have fragments on UserError. */
export const SendDocument = graphql(`
  mutation Send($input: SendMessageInput!) {
    sendMessage(input: $input) {
      message { id version }
      errors { code message ... on RateLimited { retryAfterMs } }
    }
  }
`);

export const EditDocument = graphql(`
  mutation Edit($input: EditMessageInput!) {
    editMessage(input: $input) {
      message { id version }
      errors { code message ... on RateLimited { retryAfterMs } ... on VersionConflict { currentVersion } }
    }
  }
`);

export const DeleteDocument = graphql(`
  mutation Delete($input: DeleteMessageInput!) {
    deleteMessage(input: $input) {
      message { id version }
      errors { code message ... on RateLimited { retryAfterMs } }
    }
  }
`);

export const SetTypingDocument = graphql(`
  mutation SetTyping($roomId: ID!, $isTyping: Boolean!) {
    setTyping(input: { roomId: $roomId, isTyping: $isTyping }) {
      repeatAfterMs
      errors { code }
    }
  }
`);

/** What the log tells beside messages. No fragment on Event: the cache would not know which types it covers. */
export const NewsDocument = graphql(`
  subscription News($after: Cursor, $filter: EventFilter!) {
    events(after: $after, filter: $filter) {
      __typename
      cursor
      room {
        ...RoomFacts
      }
      ... on MemberUpdated {
        member { id role }
      }
      ... on MembershipEnded {
        roomId
      }
      ... on CredentialsEnded {
        endReason
      }
    }
  }
`);

/** Who changed. Everyone hears it: shared fields alone, so that the server executes it once for all. */
export const PeopleNewsDocument = graphql(`
  subscription PeopleNews($after: Cursor) {
    events(after: $after, filter: { kinds: [USER_UPDATED] }) {
      __typename
      cursor
      ... on UserUpdated {
        user { id handle displayName isGuest isBot isDeleted avatarUrl }
      }
    }
  }
`);
