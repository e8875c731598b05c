/** Parley by graphql-sse: every operation is a request of its own over HTTP, a subscription is one that lasts. */
import { createClient } from 'graphql-sse';

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

const enter = `mutation { signedIn: enterAsGuest(input: { displayName: "graphql-sse" }) { token errors { message } } }`;
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

let token = '';
const client = createClient({
  url,
  headers: (): Record<string, string> => (token ? { authorization: `Bearer ${token}` } : {}),
  // Left to itself it would ask again with the variables of the first time: what was seen would come again.
  retryAttempts: 0,
});

async function ask<Data>(query: string, variables = {}): Promise<Data> {
  for await (const { data, errors } of client.iterate<Data>({ query, variables })) {
    if (!data) throw new Error(errors?.[0]?.message);
    return data;
  }
  throw new Error('There was no answer.');
}

const print = ({ author, text }: Message) => console.log(`${author?.displayName}: ${text}`);

const { signedIn } = await ask<{ signedIn: Payload & { token: string | null } }>(enter);
if (!signedIn.token) throw new Error(signedIn.errors[0]?.message);
token = signedIn.token;
const { asOf, room } = await ask<{ asOf: string; room: { id: string; messages: { nodes: Message[] } } }>(history, {
  slug: 'lobby',
});
room.messages.nodes.forEach(print);

// It is sent before the stream is open and comes all the same, for the stream begins where the history was read.
// When the answer is lost, send it again with the same key: it is said once.
const input = { roomId: room.id, text: 'Hello from graphql-sse', clientKey: crypto.randomUUID() };
const { sendMessage } = await ask<{ sendMessage: Payload }>(say, input);
if (sendMessage.errors[0]) throw new Error(sendMessage.errors[0].message);

let after = asOf;
let isComplete = false;
while (!isComplete) {
  try {
    const variables = { roomId: room.id, after };
    for await (const { data, errors } of client.iterate<{ messages: Update }>({ query: live, variables })) {
      if (!data) console.error(errors?.[0]?.message);
      else {
        after = data.messages.cursor;
        if (data.messages.kind === 'SENT' && data.messages.message) print(data.messages.message);
      }
    }
    isComplete = true; // The server's last word: to come back would not help.
  } catch {
    // A stream that was not completed: come back. The server stopped or was killed, or says that it cannot answer now.
  }
  await new Promise((resolve) => setTimeout(resolve, 500 + Math.random() * 1_000));
}
