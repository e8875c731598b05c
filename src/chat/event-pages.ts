import type { Mark } from '../log/position.ts';
import type { ChatEvent, EventKind } from './events.ts';
import type { RoomId, UserId } from './model.ts';

export interface EventQuery {
  /** Decoded cursor, not yet checked; null: from the first event that the log holds. */
  readonly after: Mark | null;
  /** 1 to 100. */
  readonly first: number;
  readonly roomIds: readonly RoomId[] | null;
  readonly actorIds: readonly UserId[] | null;
  readonly kinds: readonly EventKind[] | null;
}

export interface ChatEventPage {
  readonly events: readonly ChatEvent[];
  /** Go on after this: the last event's mark, or the snapshot's head when there is no more. */
  readonly end: Mark;
  readonly hasMore: boolean;
}
