/** One reader that missed a hundred thousand messages: how soon it has them, and what that takes of the server. */
import { createRoom, enterGuest, type Person, sendMutation } from '../test/support/person.ts';
import { ServerHome } from '../test/support/process.ts';
import { connect, type WsClient } from '../test/support/ws-client.ts';
import { InspectedServer } from './inspected-server.ts';
import { atMost, type Finding, none, quietRates } from './resume-part.ts';

const document = `subscription ($roomId: ID!, $after: Cursor) {
  messages(roomId: $roomId, after: $after) {
    kind cursor isCaughtUp message { id clientKey text version sentAt author { id displayName } } end { code }
  }
}`;
const perSocket = 50;
const sockets = 8;

export async function missedEvents(count: number): Promise<Finding[]> {
  await using home = new ServerHome();
  const first = await home.start(quietRates);
  const owner = await enterGuest(home, 'Owner');
  const roomId = await createRoom(owner, 'Long');
  const { asOf } = (await owner.ask('{ asOf }')).data;
  await write(owner, roomId, count);
  // A new process, so that nothing of it is in a ring.
  first.kill('SIGTERM');
  await first.exited;
  using inspected = await InspectedServer.start(home, quietRates);

  await read(home.url, owner, roomId, (await owner.ask('{ asOf }')).data.asOf);
  const before = await inspected.memoryAtRest();
  inspected.forgetPeak();
  const begunAt = performance.now();
  const texts = await read(home.url, owner, roomId, asOf);
  const tookMs = performance.now() - begunAt;
  const peak = inspected.peakResidentMiB - before.residentMiB;
  const after = await inspected.memoryAtRest();
  const stored = await home.query<{ text: string }>('SELECT text FROM message ORDER BY position');
  const wrong = stored.filter(({ text }, at) => texts[at] !== text).length;
  return [
    none('missing, repeated or out of order', wrong + Math.max(0, texts.length - stored.length), stored.length),
    atMost('time until all were there', tookMs / 1_000, 20, 's'),
    atMost(
      'heap and external memory kept afterwards',
      after.heapMiB + after.externalMiB - before.heapMiB - before.externalMiB,
      10,
      'MiB',
    ),
    atMost('resident memory on top, at the peak', peak, 100, 'MiB'),
  ];
}

const textOf = (n: number) => `${n} of the many messages that came while somebody was away for a long time`;

async function write(owner: Person, roomId: string, count: number): Promise<void> {
  const clients = await Promise.all(Array.from({ length: sockets }, () => owner.connect()));
  const perRound = perSocket * sockets;
  for (let from = 0; from < count; from += perRound) {
    const round = Array.from({ length: Math.min(perRound, count - from) }, (_, n) => from + n);
    const sends = round.map((n) =>
      (clients[n % sockets] as WsClient).request(sendMutation, {
        input: { roomId, text: textOf(n), clientKey: String(n) },
      }),
    );
    for (const answer of await Promise.all(sends))
      if (!answer.data?.sendMessage.message) throw new Error(JSON.stringify(answer));
  }
  for (const client of clients) await client.close();
}

/** Texts in the order in which they came, until the stream has caught up. */
async function read(url: string, { token }: Person, roomId: string, after: string): Promise<string[]> {
  await using client = await connect(url, { connectionParams: { token } });
  const stream = client.subscribe(document, { roomId, after });
  const texts: string[] = [];
  for (;;) {
    const { data, errors } = await stream.next();
    if (errors) throw new Error(JSON.stringify(errors));
    const { kind, message, isCaughtUp } = data.messages;
    if (kind === 'SENT') texts.push(message.text);
    if (isCaughtUp) return texts;
  }
}
