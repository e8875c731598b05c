import { setTimeout as delay } from 'node:timers/promises';
import type { Fault, Hit, Strike } from './fault.ts';

/** SIGKILL; it comes back when something has been written that it told nobody of. */
export const killRedis: Fault = (strike) =>
  whileAway(strike, async (untilMissed) => {
    const { redis } = strike.stage.fleet;
    await redis.kill();
    const missed = await untilMissed();
    await redis.start();
    return missed;
  });

/** SIGSTOP for up to 2 s, and SIGCONT: then it tells all that it was told meanwhile. */
export const freezeRedis: Fault = (strike) =>
  whileAway(strike, async (untilMissed) => {
    const { redis } = strike.stage.fleet;
    redis.freeze();
    await delay(200 + strike.random() * 1_800);
    const missed = await untilMissed();
    redis.thaw();
    return missed;
  });

async function whileAway(
  { scene }: Strike,
  away: (untilMissed: () => Promise<number>) => Promise<number>,
): Promise<Hit> {
  await scene.until(() => scene.inFlight() > 0);
  const before = scene.acknowledged;
  const inFlight = await away(async () => {
    await scene.until(() => scene.acknowledged > before);
    return scene.acknowledged - before;
  });
  return { at: 'Redis', inFlight };
}
