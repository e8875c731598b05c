import type { NodeLines } from '../big-stage.ts';
import type { BusTrick } from '../bus-line.ts';
import { type Fault, nodeName, pickNode } from './fault.ts';

/** The next 1 to 20 batches that other nodes tell one node of. */
export function tamper(trick: BusTrick): Fault {
  return async (strike) => {
    const { scene, stage, random } = strike;
    const index = pickNode(strike);
    const { news } = stage.lines[index] as NodeLines;
    const wanted = 1 + Math.floor(random() * 20);
    news.play(trick, wanted);
    await scene.until(() => news.hits >= wanted);
    news.rest();
    return { at: `news for ${nodeName(index)}`, inFlight: news.hits };
  };
}
