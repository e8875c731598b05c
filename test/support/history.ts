import type { TestDatabase } from './database.ts';

/** A row of the log, as a test reads it: by its own statement, not by the server's. */
export interface LoggedEvent {
  readonly position: number;
  readonly roomId: string | null;
  readonly userId: string | null;
  readonly roomSeq: number | null;
  readonly kind: string;
  readonly actorId: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A row of `member` with the kind of its room. */
export interface LoggedSpan {
  readonly roomId: string;
  readonly userId: string;
  readonly isPrivate: boolean;
  readonly from: number;
  readonly to: number | null;
}

export async function readLog(database: Pick<TestDatabase, 'query'>): Promise<LoggedEvent[]> {
  const rows = await database.query<Record<keyof LoggedEvent, never>>(
    `SELECT position, room_id AS "roomId", user_id AS "userId", room_seq AS "roomSeq", kind, actor_id AS "actorId", body
     FROM event ORDER BY position`,
  );
  return rows.map((row) => ({
    ...(row as LoggedEvent),
    position: Number(row.position),
    roomSeq: row.roomSeq === null ? null : Number(row.roomSeq),
  }));
}

export async function readSpans(database: TestDatabase): Promise<LoggedSpan[]> {
  const rows = await database.query<Record<keyof LoggedSpan, never>>(
    `SELECT room_id AS "roomId", user_id AS "userId", kind = 'PRIVATE' AS "isPrivate",
            joined_position AS "from", left_position AS "to"
     FROM member JOIN room ON room.id = member.room_id`,
  );
  return rows.map((row) => ({
    ...(row as LoggedSpan),
    from: Number(row.from),
    to: row.to === null ? null : Number(row.to),
  }));
}

/** Positions that a person's live `events` stream has to hold after `after`: by who was a member then. */
export function entitledThen(log: readonly LoggedEvent[], userId: string, after = 0): number[] {
  const memberOf = new Set<string>();
  const positions: number[] = [];
  for (const event of log) {
    const about = String(event.body.roomId);
    if (event.kind === 'ROOM_CREATED' && event.actorId === userId) memberOf.add(about);
    if (event.kind === 'MEMBER_JOINED' && event.body.userId === userId) memberOf.add(about);
    if (event.kind === 'MEMBER_LEFT' && event.body.userId === userId) memberOf.delete(about);
    const isTheirs = event.roomId === null ? event.userId === userId : memberOf.has(event.roomId);
    if (isTheirs && event.position > after) positions.push(event.position);
  }
  return positions;
}

/** Positions that a replay has to hold: within spans, of rooms that the person may read now. */
export function entitledNow(
  log: readonly LoggedEvent[],
  spans: readonly LoggedSpan[],
  userId: string,
  after = 0,
): number[] {
  const own = spans.filter((span) => span.userId === userId);
  const mayRead = (roomId: string) =>
    own.some((span) => span.roomId === roomId && (!span.isPrivate || span.to === null));
  const wasIn = (roomId: string, position: number) =>
    own.some((span) => span.roomId === roomId && position >= span.from && position < (span.to ?? Infinity));
  return log
    .filter(({ position }) => position > after)
    .filter(({ roomId, userId: audienceId, position }) =>
      roomId === null ? audienceId === userId : mayRead(roomId) && wasIn(roomId, position),
    )
    .map(({ position }) => position);
}

/** Whether a person is a member of a room behind a position. */
export function isMemberAt(spans: readonly LoggedSpan[], userId: string, roomId: string, position: number): boolean {
  return spans.some(
    (span) =>
      span.userId === userId &&
      span.roomId === roomId &&
      span.from <= position &&
      (span.to === null || position < span.to),
  );
}

/**
 * What is wrong with what was received, one sentence for each fault; empty: each expected item came once, in order,
 * and nothing else came.
 */
export function faultsOf<Item extends string | number>(expected: readonly Item[], received: readonly Item[]): string[] {
  const places = new Map(expected.map((item, place) => [item, place]));
  const seen = new Set<Item>();
  const faults: string[] = [];
  let newest = -1;
  for (const item of received) {
    const place = places.get(item);
    if (place === undefined) faults.push(`${item} is foreign`);
    else if (seen.has(item)) faults.push(`${item} came again`);
    else if (place < newest) faults.push(`${item} came late`);
    newest = Math.max(newest, place ?? -1);
    seen.add(item);
  }
  for (const item of expected) if (!seen.has(item)) faults.push(`${item} is missing`);
  return faults;
}

/** Where a sequence is not 1, 2, 3, …; empty: gapless. */
export function holesOf(counts: readonly number[]): string[] {
  return counts.flatMap((count, index) => (count === index + 1 ? [] : [`${count} stands at place ${index + 1}`]));
}

/** The row's id of a global id. */
export function rowIdOf(globalId: string): string {
  const hex = globalId.slice(globalId.indexOf('_') + 1);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
