/** Parley by urql: queries and mutations over HTTP, the subscription over graphql-ws. */
import { Client, cacheExchange, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import { createClient, type Sink } from 'graphql-ws';
import { WebSocket } from 'ws';

/** What every mutation answers: why it did not do what was asked, empty when it did. */
interface Payload {
  errors: { message: string }[];
}
interface Message {
  text: string | null;
  author: { displayName: string } | null;
}

const enter = gql<{ signedIn: Payload & { token: string | null } }, object>`
  mutation { signedIn: enterAsGuest(input: { displayName: "urql" }) { token errors { message } } }
`;
const history = gql<{ asOf: string; room: { id: string; messages: { nodes: Message[] } } }, { slug: string }>`
  query ($slug: String!) {
    asOf room(by: { slug: $slug }) { id messages(last: 5) { nodes { id text author { id displayName } } } }
  }
`;
const say = gql<{ sendMessage: Payload }, { roomId: string; text: string; clientKey: string }>`
  mutation ($roomId: ID!, $text: String!, $clientKey: String!) {
    joinRoom(input: { roomId: $roomId }) { errors { message } }
    sendMessage(input: { roomId: $roomId, text: $text, clientKey: $clientKey }) { errors { message } }
  }
`;
const live = gql<
  { messages: { kind: string; cursor: string; message: Message | null } },
  { roomId: string; after: string }
>`
  subscription ($roomId: ID!, $after: Cursor) {
    messages(roomId: $roomId, after: $after) { kind cursor message { id text author { id displayName } } }
  }
`;

const url = `${process.env.PARLEY_URL ?? 'http://127.0.0.1:4000'}/graphql`;
/** Refusals after which it helps to ask again. */
const passing = ['UNAVAILABLE', 'RATE_LIMITED', 'TOO_MANY_SUBSCRIPTIONS'];
let token = '';
const socket = createClient({
  url: url.replace('http', 'ws'),
  webSocketImpl: WebSocket, // Browsers, and Node from 22 on, have one.
  connectionParams: () => ({ token }),
  // Left to itself it would subscribe again with the variables of the first time: what was seen would come again.
  retryAttempts: 0,
  on: { closed: (event) => (event as { code: number }).code >= 4400 && giveUp(event) },
});
const client = new Client({
  url,
  fetchOptions: () => (token ? { headers: { authorization: `Bearer ${token}` } } : {}),
  exchanges: [
    cacheExchange,
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query = '', variables }) => ({
        subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables: { ...variables } }, sink as Sink) }),
      }),
    }),
  ],
});

/** A refusal that stays one, or a close code 44xx: sign in again, or correct the request. */
function giveUp(reason: unknown): never {
  console.error(reason);
  process.exit(1);
}

const print = ({ author, text }: Message) => console.log(`${author?.displayName}: ${text}`);

const entered = await client.mutation(enter, {});
if (!entered.data?.signedIn.token) throw new Error(entered.data?.signedIn.errors[0]?.message ?? entered.error?.message);
token = entered.data.signedIn.token;
const { data, error } = await client.query(history, { slug: 'lobby' });
if (!data) throw error;
const { asOf, room } = data;
room.messages.nodes.forEach(print);

let after = asOf;
/** Follows the room from the newest cursor, and again after a while when that ends: urql itself does not come back. */
function follow(): void {
  const { unsubscribe } = client.subscription(live, { roomId: room.id, after }).subscribe(({ data, error }) => {
    if (error?.graphQLErrors.some(({ extensions }) => !passing.includes(String(extensions.code)))) giveUp(error);
    if (data) after = data.messages.cursor;
    if (data?.messages.kind === 'SENT' && data.messages.message) print(data.messages.message);
    if (!error && data?.messages.kind !== 'ENDED') return;
    unsubscribe();
    setTimeout(follow, 500 + Math.random() * 1_000);
  });
}
follow();

// When the answer is lost, send it again with the same key: it is said once.
const input = { roomId: room.id, text: 'Hello from urql', clientKey: crypto.randomUUID() };
const sent = await client.mutation(say, input);
if (sent.data?.sendMessage.errors[0]) giveUp(sent.data.sendMessage.errors[0].message);
