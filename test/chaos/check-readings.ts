/** What each reader got against the log: all that it is entitled to, once, in order, with the facts of the log. */
import { type LoggedEvent, rowIdOf } from '../support/history.ts';
import type { Evidence, Reading } from './evidence.ts';
import { factsOfRow } from './facts.ts';
import type { Folded, FoldedSpan } from './fold.ts';

/** Of one event to one reader. */
type Right = 'must' | 'may' | 'no' | 'never';

interface ReadingFindings {
  readonly lost: string[];
  readonly repeated: string[];
  readonly outOfOrder: string[];
  readonly afterRevocation: string[];
  readonly unlike: string[];
}

/** A text of a version of a message must be the same wherever it is shown. */
type Texts = Map<string, string | null>;

export function checkReadings({ readings, tables }: Evidence, folded: Folded): ReadingFindings {
  const found: ReadingFindings = { lost: [], repeated: [], outOfOrder: [], afterRevocation: [], unlike: [] };
  const texts: Texts = new Map();
  for (const reading of readings) checkReading(reading, tables.log, folded, texts, found);
  return found;
}

function checkReading(
  reading: Reading,
  log: readonly LoggedEvent[],
  folded: Folded,
  texts: Texts,
  found: ReadingFindings,
) {
  const { source, items, from, revokedAt, isWhole } = reading;
  const rightTo = rightsOf(reading, folded.spans);
  const seen = new Set<number>();
  let newest = from;
  for (const { position, facts, message } of items) {
    const event = log[position - 1];
    const right = event ? rightTo(event) : 'no';
    if (!event || right === 'no') found.repeated.push(`${source}: ${position} is not for it, ${facts}`);
    if (right === 'never' || (revokedAt !== null && position > revokedAt))
      found.afterRevocation.push(`${source}: ${position}, ${facts}`);
    if (seen.has(position)) found.repeated.push(`${source}: ${position} came again`);
    else if (position <= newest) found.outOfOrder.push(`${source}: ${position} came behind ${newest}`);
    seen.add(position);
    newest = Math.max(newest, position);
    if (!event) continue;
    const told = factsOfRow(event, reading.scope.kind === 'room');
    if (told !== facts) found.unlike.push(`${source}: ${position} is «${facts}», in the log «${told}»`);
    if (message === null) continue;
    const version = `${message.id} ${message.version}`;
    const before = texts.get(version);
    if (before !== undefined && before !== message.text)
      found.unlike.push(`${source}: ${version} has the text ${message.text}, elsewhere ${before}`);
    texts.set(version, message.text);
    if (message.version < Number(event.body.version))
      found.unlike.push(`${source}: ${position} shows ${version}, older than the event`);
  }
  for (const event of log) {
    if (event.position <= from || seen.has(event.position) || rightTo(event) !== 'must') continue;
    // One that was ended must have all up to its newest.
    if (isWhole || event.position < newest) found.lost.push(`${source}: ${event.position} is missing, ${event.kind}`);
  }
}

function rightsOf({ scope, userId, isQueried }: Reading, all: readonly FoldedSpan[]): (event: LoggedEvent) => Right {
  const own = all.filter((span) => span.userId === rowIdOf(userId));
  const privateRooms = new Set(all.flatMap(({ isPrivate, roomId }) => (isPrivate ? [roomId] : [])));
  const within = (roomId: string, position: number) =>
    own.find((span) => span.roomId === roomId && span.from <= position && (span.to === null || position < span.to));
  const isMemberNow = (roomId: string) => own.some((span) => span.roomId === roomId && span.to === null);
  if (scope.kind === 'room') {
    const roomId = rowIdOf(scope.roomId);
    return (event) => {
      if (event.roomId !== roomId || !event.kind.startsWith('MESSAGE_')) return 'no';
      if (!privateRooms.has(roomId) || isMemberNow(roomId)) return 'must';
      // Who may read the room reads all of it: also what was before they came.
      return own.some((span) => span.roomId === roomId && event.position < (span.to ?? 0)) ? 'must' : 'never';
    };
  }
  const limited = scope.roomIds && new Set(scope.roomIds.map(rowIdOf));
  return ({ roomId, userId: audience, position, body }) => {
    if (roomId === null && audience === null) return 'must';
    if (roomId === null)
      return audience === rowIdOf(userId) && (!limited || limited.has(String(body.roomId))) ? 'must' : 'no';
    if (limited && !limited.has(roomId)) return 'no';
    if (limited && !privateRooms.has(roomId)) return 'must';
    const span = within(roomId, position);
    if (!span) return privateRooms.has(roomId) ? 'never' : 'no';
    if (!privateRooms.has(roomId) || span.to === null) return 'must';
    // Who was away when they left, and came back before they were let in again, is not told the rest of that time.
    return isQueried && isMemberNow(roomId) ? 'must' : 'may';
  };
}
