/** Sockets that take everything and read nothing, beside readers that read. */
import { createRoom, enterGuest, type Person } from '../test/support/person.ts';
import { ServerHome, until } from '../test/support/process.ts';
import { connect, type WsClient } from '../test/support/ws-client.ts';
import { InspectedServer } from './inspected-server.ts';
import { percentile } from './nodes-latency-round.ts';
import { atMost, type Finding, quietRates } from './resume-part.ts';
import { Writers } from './resume-writers.ts';

const document = `subscription ($roomId: ID!) {
  messages(roomId: $roomId) { kind cursor isCaughtUp message { id text sentAt author { displayName } } end { code } }
}`;
const dead = 200;
const alive = 50;
const perSecond = 50;
/** 6 MB go to each in the time, more than a kernel takes. */
const filler = 'x'.repeat(3_900);
const seconds = 30;

export async function deadReaders(): Promise<Finding[]> {
  await using home = new ServerHome({ settings: { PARLEY_SOCKETS_PER_USER: '1000' } });
  using inspected = await InspectedServer.start(home, quietRates);
  const { url } = home;
  const owner = await enterGuest({ url }, 'Owner');
  const roomId = await createRoom(owner, 'Hall');
  const receiptsMs: number[] = [];
  const readers = await Promise.all(Array.from({ length: alive }, () => open(url, owner, roomId)));
  for (const { results } of readers) void hear(results, receiptsMs);
  const play = async () => {
    receiptsMs.length = 0;
    await using writers = await Writers.begin({ url, person: owner, roomIds: [roomId], perSecond, filler });
    await writers.goesOn(perSecond * seconds);
    await writers.end();
    await until(() => receiptsMs.length >= alive * perSecond * seconds, 60_000);
    return percentile(receiptsMs, 0.99);
  };

  const peakOf = async () => {
    await inspected.memoryAtRest();
    inspected.forgetPeak();
    return { p99: await play(), residentMiB: inspected.peakResidentMiB };
  };
  await play();
  const without = await peakOf();
  const deaf = await Promise.all(Array.from({ length: dead }, () => open(url, owner, roomId)));
  for (const { client } of deaf) client.socket.pause();
  const beside = await peakOf();
  for (const { client } of [...deaf, ...readers]) client.socket.terminate();
  return [
    atMost(
      `peak of resident memory with ${dead} readers that never read, on top of that without`,
      beside.residentMiB - without.residentMiB,
      64,
      'MiB',
    ),
    atMost(`p99 of the ${alive} others beside them, by that without`, beside.p99 / without.p99, 2, '', 2),
  ];
}

interface Open {
  readonly client: WsClient;
  // biome-ignore lint/suspicious/noExplicitAny: results of any shape.
  readonly results: { next(): Promise<any> };
}

async function open(url: string, { token }: Person, roomId: string): Promise<Open> {
  const client = await connect(url, { connectionParams: { token } });
  const { results } = client.subscribe(document, { roomId });
  for (;;) {
    const { data } = await results.next();
    if (data.messages.isCaughtUp) return { client, results };
  }
}

/** By the clock of this machine, which is the server's too: from the commit's `sentAt` to the receipt. */
async function hear(results: Open['results'], receiptsMs: number[]): Promise<void> {
  for (;;) {
    const result = await results.next().catch(() => null);
    if (result === null) return;
    const { kind, message } = result.data.messages;
    if (kind === 'SENT') receiptsMs.push(Date.now() - Date.parse(message.sentAt));
  }
}
