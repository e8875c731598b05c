/**
 * A loop that takes 1 ms for each item reads a long room: parley-sdk with several limits of its queue beside `iterate` of
 * graphql-ws. Prints how many items waited at most, how many bytes came for how many that were needed, and the time.
 *
 *   node --import tsx bench/sdk-slow.ts [messages]
 */
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { createParley } from '../client/sdk/src/index.ts';
import { createRoom, enterGuest, send } from '../test/support/person.ts';
import { ServerHome } from '../test/support/process.ts';
import { startWireProxy } from '../test/support/wire-proxy.ts';

const count = Number(process.argv[2] ?? 5_000);
const query = `subscription ($roomId: ID!, $after: Cursor) {
  messages(roomId: $roomId, after: $after) { kind cursor isCaughtUp message { id clientKey text version sentAt editedAt deletedAt author { id handle displayName isGuest isBot } } end { code message } }
}`;

await using server = new ServerHome();
await server.start();
const person = await enterGuest(server, 'Writer');
const roomId = await createRoom(person, 'Long');
const { extensions } = await person.ask('{ asOf }');
const after = extensions?.asOf ?? null;
for (let sent = 0; sent < count; sent += 50) {
  await Promise.all(Array.from({ length: 50 }, (_, at) => send(person, roomId, `message ${sent + at}`)));
}

interface Reading extends Disposable {
  readonly items: AsyncIterable<unknown>;
  readonly waiting: () => number;
}

function bySdk(url: string, queueLimit: number): Reading {
  const parley = createParley({ url, token: person.token, webSocketImpl: WebSocket });
  const items = parley.messages({ roomId, after, query, queueLimit });
  return { items, waiting: () => items.waiting, [Symbol.dispose]: () => parley.close() };
}

function byIterate(url: string): Reading {
  let waiting = 0;
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    connectionParams: { token: person.token },
    webSocketImpl: WebSocket,
    on: {
      message({ type }) {
        if (type === 'next') waiting += 1;
      },
    },
  });
  async function* items() {
    for await (const { data } of client.iterate<{ messages: { kind: string } }>({
      query,
      variables: { roomId, after },
    })) {
      waiting -= 1;
      if (data?.messages.kind === 'SENT') yield data;
    }
  }
  return { items: items(), waiting: () => waiting, [Symbol.dispose]: () => void client.dispose() };
}

const readers: Record<string, (url: string) => Reading> = {
  'iterate of graphql-ws': byIterate,
  'parley-sdk, limit 64': (url) => bySdk(url, 64),
  'parley-sdk, limit 256': (url) => bySdk(url, 256),
  'parley-sdk, limit 1024': (url) => bySdk(url, 1_024),
  'parley-sdk, no limit': (url) => bySdk(url, Number.POSITIVE_INFINITY),
};
console.log(
  `${count} messages, 1 ms for each\n\n| | items waiting, at most | MB that came | connections | s |\n|---|---|---|---|---|`,
);
for (const [name, open] of Object.entries(readers)) {
  await using proxy = await startWireProxy(server);
  using reading = open(proxy.url);
  const begun = performance.now();
  let most = 0;
  let taken = 0;
  for await (const _ of reading.items) {
    most = Math.max(most, reading.waiting());
    taken += 1;
    if (taken === count) break;
    await delay(1);
  }
  const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
  console.log(`| ${name} | ${most} | ${(proxy.bytesDown / 1e6).toFixed(2)} | ${proxy.connections} | ${seconds} |`);
}
