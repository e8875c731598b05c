import type { Position, Tag } from './position.ts';

/** Whom an event is for: those who may read a room, one person, or everyone signed in. */
export type Audience =
  | { readonly kind: 'room'; readonly roomId: string }
  | { readonly kind: 'user'; readonly userId: string }
  | { readonly kind: 'server' };

/** Facts of an event: ids, versions, roles. Never content, so that erasure need not rewrite the log. */
export type EventBody = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/** An event as a rule writes it, before it has a place. */
export interface NewEvent {
  readonly audience: Audience;
  readonly kind: string;
  readonly body: EventBody;
  readonly actorId: string | null;
}

/** An event as it stands in the log, for ever the same. */
export interface LogEvent extends NewEvent {
  readonly position: Position;
  readonly tag: Tag;
  /** Gapless count within the room, from 1; null for events to a person or the server. */
  readonly roomSeq: number | null;
  readonly at: Date;
}

/** The events of one transaction, in order and without a hole, with the rows that it touched as they were right after it. */
export interface CommittedBatch {
  /** Of the event that they come behind: tells whether they go on with the log that one has, or with another history. */
  readonly afterTag: Tag;
  readonly events: readonly LogEvent[];
  /** Null where they were left behind: too many for the bus. */
  readonly rows: Readonly<Record<string, unknown>> | null;
}
