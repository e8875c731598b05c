/** The same people and the same checker, where something must be found: a checker that finds nothing there is worth nothing. */
import type { EngineParts } from '../../src/compose.ts';
import type { TestDatabase } from '../support/database.ts';
import { check } from './check.ts';
import type { Findings } from './evidence.ts';
import { playNaive } from './naive.ts';
import { Scene, type SceneOptions } from './scene.ts';
import { type SmallStage, startSmallStage } from './small-stage.ts';
import { weakParts } from './weak.ts';

export interface Control {
  readonly name: string;
  /** What must be found; null: nothing may be, as nothing is taken out. */
  readonly finds: keyof Findings | null;
  run(database: TestDatabase, seed: number): Promise<Findings>;
}

const dropped: Act = async (stage, scene) => {
  for (const bus of stage.buses) bus.play('drop', Number.POSITIVE_INFINITY);
  await scene.until(() => stage.buses.every(({ hits }) => hits > 3));
};
const reordered: Act = async (stage, scene) => {
  for (const bus of stage.buses) bus.play('reorder', 10);
  await scene.until(() => stage.buses.every(({ hits }) => hits >= 10));
};
/** Answers are lost while every writer waits for one: what was done already is asked for again. */
const unheard: Act = async (stage, scene) => {
  while (scene.repeated < 8) {
    stage.isDeaf = true;
    await scene.until(() => scene.inFlight() === scene.writers.length);
    stage.isDeaf = false;
    await scene.goesOn();
  }
};
const revoked: Act = (_stage, scene) => scene.until(() => scene.revoked >= 3);

/** Each safeguard is taken out where it is needed; and nothing is, where all of them are. */
export const controls: readonly Control[] = [
  {
    name: 'nothing taken out',
    finds: null,
    run: (database, seed) =>
      play(database, { seed, hasRevocations: true }, {}, async (...scene) => {
        for (const act of [revoked, unheard, reordered, dropped]) await act(...scene);
      }),
  },
  { name: 'pub/sub without the log', finds: 'lost', run: playNaive },
  without('reorder repair', 'lost', reordered),
  without('head comparison', 'lost', dropped),
  without('key check', 'repeated', unheard),
  without('access order', 'afterRevocation', revoked),
];

type Act = (stage: SmallStage, scene: Scene) => Promise<void>;

function without(name: keyof typeof weakParts, finds: keyof Findings, act: Act): Control {
  // Readers that will never get to the end are not waited for for long.
  const run: Control['run'] = (database, seed) =>
    play(database, { seed, hasRevocations: act === revoked, catchUpMs: 3_000 }, weakParts[name], act);
  return { name: `without ${name}`, finds, run };
}

async function play(
  database: TestDatabase,
  options: Pick<SceneOptions, 'seed' | 'hasRevocations' | 'catchUpMs'>,
  parts: Partial<EngineParts>,
  act: Act,
): Promise<Findings> {
  await using stage = await startSmallStage(database, parts);
  const scene = await Scene.open(stage, { ...options, writers: 3, pauseMs: 30 });
  try {
    await scene.goesOn();
    await act(stage, scene);
    return check(await scene.settle());
  } finally {
    scene.stop();
  }
}
