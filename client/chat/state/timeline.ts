import type { MessageFactsFragment } from '../../gql/graphql.ts';

export type Message = MessageFactsFragment;

/**
 * What one sees of a room. `messages` are a contiguous run of the log, oldest first, that ends at the newest one delivered.
 * `drafts` are own messages that the log has not brought back yet, in the order of writing: where they will stand among
 * messages of others is known only then, so they are shown last.
 */
export interface Timeline {
  readonly messages: readonly Message[];
  readonly drafts: readonly Draft[];
  /** Page cursor of the oldest message here; null when nothing is older. */
  readonly olderThan: string | null;
}

/** sending → accepted → (the log brings the message, and the draft goes); sending → failed → sending, or discarded. */
export interface Draft {
  readonly clientKey: string;
  readonly text: string;
  readonly status: 'sending' | 'accepted' | 'failed';
  /** Why it failed, as a sentence; null unless failed. */
  readonly problem: string | null;
}

/** One page of history: messages in the order of the log, and the page cursor to what is older, null at the beginning. */
export interface HistoryPage {
  readonly messages: readonly Message[];
  readonly olderThan: string | null;
}

export const emptyTimeline: Timeline = { messages: [], drafts: [], olderThan: null };

/** Starts over from the newest page; drafts stay, except those that the page has brought. */
export function withNewestPage(timeline: Timeline, page: HistoryPage): Timeline {
  return {
    messages: page.messages,
    olderThan: page.olderThan,
    drafts: withoutArrived(timeline.drafts, page.messages),
  };
}

/** Puts an older page in front. Messages that are here already keep their place. */
export function withOlderPage(timeline: Timeline, page: HistoryPage): Timeline {
  const known = new Set(timeline.messages.map((message) => message.id));
  const older = page.messages.filter((message) => !known.has(message.id));
  return { ...timeline, messages: [...older, ...timeline.messages], olderThan: page.olderThan };
}

/**
 * The next message that the log brings: new at the end, or known and then only newer. Its draft is done. Items come in the order
 * of the log, and one that comes again after a reconnect changes nothing.
 */
export function withArrived(timeline: Timeline, message: Message): Timeline {
  const drafts = withoutArrived(timeline.drafts, [message]);
  if (timeline.messages.some((known) => known.id === message.id)) {
    return { ...withChanged(timeline, message), drafts };
  }
  return { ...timeline, messages: [...timeline.messages, message], drafts };
}

/** An edited or deleted message. One that is not loaded stays out: history will bring it as it is by then. */
export function withChanged(timeline: Timeline, message: Message): Timeline {
  const index = timeline.messages.findIndex((known) => known.id === message.id);
  const known = timeline.messages[index];
  if (known === undefined || known.version >= message.version) return timeline;
  return { ...timeline, messages: timeline.messages.with(index, message) };
}

export function withDraft(timeline: Timeline, clientKey: string, text: string): Timeline {
  return { ...timeline, drafts: [...timeline.drafts, { clientKey, text, status: 'sending', problem: null }] };
}

/** A draft in another state; a draft that has gone already stays gone. */
export function withDraftStatus(
  timeline: Timeline,
  clientKey: string,
  status: Draft['status'],
  problem: string | null = null,
): Timeline {
  const drafts = timeline.drafts.map((draft) =>
    draft.clientKey === clientKey ? { ...draft, status, problem } : draft,
  );
  return { ...timeline, drafts };
}

export function withoutDraft(timeline: Timeline, clientKey: string): Timeline {
  return { ...timeline, drafts: timeline.drafts.filter((draft) => draft.clientKey !== clientKey) };
}

function withoutArrived(drafts: readonly Draft[], messages: readonly Message[]): readonly Draft[] {
  const arrived = new Set(messages.map((message) => message.clientKey));
  return drafts.some((draft) => arrived.has(draft.clientKey))
    ? drafts.filter((draft) => !arrived.has(draft.clientKey))
    : drafts;
}
