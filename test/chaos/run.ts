/** One run: people, faults, and the verdict. */
import { seededRandom } from '../support/random.ts';
import { type BigStage, startBigStage } from './big-stage.ts';
import { check, untriedKinds } from './check.ts';
import type { Evidence, Findings } from './evidence.ts';
import type { Hit } from './faults/fault.ts';
import { type FaultName, faults } from './faults/index.ts';
import { planFaults } from './plan.ts';
import { Scene } from './scene.ts';

export interface RunOptions {
  /** Of faults that count. */
  readonly count: number;
  readonly seed: number;
  readonly nodes?: number;
  /** Told of each fault that was done, counted or not, and how long it took until all writers were answered again. */
  readonly onFault?: (struck: Struck) => void;
}

export interface Struck extends Hit {
  readonly name: FaultName;
  readonly recoveryMs: number;
}

export interface RunResult {
  readonly struck: readonly Struck[];
  readonly evidence: Evidence;
  readonly findings: Findings;
  readonly acknowledged: number;
  readonly resumed: number;
  readonly revoked: number;
  /** Kinds of events that no kept state took in. */
  readonly untried: readonly string[];
}

export async function runChaos(options: RunOptions): Promise<RunResult> {
  await using stage = await startBigStage(options.nodes ?? 3);
  const scene = await Scene.open(stage, { seed: options.seed, writers: 6, pauseMs: 60 });
  try {
    return await play(stage, scene, options);
  } finally {
    scene.stop();
  }
}

async function play(stage: BigStage, scene: Scene, { count, seed, onFault }: RunOptions): Promise<RunResult> {
  const struck: Struck[] = [];
  let number = 0;
  await scene.goesOn();
  for (const names of planFaults(seededRandom(seed))) {
    if (struck.length >= count) break;
    const begunAt = performance.now();
    const hits = await Promise.all(
      names.map((name) => {
        number += 1;
        return faults[name]({ stage, scene, random: seededRandom(seed + number) });
      }),
    );
    await scene.goesOn();
    const recoveryMs = Math.round(performance.now() - begunAt);
    hits.forEach((hit, index) => {
      const one = { name: names[index] as FaultName, ...hit, recoveryMs };
      if (hit.inFlight > 0) struck.push(one);
      onFault?.(one);
    });
  }
  const evidence = await scene.settle();
  return {
    struck,
    evidence,
    findings: check(evidence),
    acknowledged: scene.acknowledged,
    resumed: scene.resumed,
    revoked: scene.revoked,
    untried: untriedKinds(evidence),
  };
}
