/**
 * `npm run bench:connections`: what 9,999 subscribers (and who publishes: a server takes 10,000 sockets from one address) weigh while nothing happens, with Parley and with its peers. Prints a table
 * and writes it into docs/performance.md; `-- --count 2000` and `--rounds 1` make it shorter, and write nothing.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { build } from '../scripts/build.mjs';
import { LoadProcess } from './fan-out/load-process.ts';
import { type SystemName, sameDocument, starts } from './fan-out/systems.ts';
import { median } from './nodes-latency-round.ts';
import { writeTable } from './written-table.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, count: { type: 'string', default: '9999' } },
});
const [rounds, count] = [Number(values.rounds), Number(values.count)];
if (!(rounds > 0 && count > 0)) {
  console.error('npm run bench:connections -- [--rounds n] [--count n]');
  process.exit(2);
}
/** So long a server is left alone before it is weighed. */
const SETTLE_MS = 3_000;
const names: readonly SystemName[] = ['Parley', 'ws', 'Socket.IO'];
const weights = new Map<SystemName, number[]>(names.map((name) => [name, []]));

await build({ say: console.log });
for (let round = 0; round < rounds; round += 1) {
  for (const name of names) weights.get(name)?.push(await weigh(name));
}
const own = weights.get('Parley') ?? [];
const rows = [...weights].map(([name, bytes]) => {
  const ratios = bytes.map((weight, n) => (own[n] ?? weight) / weight).sort((a, b) => a - b);
  const interval = `${median(ratios).toFixed(2)} (${ratios[0]?.toFixed(2)} to ${ratios.at(-1)?.toFixed(2)})`;
  return `| ${name} | ${(median(bytes) / 1_024).toFixed(1)} | ${name === 'Parley' ? '–' : interval} |`;
});
const table = `| ${count.toLocaleString('en')} idle subscribers | KB of each | Parley's, by this |
|---|--:|--:|
${rows.join('\n')}

${new Date().toISOString().slice(0, 10)}, \`npm run bench:connections\`, medians of ${rounds} rounds, in brackets the least and the greatest; Node ${process.versions.node}.`;
console.log(`\n${table}`);
if (process.argv.length === 2) writeTable('performance.md', 'connections', table);

/** Bytes by which the resident memory of the server grows for each subscriber. */
async function weigh(name: SystemName): Promise<number> {
  using load = new LoadProcess();
  await using system = await starts[name]({ documentOf: () => sameDocument });
  const { url, dialect, publisher } = system;
  const subscribers = await system.subscribers(count);
  const before = await settled();
  await load.gather({ name, urls: [url], dialect, publisher, subscribers });
  const weight = ((await settled()) - before) / count;
  await load.leave(name);
  console.log(`${name}: ${(weight / 1_024).toFixed(1)} KB`);
  return weight;

  async function settled(): Promise<number> {
    await delay(SETTLE_MS);
    await system.probe('at rest');
    await delay(SETTLE_MS);
    return (await system.probe('at rest')).residentBytes;
  }
}
