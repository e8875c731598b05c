/** Parley by Relay: its environment over HTTP and graphql-ws. React is not needed for it; its hooks take the same environment. */
import { createClient } from 'graphql-ws';
import {
  commitMutation,
  Environment,
  fetchQuery,
  type GraphQLResponse,
  Network,
  Observable,
  RecordSource,
  requestSubscription,
  Store,
} from 'relay-runtime';
import { WebSocket } from 'ws';
import enter, { type documentsEnterMutation } from './__generated__/documentsEnterMutation.graphql.ts';
import history, { type documentsHistoryQuery } from './__generated__/documentsHistoryQuery.graphql.ts';
import live, { type documentsLiveSubscription } from './__generated__/documentsLiveSubscription.graphql.ts';
import say, { type documentsSayMutation } from './__generated__/documentsSayMutation.graphql.ts';

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
const environment = new Environment({
  network: Network.create(
    async ({ text: query }, variables) => {
      const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
      return (await response.json()) as GraphQLResponse;
    },
    ({ text }, variables) =>
      Observable.create((sink) => {
        const { next, error, complete } = sink;
        return socket.subscribe(
          { query: text ?? '', variables },
          { next: (result) => next(result as GraphQLResponse), error, complete },
        );
      }),
  ),
  store: new Store(new RecordSource()),
});

/** A refusal that stays one, or a close code 44xx: sign in again, or correct the request. */
function giveUp(reason: unknown): never {
  console.error(reason);
  process.exit(1);
}

function commit<Mutation extends documentsEnterMutation | documentsSayMutation>(
  mutation: typeof enter,
  variables: Mutation['variables'],
): Promise<Mutation['response']> {
  return new Promise((onCompleted, onError) =>
    commitMutation<Mutation>(environment, { mutation, variables, onCompleted, onError }),
  );
}

const { signedIn } = await commit<documentsEnterMutation>(enter, {});
if (!signedIn.token) throw new Error(signedIn.errors[0]?.message);
token = signedIn.token;
// Not from the store: it keeps one asOf for all answers, so an old list could come with a newer asOf, and what is between is lost.
const read = await fetchQuery<documentsHistoryQuery>(
  environment,
  history,
  { slug: 'lobby' },
  { fetchPolicy: 'network-only' },
);
const { asOf, room } = (await read.toPromise()) ?? {};
if (!asOf || !room) throw new Error('There is no such room.');
for (const { author, text } of room.messages.nodes) console.log(`${author?.displayName}: ${text}`);

let after = asOf;
/** Follows the room from the newest cursor, and again after a while when that ends: Relay itself does not come back. */
function follow(roomId: string): void {
  const comeBack = () => setTimeout(follow, 500 + Math.random() * 1_000, roomId);
  requestSubscription<documentsLiveSubscription>(environment, {
    subscription: live,
    variables: { roomId, after },
    onNext(item) {
      if (!item) return;
      const { kind, cursor, message } = item.messages;
      after = cursor;
      if (kind === 'SENT' && message) console.log(`${message.author?.displayName}: ${message.text}`);
    },
    onCompleted: comeBack,
    // A refusal comes as an array of errors, a lost socket as its event.
    onError: (error: unknown) =>
      Array.isArray(error) && !passing.includes(error[0].extensions.code) ? giveUp(error) : comeBack(),
  });
}
follow(room.id);

// When the answer is lost, send it again with the same key: it is said once.
const input = { roomId: room.id, text: 'Hello from Relay', clientKey: crypto.randomUUID() };
const { sendMessage } = await commit<documentsSayMutation>(say, input);
if (sendMessage.errors[0]) giveUp(sendMessage.errors[0].message);
