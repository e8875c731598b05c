import { setTimeout as delay } from 'node:timers/promises';
import { type Fault, nodeName, pickNode } from './fault.ts';

/** SIGSTOP while it has writes to answer, for up to 2 s, and SIGCONT: it goes on as if no time had passed. */
export const freezeNode: Fault = async (strike) => {
  const { scene, stage, random } = strike;
  const index = pickNode(strike);
  await scene.until(() => scene.inFlight(index) > 0);
  const inFlight = scene.inFlight(index);
  stage.fleet.freeze(index);
  await delay(200 + random() * 1_800);
  stage.fleet.thaw(index);
  return { at: nodeName(index), inFlight };
};
