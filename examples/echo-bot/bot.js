import { createParley, enterAsGuest } from 'parley-sdk';
import { WebSocket } from 'ws';

const url = process.env.PARLEY_URL ?? 'http://127.0.0.1:4000';
const token = process.env.PARLEY_TOKEN ?? (await enterAsGuest({ url, displayName: 'Echo' })).token;
const parley = createParley({ url, token, webSocketImpl: WebSocket });
const { data } = await parley.query('{ room(by: { slug: "lobby" }) { id name } }');
const join = 'mutation ($roomId: ID!) { joinRoom(input: { roomId: $roomId }) { errors { message } } }';
await parley.mutate(join, { roomId: data.room.id });
console.log(`Echo listens in ${data.room.name}.`);

for await (const { message, room } of parley.events({ filter: { kinds: ['MESSAGE_SENT'] } })) {
  if (!message.text || message.text.startsWith('Echo: ') || message.author?.isBot) continue;
  await parley.send({ roomId: room.id, text: `Echo: ${message.text}`, clientKey: `echo-${message.id}` });
}
