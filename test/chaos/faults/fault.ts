import type { BigStage } from '../big-stage.ts';
import type { Scene } from '../scene.ts';

/** What a fault may use. */
export interface Strike {
  readonly stage: BigStage;
  readonly scene: Scene;
  readonly random: () => number;
}

/** What the fault hit; a fault that hit nothing does not count. */
export interface Hit {
  /** Whose: «node 2», «Redis». */
  readonly at: string;
  /** Work that was under way there at that moment: writes without an answer, statements, or batches of news. */
  readonly inFlight: number;
}

/** Does it, and undoes what does not mend by itself. Resolves when all parts are there again. */
export type Fault = (strike: Strike) => Promise<Hit>;

export function pickNode({ stage, random }: Strike): number {
  return Math.floor(random() * stage.lines.length);
}

export function nodeName(index: number): string {
  return `node ${index + 1}`;
}
