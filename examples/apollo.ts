/** Parley by Apollo Client 4: queries and mutations over HTTP, the subscription over graphql-ws. */
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache, type TypedDocumentNode } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { SetContextLink } from '@apollo/client/link/context';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';
import { createClient } from 'graphql-ws';
import { defer, repeat, timer } from 'rxjs';
import { WebSocket } from 'ws';

/** What every mutation answers: why it did not do what was asked, empty when it did. */
interface Payload {
  errors: { message: string }[];
}
interface Message {
  text: string | null;
  author: { displayName: string } | null;
}
type Document<Data, Variables extends Record<string, unknown> = Record<string, never>> = TypedDocumentNode<
  Data,
  Variables
>;

const enter: Document<{ signedIn: Payload & { token: string | null } }> = gql`
  mutation { signedIn: enterAsGuest(input: { displayName: "Apollo" }) { token errors { message } } }
`;
const history: Document<{ asOf: string; room: { id: string; messages: { nodes: Message[] } } }, { slug: string }> = gql`
  query ($slug: String!) {
    asOf room(by: { slug: $slug }) { id messages(last: 5) { nodes { id text author { id displayName } } } }
  }
`;
const say: Document<{ sendMessage: Payload }, { roomId: string; text: string; clientKey: string }> = gql`
  mutation ($roomId: ID!, $text: String!, $clientKey: String!) {
    joinRoom(input: { roomId: $roomId }) { errors { message } }
    sendMessage(input: { roomId: $roomId, text: $text, clientKey: $clientKey }) { errors { message } }
  }
`;
const live: Document<
  { messages: { kind: string; cursor: string; message: Message | null } },
  { roomId: string; after: string }
> = gql`
  subscription ($roomId: ID!, $after: Cursor) {
    messages(roomId: $roomId, after: $after) { kind cursor message { id text author { id displayName } } }
  }
`;

// GraphQLWsLink looks at the global one when a connection is refused; Node 20 has none, and would end on that.
globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket;

const url = `${process.env.PARLEY_URL ?? 'http://127.0.0.1:4000'}/graphql`;
/** Refusals after which it helps to ask again. */
const passing = ['UNAVAILABLE', 'RATE_LIMITED', 'TOO_MANY_SUBSCRIPTIONS'];
let token = '';
const signed = new SetContextLink(({ headers }) =>
  token ? { headers: { ...headers, authorization: `Bearer ${token}` } } : {},
);
const socket = createClient({
  url: url.replace('http', 'ws'),
  webSocketImpl: WebSocket,
  connectionParams: () => ({ token }),
  // Left to itself it would subscribe again with the variables of the first time: what was seen would come again.
  retryAttempts: 0,
  on: { closed: (event) => (event as { code: number }).code >= 4400 && giveUp(event) },
});
const client = new ApolloClient({
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(socket),
    signed.concat(new HttpLink({ uri: url })),
  ),
  cache: new InMemoryCache(),
});

/** A refusal that stays one, or a close code 44xx: sign in again, or correct the request. */
function giveUp(reason: unknown): never {
  console.error(reason);
  process.exit(1);
}

const print = ({ author, text }: Message) => console.log(`${author?.displayName}: ${text}`);

const signedIn = (await client.mutate({ mutation: enter })).data?.signedIn;
if (!signedIn?.token) throw new Error(signedIn?.errors[0]?.message);
token = signedIn.token;
// Not from the cache: it keeps one asOf for all answers, so an old list could come with a newer asOf, and what is between is lost.
const { data } = await client.query({ query: history, variables: { slug: 'lobby' }, fetchPolicy: 'network-only' });
if (!data) throw new Error('There was no answer.');
const { asOf, room } = data;
room.messages.nodes.forEach(print);

let after = asOf;
// Lost connections come as a last result with an error: begin again behind the newest cursor, after a while.
defer(() => client.subscribe({ query: live, variables: { roomId: room.id, after } }))
  .pipe(repeat({ delay: () => timer(500 + Math.random() * 1_000) }))
  .subscribe(({ data, error }) => {
    if (CombinedGraphQLErrors.is(error) && !passing.includes(String(error.errors[0]?.extensions?.code))) giveUp(error);
    if (!data) return;
    after = data.messages.cursor;
    if (data.messages.kind === 'SENT' && data.messages.message) print(data.messages.message);
  });

// When the answer is lost, send it again with the same key: it is said once.
const variables = { roomId: room.id, text: 'Hello from Apollo', clientKey: crypto.randomUUID() };
const sent = await client.mutate({ mutation: say, variables });
if (sent.data?.sendMessage.errors[0]) giveUp(sent.data.sendMessage.errors[0].message);
