import { type Fault, nodeName, pickNode } from './fault.ts';

/** SIGKILL while it has writes to answer; another one takes its place. */
export const killNode: Fault = async (strike) => {
  const index = pickNode(strike);
  await strike.scene.until(() => strike.scene.inFlight(index) > 0);
  const inFlight = strike.scene.inFlight(index);
  await strike.stage.fleet.kill(index);
  return { at: nodeName(index), inFlight };
};
