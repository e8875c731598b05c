import { beforeAll, describe, expect, test } from 'vitest';
import { check, isClean } from './chaos/check.ts';
import { controls } from './chaos/controls.ts';
import type { Evidence, Findings } from './chaos/evidence.ts';
import { type RunResult, runChaos } from './chaos/run.ts';
import { faultRow, faultTableHead, summaryOf } from './chaos/table.ts';
import { expectTamperingFound } from './chaos/tampering.ts';
import { createTestDatabase } from './support/database.ts';
import { newSeed } from './support/random.ts';

const nothing: Findings = { lost: [], repeated: [], outOfOrder: [], afterRevocation: [], unlike: [] };
const seed = Number(process.env.CHAOS_SEED ?? newSeed());

describe('30 faults that hit work under way', () => {
  let result: RunResult;

  beforeAll(async () => {
    console.log(`seed ${seed}: CHAOS_SEED=${seed} means the same faults and choices again`);
    result = await runChaos({ count: 30, seed });
    const table = result.struck.map((one, index) => faultRow(index + 1, one));
    console.log([faultTableHead, ...table, summaryOf(result, seed)].join('\n'));
  }, 900_000);

  test('[W1] [W2] [W4] [W5] [R2] [R3] [A2] [A4] [A6] [T3] lose nothing, repeat nothing, change no order, show nothing after a revocation, and live, resumed, queried and kept states are one', () => {
    expect(result.findings).toEqual(nothing);
    const kills = (part: string) => result.struck.filter(({ name }) => name.startsWith(`${part}: kill -9`)).length;
    expect(['node', 'Redis', 'PostgreSQL'].map(kills).every((count) => count >= 5)).toBe(true);
    expect(result.untried, 'kinds of events that no kept state took in').toEqual([]);
    expect(result.revoked, 'people removed or signed out').toBeGreaterThanOrEqual(3);
  });

  test('were needed for the finding: each thing made wrong in their evidence is found', () => {
    expect(isClean(check(result.evidence as Evidence))).toBe(true);
    expectTamperingFound(result.evidence);
  });
});

describe('the same checker', () => {
  for (const { name, finds, run } of controls) {
    test(`finds ${finds === null ? 'nothing' : 'the fault'}: ${name}`, { timeout: 300_000 }, async () => {
      await using database = await createTestDatabase();
      const findings = await run(database, seed);
      if (finds === null) expect(findings).toEqual(nothing);
      else expect(findings[finds]).not.toEqual([]);
    });
  }
});
