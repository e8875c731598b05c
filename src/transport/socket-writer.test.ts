import { describe, expect, it } from 'vitest';
import { transportFixture } from '../../test/support/transport.ts';

const fixture = transportFixture();
const ids = ['a', 'b', 'c', 'a long one', 'ünïcödé'];

describe('frames that members of a group share', () => {
  // The header of a frame grows with a message of 126 bytes, and with one of 65,536.
  it.each([125, 126, 1_000, 65_535, 65_536, 200_000])('have the id of each, with %s bytes', async (bytes) => {
    const members = await openAll(ids);
    const withoutText = Buffer.byteLength(`{"id":"a","type":"next","payload":${payloadOf('0.0.')}}`);
    const filler = 'x'.repeat(bytes - withoutText);
    for (let turn = 0; turn < 3; turn += 1) {
      for (let n = 0; n < 5; n += 1) writeToAll(members, `${turn}.${n}.${filler}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const { results } of members) {
      for (let n = 0; n < 15; n += 1) {
        expect((await results.next()).data.ticks).toBe(`${Math.floor(n / 5)}.${n % 5}.${filler}`);
      }
    }
  });

  it.each([900, 5_000])(
    'are whole for who stops reading for a while, and for the others, with %s bytes',
    async (length) => {
      await fixture.restart({ stalledSocketMs: 60_000 });
      const members = await openAll([...ids, ...ids]);
      // Behind it come others whose heads are as long.
      const [slow] = members;
      slow?.client.socket.pause();
      let count = 0;
      // Until the kernel takes no more, and then some.
      while ((slow?.sink.unsentBytes ?? 0) < 500_000) {
        for (let n = 0; n < 20; n += 1) {
          writeToAll(members, `${count}.${'x'.repeat(length)}`);
          count += 1;
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
      slow?.client.socket.resume();
      for (const { results } of members) {
        for (let n = 0; n < count; n += 1)
          expect((await results.next()).data.ticks).toMatch(new RegExp(`^${n}\\.x{${length}}$`));
      }
    },
  );
});

async function open(id: string) {
  const client = await fixture.open();
  const opened = fixture.engine.nextStream();
  const results = client.subscribe('subscription { ticks }', {}, { id });
  const { sink } = await opened;
  return { client, results, sink };
}

/** One after the other, so that each has the sink of its own stream. */
async function openAll(all: readonly string[]) {
  const members: Awaited<ReturnType<typeof open>>[] = [];
  for (const id of all) members.push(await open(id));
  return members;
}

const payloadOf = (ticks: string) => JSON.stringify({ data: { ticks } });

/** As a group does: the same payload to one after the other. */
function writeToAll(members: readonly Awaited<ReturnType<typeof open>>[], ticks: string): void {
  const payload = payloadOf(ticks);
  for (const { sink } of members) sink.write([{ payload, mark: null }]);
}
