/**
 * `npm run chaos -- 300`: so many faults that hit work under way, to three nodes, their Redis, their PostgreSQL and the
 * lines between them, under writers, readers that come and go, and people who lose their rights; then the checker.
 * `--seed n` means the same faults in the same order, and the same choices of everybody. Exit code 1 on any finding.
 */
import { parseArgs } from 'node:util';
import { build } from '../scripts/build.mjs';
import { isClean } from '../test/chaos/check.ts';
import { runChaos } from '../test/chaos/run.ts';
import { faultRow, faultTableHead, summaryOf } from '../test/chaos/table.ts';
import { newSeed } from '../test/support/random.ts';

const { values, positionals } = parseArgs({ options: { seed: { type: 'string' } }, allowPositionals: true });
const count = Number(positionals[0] ?? 300);
const seed = Number(values.seed ?? newSeed());
if (!Number.isInteger(count) || count < 1 || !Number.isInteger(seed)) {
  console.error('npm run chaos -- [faults] [--seed whole number]');
  process.exit(2);
}
await build({ say: console.log });
console.log(`${count} faults with seed ${seed}\n`);
console.log(faultTableHead);
let number = 0;
const result = await runChaos({
  count,
  seed,
  onFault(struck) {
    if (struck.inFlight === 0) return console.error(`${struck.name} hit nothing: it does not count`);
    number += 1;
    console.log(faultRow(number, struck));
  },
});
for (const [finding, list] of Object.entries(result.findings) as [string, readonly string[]][])
  for (const one of list.slice(0, 20)) console.error(`${finding}: ${one}`);
console.log(summaryOf(result, seed));
process.exitCode = isClean(result.findings) ? 0 : 1;
