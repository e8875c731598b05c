import type { MessageFactsFragment } from '../../gql/graphql.ts';

export type Message = MessageFactsFragment;

/** What the log has brought of a room: a contiguous run of it, oldest first, that ends at the newest message delivered. */
export interface Timeline {
  readonly messages: readonly Message[];
  /** Page cursor of the oldest message here; null when nothing is older. */
  readonly olderThan: string | null;
}

/** One page of history: messages in the order of the log, and the page cursor to what is older, null at the beginning. */
export interface HistoryPage {
  readonly messages: readonly Message[];
  readonly olderThan: string | null;
}

export const emptyTimeline: Timeline = { messages: [], olderThan: null };

/** Puts an older page in front. Messages that are here already keep their place. */
export function withOlderPage(timeline: Timeline, page: HistoryPage): Timeline {
  const known = new Set(timeline.messages.map((message) => message.id));
  const older = page.messages.filter((message) => !known.has(message.id));
  return { ...timeline, messages: [...older, ...timeline.messages], olderThan: page.olderThan };
}

/**
 * The next message that the log brings: new at the end, or known and then only newer. Items come in the order of the log, and
 * one that comes again after a reconnect changes nothing.
 */
export function withArrived(timeline: Timeline, message: Message): Timeline {
  if (timeline.messages.some((known) => known.id === message.id)) return withChanged(timeline, message);
  return { ...timeline, messages: [...timeline.messages, message] };
}

/** An edited or deleted message. One that is not loaded stays out: history will bring it as it is by then. */
export function withChanged(timeline: Timeline, message: Message): Timeline {
  const index = timeline.messages.findIndex((known) => known.id === message.id);
  const known = timeline.messages[index];
  if (known === undefined || known.version >= message.version) return timeline;
  return { ...timeline, messages: timeline.messages.with(index, message) };
}
