/** The history checker. Pure: what it is given is what it judges. Finds nothing in a good run. */
import { isDeepStrictEqual } from 'node:util';
import { rowIdOf } from '../support/history.ts';
import { checkReadings } from './check-readings.ts';
import { checkWrites } from './check-writes.ts';
import type { Evidence, Findings } from './evidence.ts';
import { eventTypes } from './facts.ts';
import { type Folded, foldLog } from './fold.ts';

export function check(evidence: Evidence): Findings {
  const folded = foldLog(evidence.tables.log);
  const writes = checkWrites(evidence);
  const readings = checkReadings(evidence, folded);
  return {
    lost: [...writes.lost, ...readings.lost],
    repeated: [...writes.repeated, ...readings.repeated],
    outOfOrder: [...writes.outOfOrder, ...readings.outOfOrder],
    afterRevocation: [...readings.afterRevocation, ...evidence.intrusions, ...folded.trespasses],
    unlike: [...readings.unlike, ...checkTables(evidence, folded), ...checkStates(evidence)],
  };
}

export function isClean(findings: Findings): boolean {
  return countsOf(findings).every((count) => count === 0);
}

/** In the order of the table. */
export function countsOf({ lost, repeated, outOfOrder, afterRevocation, unlike }: Findings): number[] {
  return [lost, repeated, outOfOrder, afterRevocation, unlike].map((list) => list.length);
}

/** Kinds of events that no kept state took in: of these the run has shown nothing. */
export function untriedKinds({ states }: Evidence): string[] {
  const taken = new Set(states.flatMap(({ kinds }) => kinds));
  return eventTypes.filter((type) => !taken.has(type));
}

/** The tables are what the log, taken in event by event, makes of them; texts are those of the deeds. */
function checkTables({ tables, deeds }: Evidence, folded: Folded): string[] {
  const unlike: string[] = [];
  const texts = new Map<string, unknown>();
  for (const { verb, input, outcome } of deeds) {
    if (outcome?.kind !== 'done') continue;
    if (verb === 'sendMessage') texts.set(`${rowIdOf(outcome.subjectId)} 1`, input.text);
    if (verb === 'editMessage')
      texts.set(`${rowIdOf(outcome.subjectId)} ${Number(input.expectedVersion) + 1}`, input.text);
  }
  for (const { id, text, ...stored } of tables.messages) {
    const told = folded.messages.get(id);
    if (!told || !isDeepStrictEqual(stored, told))
      unlike.push(`message ${id}: ${text}, in the log ${JSON.stringify(told)}`);
    const meant = stored.isDeleted ? null : texts.get(`${id} ${stored.version}`);
    if (meant !== undefined && meant !== text) unlike.push(`message ${id} has the text ${text} instead of ${meant}`);
  }
  if (tables.messages.length !== folded.messages.size)
    unlike.push(`${tables.messages.length} messages, in the log ${folded.messages.size}`);
  const spans = new Map(folded.spans.map((span) => [span.id, span]));
  for (const stored of tables.spans) {
    const told = spans.get(stored.id);
    const isSame = told?.from === stored.from && told.to === stored.to && told.role === stored.role;
    if (!isSame) unlike.push(`membership ${JSON.stringify(stored)}, in the log ${JSON.stringify(told)}`);
  }
  if (tables.spans.length !== spans.size) unlike.push(`${tables.spans.length} memberships, in the log ${spans.size}`);
  for (const { id, version } of tables.rooms)
    if (folded.rooms.get(id) !== version) unlike.push(`room ${id} ${version}, in the log ${folded.rooms.get(id)}`);
  return unlike;
}

function checkStates({ states }: Evidence): string[] {
  return states.flatMap(({ source, kept, fresh }) => differences(kept, fresh).map((place) => `${source}: ${place}`));
}

/** Places where two states differ. */
function differences(kept: object, fresh: object, path = ''): string[] {
  const names = new Set([...Object.keys(kept), ...Object.keys(fresh)]);
  return [...names].flatMap((name) => {
    const [one, other] = [kept, fresh].map((state) => (state as Record<string, unknown>)[name]);
    if (isDeepStrictEqual(one, other)) return [];
    if (isRecord(one) && isRecord(other)) return differences(one, other, `${path}/${name}`);
    return [`${path}/${name} is ${JSON.stringify(one)}, asked anew ${JSON.stringify(other)}`];
  });
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
