/** A cursor of a month ago, of somebody in whose rooms little was written, while much was elsewhere. */
import { fillLog } from '../test/support/filled-log.ts';
import { rowIdOf } from '../test/support/history.ts';
import { createRoom, enterGuest, type Person } from '../test/support/person.ts';
import { ServerHome, type ServerProcess } from '../test/support/process.ts';
import { connect } from '../test/support/ws-client.ts';
import { median } from './nodes-latency-round.ts';
import { atMost, type Finding, none, quietRates } from './resume-part.ts';

const documents = {
  messages: `subscription ($roomId: ID!, $after: Cursor) {
    messages(roomId: $roomId, after: $after) { kind isCaughtUp message { text } }
  }`,
  events: `subscription ($after: Cursor) {
    events(after: $after) { ... on Checkpoint { isCaughtUp } ... on MessageSent { message { text } } }
  }`,
};
const perSide = 250;
const times = 7;

export async function monthAgo(foreign: number): Promise<Finding[]> {
  await using home = new ServerHome();
  const first = await home.start(quietRates);
  const [owner, stranger] = [await enterGuest(home, 'Owner'), await enterGuest(home, 'Stranger')];
  const [roomId, elsewhere] = [await createRoom(owner, 'Quiet'), await createRoom(stranger, 'Busy')];
  const { asOf } = (await owner.ask('{ asOf }')).data;
  const own = { roomId: rowIdOf(roomId), authorId: rowIdOf(owner.id), count: perSide };
  const between = { roomId: rowIdOf(elsewhere), authorId: rowIdOf(stranger.id), count: 50_000, textLength: 60 };
  await kill(first);
  await fillLog(home, { ...own, ageDays: 30 });
  const second = await home.start(quietRates);
  const beside = await read(home, owner, asOf, roomId);
  await kill(second);
  for (let filled = 0; filled < foreign; filled += between.count) await fillLog(home, { ...between, ageDays: 15 });
  await fillLog(home, own);
  await home.start(quietRates);
  const resumed = await read(home, owner, asOf, roomId);
  const counts = resumed.counts.map((count) => Math.abs(count - 2 * perSide));
  return [
    none(
      'missing or too many',
      counts.reduce((sum, count) => sum + count, 0),
      resumed.counts.length * 2 * perSide,
    ),
    atMost('time until all were there, median', resumed.medianMs / 1_000, 1, 's', 3),
    atMost('by that of half of them with nothing between', resumed.medianMs / beside.medianMs, 4, '', 1),
  ];
}

/** Its PostgreSQL goes on, to be filled below no server. */
async function kill(server: ServerProcess): Promise<void> {
  server.kill('SIGKILL');
  await server.exited;
}

/** By both subscriptions, several times: the messages that came, and the time until the stream had caught up. */
async function read(
  { url }: { readonly url: string },
  { token }: Person,
  after: string,
  roomId: string,
): Promise<{ counts: number[]; medianMs: number }> {
  const [counts, tookMs]: [number[], number[]] = [[], []];
  for (let n = 0; n < times; n += 1) {
    for (const [field, document] of Object.entries(documents)) {
      await using client = await connect(url, { connectionParams: { token } });
      const begunAt = performance.now();
      const stream = client.subscribe(document, field === 'messages' ? { roomId, after } : { after });
      let count = 0;
      for (let isCaughtUp = false; !isCaughtUp; ) {
        const { data, errors } = await stream.next();
        if (errors) throw new Error(JSON.stringify(errors));
        isCaughtUp = data[field].isCaughtUp === true;
        if (data[field].message) count += 1;
      }
      counts.push(count);
      tookMs.push(performance.now() - begunAt);
    }
  }
  return { counts, medianMs: median(tookMs) };
}
