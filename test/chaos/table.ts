/** What a run prints. */
import { countsOf } from './check.ts';
import type { RunResult, Struck } from './run.ts';

export const faultTableHead = `| fault | what | where | under way | all writers answered again after ms |
|--:|---|---|--:|--:|`;

export function faultRow(number: number, { name, at, inFlight, recoveryMs }: Struck): string {
  return `| ${number} | ${name} | ${at} | ${inFlight} | ${recoveryMs} |`;
}

export function summaryOf({ struck, evidence, findings, ...counts }: RunResult, seed: number): string {
  const byName = new Map<string, Struck[]>();
  for (const one of struck) byName.set(one.name, [...(byName.get(one.name) ?? []), one]);
  const rows = [...byName].sort(([a], [b]) => a.localeCompare(b));
  const { deeds, readings, tables, states } = evidence;
  const repeated = deeds.filter(({ tries }) => tries > 1);
  const replayed = deeds.filter(({ outcome }) => outcome?.kind === 'done' && outcome.isReplayed);
  const refused = deeds.filter(({ outcome }) => outcome?.kind === 'refused');
  const [lost, twice, unordered, intruded, unlike] = countsOf(findings);
  return `
| what | faults | work under way | median ms | longest ms |
|---|--:|--:|--:|--:|
${rows.map(([name, list]) => kindRow(name, list)).join('\n')}

Seed ${seed}: ${struck.length} faults, ${tables.log.length} events; ${counts.acknowledged} writes acknowledged, ${refused.length} refused,
${repeated.length} asked for again, ${replayed.length} of them done at an earlier try already; ${readings.length} readers with ${sum(readings.map(({ items }) => items.length))} items, resumed ${counts.resumed} times;
${counts.revoked} people removed or credentials revoked while they read; ${states.length} states kept by events alone${counts.untried.length > 0 ? `, without ${counts.untried.join(', ')}` : ', of every kind'}.
Lost ${lost}, repeated ${twice}, out of order ${unordered}, seen after revocation ${intruded}, unlike ${unlike}.`;
}

function kindRow(name: string, list: readonly Struck[]): string {
  const times = list.map(({ recoveryMs }) => recoveryMs).sort((a, b) => a - b);
  const inFlight = sum(list.map((one) => one.inFlight));
  return `| ${name} | ${list.length} | ${inFlight} | ${times[Math.floor(times.length / 2)]} | ${times.at(-1)} |`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
