import { describe, expect, test } from 'vitest';
import { type Evidence, isClean, judge } from './support/crash-check.ts';
import { CrashScene, type Kill, kills } from './support/crash-round.ts';
import { ServerHome } from './support/process.ts';
import { newSeed, seededRandom } from './support/random.ts';

const nothing = { lost: [], doubled: [], holes: [], unlike: [] };

describe('killed under load from 50 senders', () => {
  test('[W1] [W2] [W5] [R2] what was acknowledged is there once, positions have no hole, readers saw each event once, and the judge finds every fault put in', {
    timeout: 300_000,
  }, async () => {
    const seed = Number(process.env.CRASH_SEED ?? newSeed());
    console.log(`seed ${seed}: CRASH_SEED=${seed} makes the same choices again`);
    await using home = new ServerHome();
    const scene = await CrashScene.open(home, seededRandom(seed));
    const sent: Evidence['sent'][number][] = [];
    let unheard = 0;
    let last: Evidence | undefined;
    for (const kill of Object.keys(kills) as Kill[]) {
      const round = await scene.play(kill);
      expect(round.inFlight, `writes in flight when ${kills[kill]} was killed`).toBeGreaterThan(0);
      expect({ kill, ...round.verdict }).toEqual({ kill, ...nothing });
      expect(round.acknowledged).toBe(round.evidence.sent.length);
      sent.push(...round.evidence.sent);
      last = round.evidence;
      expect(round.replayed, 'sends that were done, not heard of, and repeated').toBeGreaterThanOrEqual(
        round.unheard > 0 ? 1 : 0,
      );
      unheard += round.unheard;
    }
    expect(unheard).toBeGreaterThan(0);
    expect(await scene.judgeAll(sent)).toEqual(nothing);
    if (last !== undefined) expectTamperingFound(last);
  });
});

/** The negative control: the same judge, on the real evidence with one thing made wrong at a time. */
function expectTamperingFound(good: Evidence): void {
  const one = good.sent[Math.floor(good.sent.length / 2)] as Evidence['sent'][number];
  const at = good.events.findIndex((event) => event.messageId === one.messageId);
  const event = good.events[at] as Evidence['events'][number];
  const row = good.messages.find((message) => message.id === one.messageId) as Evidence['messages'][number];
  const withoutEvent = good.events.toSpliced(at, 1);
  const [sighting] = good.sightings as [Evidence['sightings'][number]];
  const shown = sighting.messageIds;

  const tampered: readonly [keyof typeof nothing, string, Partial<Evidence>][] = [
    ['lost', 'a row that is gone', { messages: good.messages.filter((message) => message !== row) }],
    [
      'lost',
      'a row with another text',
      { messages: good.messages.with(good.messages.indexOf(row), { ...row, text: 'other' }) },
    ],
    ['lost', 'an event that is gone', { events: withoutEvent }],
    ['lost', 'a send without an answer', { sent: good.sent.with(good.sent.indexOf(one), { ...one, messageId: null }) }],
    [
      'doubled',
      'a second row of the same send',
      { messages: [...good.messages, { ...row, id: 'another', clientKey: null }] },
    ],
    ['doubled', 'a second event of the same message', { events: good.events.toSpliced(at, 0, event) }],
    ['doubled', 'a message that nobody sent', { sent: good.sent.filter((sent) => sent !== one) }],
    ['holes', 'a position that is left out', { events: withoutEvent }],
    [
      'holes',
      'two positions in the wrong order',
      { events: good.events.toSpliced(at, 2, good.events[at + 1] ?? event, event) },
    ],
    [
      'holes',
      'a count of a room that is left out',
      { events: good.events.with(at, { ...event, roomSeq: (event.roomSeq ?? 0) + 1 }) },
    ],
    ['unlike', 'a reader that missed one', { sightings: [{ ...sighting, messageIds: shown.toSpliced(3, 1) }] }],
    [
      'unlike',
      'a reader that saw one twice',
      { sightings: [{ ...sighting, messageIds: shown.toSpliced(3, 0, shown[3] ?? '') }] },
    ],
    [
      'unlike',
      'a reader that saw the last one twice',
      { sightings: [{ ...sighting, messageIds: [...shown, shown.at(-1) ?? ''] }] },
    ],
    [
      'unlike',
      'a reader that did not get to the end',
      { sightings: [{ ...sighting, messageIds: shown.slice(0, -1) }] },
    ],
  ];
  expect(isClean(judge(good))).toBe(true);
  for (const [finding, what, change] of tampered) {
    expect(judge({ ...good, ...change })[finding], what).not.toEqual([]);
  }
}
