/**
 * A place in the log: 1 for the first event, gapless. Position 0 is the place before it.
 * A bigint in SQL, a number here: 2^53 events are 10,000 years of the fastest log we have measured.
 */
export type Position = number;

/** Random 48 bits that tell one event at a position from any other that could stand there. */
export type Tag = number;

/** A position together with the tag of what stands there. */
export interface Mark {
  readonly position: Position;
  readonly tag: Tag;
}
