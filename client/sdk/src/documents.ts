import type { ParleyDocument } from './document.ts';
import type {
  ParleyEnterMutation,
  ParleyEnterMutationVariables,
  ParleyEventsSubscription,
  ParleyEventsSubscriptionVariables,
  ParleyMessagesSubscription,
  ParleyMessagesSubscriptionVariables,
  ParleySendMutation,
  ParleySendMutationVariables,
} from './generated/operations.ts';

function typed<Data, Variables>(text: string): ParleyDocument<Data, Variables> {
  return text;
}

/** What `events` asks for by itself. Shared fields alone: the server executes it once for all who ask so. */
export const eventsDocument = typed<
  ParleyEventsSubscription,
  ParleyEventsSubscriptionVariables
>(/* GraphQL */ `subscription ParleyEvents($after: Cursor, $filter: EventFilter) {
  events(after: $after, filter: $filter) {
    __typename
    cursor
    at
    room { id kind slug name topic }
    actor { id handle displayName isGuest isBot }
    ... on MessageSent { message { id clientKey text version sentAt editedAt deletedAt author { id handle displayName isGuest isBot } } }
    ... on MessageEdited { message { id clientKey text version sentAt editedAt deletedAt author { id handle displayName isGuest isBot } } }
    ... on MessageDeleted { message { id clientKey text version sentAt editedAt deletedAt author { id handle displayName isGuest isBot } } }
    ... on MemberJoined { member { id role user { id handle displayName isGuest isBot } } }
    ... on Checkpoint { isCaughtUp }
    ... on StreamEnded { end { code message } }
  }
}`);

/** What `messages` asks for by itself. */
export const messagesDocument = typed<
  ParleyMessagesSubscription,
  ParleyMessagesSubscriptionVariables
>(/* GraphQL */ `subscription ParleyMessages($roomId: ID!, $after: Cursor, $last: Int) {
  messages(roomId: $roomId, after: $after, last: $last) {
    kind
    cursor
    isCaughtUp
    message { id clientKey text version sentAt editedAt deletedAt author { id handle displayName isGuest isBot } }
    end { code message }
  }
}`);

export const sendDocument = typed<
  ParleySendMutation,
  ParleySendMutationVariables
>(/* GraphQL */ `mutation ParleySend($input: SendMessageInput!) {
  sendMessage(input: $input) {
    message { id clientKey text version sentAt editedAt deletedAt author { id handle displayName isGuest isBot } }
    cursor
    replayed
    errors { code message ... on RateLimited { retryAfterMs } }
  }
}`);

export const enterDocument = typed<
  ParleyEnterMutation,
  ParleyEnterMutationVariables
>(/* GraphQL */ `mutation ParleyEnter($displayName: String!) {
  enterAsGuest(input: { displayName: $displayName, credential: TOKEN }) {
    token
    viewer { user { id displayName } }
    errors { code message ... on RateLimited { retryAfterMs } }
  }
}`);
