/**
 * What relay-compiler reads: it makes `__generated__` of it. In an application the tags stand in the components, and a
 * plugin of the bundler (babel-plugin-relay) turns them into imports of what was made; main.ts imports it itself.
 */
import { graphql } from 'relay-runtime';

export const enter = graphql`
  mutation documentsEnterMutation {
    signedIn: enterAsGuest(input: { displayName: "Relay" }) { token errors { message } }
  }
`;

export const history = graphql`
  query documentsHistoryQuery($slug: String!) {
    asOf
    room(by: { slug: $slug }) { id messages(last: 5) { nodes { text author { displayName } } } }
  }
`;

export const say = graphql`
  mutation documentsSayMutation($roomId: ID!, $text: String!, $clientKey: String!) {
    joinRoom(input: { roomId: $roomId }) { errors { message } }
    sendMessage(input: { roomId: $roomId, text: $text, clientKey: $clientKey }) { errors { message } }
  }
`;

export const live = graphql`
  subscription documentsLiveSubscription($roomId: ID!, $after: Cursor) {
    messages(roomId: $roomId, after: $after) { kind cursor message { text author { displayName } } }
  }
`;
