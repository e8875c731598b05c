/**
 * `npm run bench:resume`: what resuming, readers that do not read, and revocations cost, each on a server of its own.
 * Prints the figures beside what is allowed, and writes them into docs/reliability.md. `-- missed dead` runs these parts
 * alone and writes nothing. Exit code 1 when a figure is over what is allowed.
 */
import { cpus, loadavg } from 'node:os';
import { build } from '../scripts/build.mjs';
import { churn } from './resume-churn.ts';
import { cutCrowd } from './resume-crowd.ts';
import { deadReaders } from './resume-dead.ts';
import { missedEvents } from './resume-missed.ts';
import { monthAgo } from './resume-month.ts';
import type { Finding } from './resume-part.ts';
import { pingFloods } from './resume-pings.ts';
import { revocations } from './resume-revoked.ts';
import { writeTable } from './written-table.ts';

const parts: Record<string, { readonly title: string; readonly run: () => Promise<Finding[]> }> = {
  missed: { title: '100,000 missed messages, one reader', run: () => missedEvents(100_000) },
  month: { title: 'a cursor of a month ago, 1,000,000 foreign events behind it', run: () => monthAgo(1_000_000) },
  crowd: { title: '2,000 sockets in 10 rooms cut at once', run: () => cutCrowd(2_000) },
  dead: { title: 'readers that never read', run: deadReaders },
  pings: { title: 'pings of 60 KB, not signed in', run: pingFloods },
  churn: { title: '50,000 subscriptions come and go', run: () => churn(50_000) },
  revoked: { title: '500 ends under load', run: () => revocations(500) },
};

const asked = process.argv.slice(2);
const names = asked.length > 0 ? asked : Object.keys(parts);
if (names.some((name) => !(name in parts))) {
  console.error(`npm run bench:resume -- [${Object.keys(parts).join('] [')}]`);
  process.exit(2);
}
await build({ say: console.log });
const lines = ['| | figure | found | allowed |', '|---|---|--:|--:|'];
let missed = 0;
const loads: string[] = [];
for (const name of names) {
  const { title, run } = parts[name] as (typeof parts)[string];
  loads.push((loadavg()[0] ?? 0).toFixed(1));
  for (const [at, { figure, found, allowed, isKept }] of (await run()).entries()) {
    const line = `| ${at === 0 ? title : ''} | ${figure} | ${found}${isKept ? '' : ' (**over**)'} | ${allowed} |`;
    console.log(line);
    lines.push(line);
    if (!isKept) missed += 1;
  }
}
lines.push(
  '',
  `${new Date().toISOString().slice(0, 10)}, \`npm run bench:resume\`, Node ${process.versions.node}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}) for server,`,
  `PostgreSQL and load together; load average ${loads.join(', ')} before the parts.`,
);
if (asked.length === 0) writeTable('reliability.md', 'resume', lines.join('\n'));
console.log(missed === 0 ? 'All figures are kept.' : `${missed} figures are over what is allowed.`);
process.exitCode = missed === 0 ? 0 : 1;
