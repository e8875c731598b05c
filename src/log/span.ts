import type { Position } from './position.ts';

/** A person's spans of membership, read in one snapshot together with the head of the log at that time. */
export interface MembershipSnapshot {
  readonly position: Position;
  readonly spans: readonly MembershipSpan[];
}

/** Covers events with fromPosition <= position < toPosition. */
export interface MembershipSpan {
  readonly roomId: string;
  readonly isPrivate: boolean;
  readonly fromPosition: Position;
  /** Null while a member. */
  readonly toPosition: Position | null;
}

/** How an event changes who gets what; null for the others. */
export type MembershipChange =
  | { readonly change: 'joined'; readonly userId: string; readonly roomId: string; readonly isPrivate: boolean }
  | { readonly change: 'left'; readonly userId: string; readonly roomId: string };

/** Part of the log that a page may read of a room: from <= position < to; without end when `to` is null. */
export interface ReplaySpan {
  readonly roomId: string;
  readonly from: Position;
  readonly to: Position | null;
}

/**
 * What spans of membership let their person read by the rights of now: all spans of public rooms, and of private ones
 * only while the person is a member. Rooms of the filter that are public count whole, member or not.
 */
export function replaySpans(
  spans: readonly MembershipSpan[],
  filter: { readonly roomIds: readonly string[] | null; readonly publicRoomIds: readonly string[] },
): ReplaySpan[] {
  const whole = new Set(filter.publicRoomIds);
  const limited = filter.roomIds && new Set(filter.roomIds);
  const current = new Set(spans.filter((span) => span.toPosition === null).map((span) => span.roomId));
  const own = spans.filter(
    (span) =>
      !whole.has(span.roomId) &&
      (!limited || limited.has(span.roomId)) &&
      (!span.isPrivate || current.has(span.roomId)),
  );
  return [
    ...[...whole].map((roomId) => ({ roomId, from: 0, to: null })),
    ...own.map((span) => ({ roomId: span.roomId, from: span.fromPosition, to: span.toPosition })),
  ];
}
