import { describe, expect, it } from 'vitest';
import { transportFixture } from '../../test/support/transport.ts';

const fixture = transportFixture();
const ids = ['a', 'b', 'c', 'a long one', 'ünïcödé'];

describe('frames that members of a group share', () => {
  // The header of a frame grows at 126 and at 65,536 bytes.
  it.each([1, 60, 75, 1_000, 65_400, 65_500, 200_000])('have the id of each, with %s bytes', async (length) => {
    const members = await openAll(ids);
    for (let turn = 0; turn < 3; turn += 1) {
      for (let n = 0; n < 5; n += 1) writeToAll(members, `${turn}.${n}.${'x'.repeat(length)}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const { results } of members) {
      for (let n = 0; n < 15; n += 1) {
        const { data } = await results.next();
        expect(data.ticks).toBe(`${Math.floor(n / 5)}.${n % 5}.${'x'.repeat(length)}`);
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

/** As a group does: the same payload to one after the other. */
function writeToAll(members: readonly Awaited<ReturnType<typeof open>>[], ticks: string): void {
  const payload = JSON.stringify({ data: { ticks } });
  for (const { sink } of members) sink.write(payload, null);
}
