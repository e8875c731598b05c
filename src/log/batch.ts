import type { Queryable, Statement } from '../db/queryable.ts';
import { BELL_CHANNEL } from './bell.ts';
import type { LogEvent, NewEvent } from './event.ts';
import { headSql } from './head.ts';
import type { Mark, Tag } from './position.ts';

// As a range of (room, position), for the reason that is given in read.ts.
const factsSql = `
  SELECT head.position, head.tag,
    coalesce((SELECT json_object_agg(wanted.id, coalesce(
        (SELECT room_seq FROM event WHERE room_id IS NOT NULL
          AND (room_id, position) > (wanted.id, (SELECT trimmed_position FROM log_state))
          AND (room_id, position) <= (wanted.id, 9223372036854775807)
          ORDER BY room_id DESC, position DESC LIMIT 1),
        (SELECT room_seq FROM trimmed_room WHERE room_id = wanted.id),
        0
      )) FROM unnest($1::uuid[]) AS wanted(id)), '{}') AS "roomSeqs"
  FROM (${headSql}) AS head`;

// The bell rings at COMMIT: it costs no trip of its own.
const insertSql = `
  WITH written AS (
    INSERT INTO event (position, tag, room_id, user_id, room_seq, kind, body, actor_id, at)
    SELECT placed.*, $9::timestamptz FROM ROWS FROM (unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::uuid[]),
      unnest($4::uuid[]), unnest($5::bigint[]), unnest($6::text[]), jsonb_array_elements($7::jsonb), unnest($8::uuid[])) AS placed
  )
  SELECT pg_notify('${BELL_CHANNEL}', $10::text)`;

// No row where it holds. Of a row, or the planner would make an error of it at once.
const proofSql = `
  SELECT ('the log went on to ' || head.position)::int FROM (${headSql}) AS head
  WHERE head.position <> $1::bigint OR head.tag <> $2::bigint`;

/** The events of one transaction: gives each its place behind the head that was read under the lock, or will be proved there. */
export class LogBatch {
  readonly events: LogEvent[] = [];
  /** Of the head that they come behind. */
  readonly afterTag: Tag;
  readonly #before: Mark;
  readonly #at: Date;
  readonly #randomTag: () => Tag;
  readonly #roomSeqs: Map<string, number>;
  #head: Mark;

  constructor(head: Mark, roomSeqs: Map<string, number>, at: Date, randomTag: () => Tag) {
    this.#before = head;
    this.#head = head;
    this.afterTag = head.tag;
    this.#roomSeqs = roomSeqs;
    this.#at = at;
    this.#randomTag = randomTag;
  }

  /** Reads head and room counts, behind the lock. */
  static async begin(tx: Queryable, roomIds: readonly string[], at: Date, randomTag: () => Tag): Promise<LogBatch> {
    const [facts] = await tx.query<Mark & { roomSeqs: Record<string, number> }>(factsSql, [roomIds]);
    if (!facts) throw new Error('log_state has no row: the database was not migrated');
    const head = { position: facts.position, tag: facts.tag };
    const roomSeqs = new Map(roomIds.map((id) => [id, facts.roomSeqs[id] ?? 0]));
    return new LogBatch(head, roomSeqs, at, randomTag);
  }

  get head(): Mark {
    return this.#head;
  }

  /** Of the rooms that it began with: the count of the last event of each. */
  get roomSeqs(): ReadonlyMap<string, number> {
    return this.#roomSeqs;
  }

  get at(): Date {
    return this.#at;
  }

  /** Fails the transaction unless the log stands where the batch began. */
  get proof(): Statement {
    return { sql: proofSql, parameters: [this.#before.position, this.#before.tag] };
  }

  /** The event at the next position. An event of a room must name one of the rooms that the batch began with. */
  append(event: NewEvent): LogEvent {
    const roomSeq = event.audience.kind === 'room' ? this.#nextSeq(event.audience.roomId) : null;
    const { audience, kind, body, actorId } = event;
    const position = this.#head.position + 1;
    const tag = this.#randomTag();
    const placed = { audience, kind, body, actorId, position, tag, roomSeq, at: this.#at };
    this.#head = { position, tag };
    this.events.push(placed);
    return placed;
  }

  #nextSeq(roomId: string): number {
    const last = this.#roomSeqs.get(roomId);
    if (last === undefined) throw new Error(`room ${roomId} was not named when the batch began`);
    this.#roomSeqs.set(roomId, last + 1);
    return last + 1;
  }

  /** Writes the events; none: nothing. */
  get insertion(): readonly Statement[] {
    if (this.events.length === 0) return [];
    const { events } = this;
    const parameters = [
      events.map((event) => event.position),
      events.map((event) => event.tag),
      events.map(({ audience }) => (audience.kind === 'room' ? audience.roomId : null)),
      events.map(({ audience }) => (audience.kind === 'user' ? audience.userId : null)),
      events.map((event) => event.roomSeq),
      events.map((event) => event.kind),
      JSON.stringify(events.map((event) => event.body)),
      events.map((event) => event.actorId),
      this.#at,
      String(this.#head.position),
    ];
    return [{ sql: insertSql, parameters }];
  }
}
