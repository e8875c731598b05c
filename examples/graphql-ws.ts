/** Parley by graphql-ws, everything over one WebSocket: reads a room, says something, and follows it for ever. */
import { type Client, createClient, type FormattedExecutionResult } from 'graphql-ws';
import { WebSocket } from 'ws';

/** What every mutation answers: why it did not do what was asked, empty when it did. */
interface Payload {
  errors: { message: string }[];
}
interface Message {
  text: string | null;
  author: { displayName: string } | null;
}
interface Update {
  kind: string;
  cursor: string;
  message: Message | null;
}

const url = `${process.env.PARLEY_URL ?? 'http://127.0.0.1:4000'}/graphql`;

const enter = `mutation { signedIn: enterAsGuest(input: { displayName: "graphql-ws" }) { token errors { message } } }`;
const history = `query ($slug: String!) {
  asOf room(by: { slug: $slug }) { id messages(last: 5) { nodes { text author { displayName } } } }
}`;
const say = `mutation ($roomId: ID!, $text: String!, $clientKey: String!) {
  joinRoom(input: { roomId: $roomId }) { errors { message } }
  sendMessage(input: { roomId: $roomId, text: $text, clientKey: $clientKey }) { errors { message } }
}`;
const live = `subscription ($roomId: ID!, $after: Cursor) {
  messages(roomId: $roomId, after: $after) { kind cursor message { text author { displayName } } }
}`;

/** A socket is who it was when it opened, so signing in takes one of its own. */
function connect(token?: string): Client {
  return createClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket, // Browsers, and Node from 22 on, have one.
    // Left to itself it would subscribe again with the variables of the first time: what was seen would come again.
    retryAttempts: 0,
    ...(token && { connectionParams: { token } }),
  });
}

/** The data of a query or mutation, or of the next item. Throws what was refused. */
function dataOf<Data>({ data, errors }: FormattedExecutionResult<Data, unknown>): Data {
  if (!data) throw new Error(errors?.[0]?.message);
  return data;
}

async function ask<Data>(client: Client, query: string, variables = {}): Promise<Data> {
  for await (const result of client.iterate<Data>({ query, variables })) return dataOf(result);
  throw new Error('There was no answer.');
}

/** Whether to come back would not help. A refusal is an array of errors, a lost socket has a code: 44xx when it was refused. */
function isFinal(error: unknown): boolean {
  const passing = ['UNAVAILABLE', 'RATE_LIMITED', 'TOO_MANY_SUBSCRIPTIONS'];
  if (Array.isArray(error)) return !passing.includes(error[0].extensions.code);
  return error instanceof Error || Number((error as { code?: number }).code) >= 4400;
}

const print = ({ author, text }: Message) => console.log(`${author?.displayName}: ${text}`);

const { signedIn } = await ask<{ signedIn: Payload & { token: string | null } }>(connect(), enter);
if (!signedIn.token) throw new Error(signedIn.errors[0]?.message);
const client = connect(signedIn.token);
const { asOf, room } = await ask<{ asOf: string; room: { id: string; messages: { nodes: Message[] } } }>(
  client,
  history,
  { slug: 'lobby' },
);
room.messages.nodes.forEach(print);

// It is sent before the stream is open and comes all the same, for the stream begins where the history was read.
// When the answer is lost, send it again with the same key: it is said once.
const input = { roomId: room.id, text: 'Hello from graphql-ws', clientKey: crypto.randomUUID() };
const { sendMessage } = await ask<{ sendMessage: Payload }>(client, say, input);
if (sendMessage.errors[0]) throw new Error(sendMessage.errors[0].message);

let after = asOf;
for (;;) {
  try {
    const variables = { roomId: room.id, after };
    for await (const result of client.iterate<{ messages: Update }>({ query: live, variables })) {
      const { kind, cursor, message } = dataOf(result).messages;
      after = cursor;
      if (kind === 'SENT' && message) print(message);
    }
  } catch (error) {
    if (isFinal(error)) throw error;
  }
  await new Promise((resolve) => setTimeout(resolve, 500 + Math.random() * 1_000));
}
