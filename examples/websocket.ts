/** Parley by a plain WebSocket that speaks graphql-transport-ws by hand: for languages that have no client of it. */
import { WebSocket } from 'ws';

/** What every mutation answers: why it did not do what was asked, empty when it did. */
interface Payload {
  errors: { message: string }[];
}
interface Message {
  text: string | null;
  author: { displayName: string } | null;
}

const url = `${process.env.PARLEY_URL ?? 'http://127.0.0.1:4000'}/graphql`;

const enter = `mutation { signedIn: enterAsGuest(input: { displayName: "WebSocket" }) { token errors { message } } }`;
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

/** A query or mutation over HTTP; its data. */
async function ask<Data>(query: string, variables = {}, token = ''): Promise<Data> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data?: Data; errors?: { message: string }[] };
  if (!data) throw new Error(errors?.[0]?.message);
  return data;
}

const print = ({ author, text }: Message) => console.log(`${author?.displayName}: ${text}`);

const { signedIn } = await ask<{ signedIn: Payload & { token: string | null } }>(enter);
if (!signedIn.token) throw new Error(signedIn.errors[0]?.message);
const { token } = signedIn;
const { asOf, room } = await ask<{ asOf: string; room: { id: string; messages: { nodes: Message[] } } }>(
  history,
  { slug: 'lobby' },
  token,
);
room.messages.nodes.forEach(print);
// It is sent before the stream is open and comes all the same, for the stream begins where the history was read.
// When the answer is lost, send it again with the same key: it is said once.
const input = { roomId: room.id, text: 'Hello from WebSocket', clientKey: crypto.randomUUID() };
const { sendMessage } = await ask<{ sendMessage: Payload }>(say, input, token);
if (sendMessage.errors[0]) throw new Error(sendMessage.errors[0].message);

/** Refusals after which it helps to ask again. */
const passing = ['UNAVAILABLE', 'RATE_LIMITED', 'TOO_MANY_SUBSCRIPTIONS'];
let after = asOf;
for (;;) {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws');
  const send = (message: object) => socket.send(JSON.stringify(message));
  socket.on('open', () => send({ type: 'connection_init', payload: { token } }));
  socket.on('message', (data) => {
    const { type, payload } = JSON.parse(data.toString());
    if (type === 'connection_ack')
      send({ type: 'subscribe', id: '1', payload: { query: live, variables: { roomId: room.id, after } } });
    if (type === 'ping') send({ type: 'pong' });
    if (type === 'error' && !passing.includes(payload[0].extensions.code)) throw new Error(payload[0].message);
    if (type === 'error' || type === 'complete') socket.close();
    if (type !== 'next') return;
    const { kind, cursor, message } = payload.data.messages;
    after = cursor;
    if (kind === 'SENT') print(message);
  });
  socket.on('error', () => undefined); // 'close' follows.
  const [code, reason] = await new Promise<[number, Buffer]>((resolve) => {
    socket.once('close', (code, reason) => resolve([code, reason]));
  });
  // 44xx: of the protocol, as 4403 for a token that is not valid. To come back would not help.
  if (code >= 4400) throw new Error(`${code} ${reason}`);
  await new Promise((resolve) => setTimeout(resolve, 500 + Math.random() * 1_000));
}
