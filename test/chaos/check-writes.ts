/** The log and the tables against what those who wrote were told: every event is somebody's, and every answer has its event. */
import { holesOf, type LoggedEvent, rowIdOf } from '../support/history.ts';
import type { Deed, Evidence } from './evidence.ts';
import { verbs } from './verbs.ts';

interface WriteFindings {
  readonly lost: string[];
  readonly repeated: string[];
  readonly outOfOrder: string[];
}

export function checkWrites(evidence: Evidence): WriteFindings {
  const { deeds, revocations, after, tables } = evidence;
  const { log } = tables;
  const found: WriteFindings = { lost: [], repeated: [], outOfOrder: holes(log) };
  const keys = new Map(tables.keys.map((one) => [`${one.userId} ${one.key}`, one]));
  /** By position: whose event it is. */
  const owners = new Map<number, string>();
  const claim = (position: number, owner: string) => {
    const other = owners.get(position);
    if (other !== undefined) found.repeated.push(`${owner} and ${other} were told of one event, ${position}`);
    owners.set(position, owner);
  };

  for (const deed of deeds) {
    const stored = keys.get(`${rowIdOf(deed.actorId)} ${deed.key}`);
    const { outcome } = deed;
    if (outcome === null && !stored) continue;
    if (outcome?.kind === 'refused') {
      // A try without an answer may have come to its node behind the refusal.
      if (stored && !deed.isInDoubt) found.repeated.push(`${deed.key} was refused (${outcome.code}), and is there`);
      if (!stored) continue;
    }
    if (!stored) {
      found.lost.push(`${deed.key} was acknowledged, and its key is not there`);
      continue;
    }
    const position = outcome?.kind === 'done' ? outcome.position : stored.position;
    if (position !== stored.position)
      found.lost.push(`${deed.key} was acknowledged at ${position}, and is at ${stored.position}`);
    if (position === null) continue;
    const kinds = verbs[deed.verb].events;
    const first = position - kinds.length + 1;
    kinds.forEach((kind, index) => {
      const event = log[first + index - 1];
      if (event?.kind !== kind || event.actorId !== rowIdOf(deed.actorId) || !isAbout(event, deed))
        found.lost.push(`${deed.key} was acknowledged at ${position}, where ${JSON.stringify(event ?? 'nothing')} is`);
      claim(first + index, deed.key);
    });
  }

  for (const { credentialId, position } of revocations) {
    const id = rowIdOf(credentialId);
    const ends = log.filter(
      ({ kind, body }) => kind === 'CREDENTIALS_ENDED' && [body.sessionIds, body.apiTokenIds].flat().includes(id),
    );
    const [end] = ends;
    if (!end || (position !== null && end.position !== position))
      found.lost.push(`${credentialId} was revoked at ${position}, the log says ${end?.position ?? 'nothing'}`);
    for (const { position: at } of ends) claim(at, credentialId);
    if (ends.length > 1) found.repeated.push(`${credentialId} was ended ${ends.length} times`);
  }

  for (const { position, kind } of log)
    if (position > after && !owners.has(position)) found.repeated.push(`nobody asked for ${kind} at ${position}`);
  const sends = tables.messages.filter(({ position }) => position > after);
  const sentAt = new Set(log.flatMap(({ kind, position }) => (kind === 'MESSAGE_SENT' ? [position] : [])));
  for (const { id, position } of sends) if (!sentAt.has(position)) found.repeated.push(`nobody sent ${id}`);
  return found;
}

function isAbout({ body }: LoggedEvent, { input, outcome }: Deed): boolean {
  const names = (name: string) => {
    const [wanted, told] = [input[name], body[name]];
    return wanted === undefined || told === undefined || rowIdOf(String(wanted)) === told;
  };
  const isSubject =
    outcome?.kind !== 'done' ||
    [body.messageId, body.memberId, body.roomId, body.userId].includes(rowIdOf(outcome.subjectId));
  return isSubject && names('roomId') && names('messageId') && names('userId');
}

function holes(log: readonly LoggedEvent[]): string[] {
  const rooms = new Map<string, number[]>();
  for (const { roomId, roomSeq } of log) {
    if (roomId === null) continue;
    const counts = rooms.get(roomId);
    if (counts) counts.push(roomSeq ?? 0);
    else rooms.set(roomId, [roomSeq ?? 0]);
  }
  return [
    ...holesOf(log.map(({ position }) => position)).map((hole) => `positions: ${hole}`),
    ...[...rooms].flatMap(([id, counts]) => holesOf(counts).map((hole) => `room ${id}: ${hole}`)),
  ];
}
