import type { OutboxState } from '../live/outbox.ts';
import type { SendEntry } from '../live/outbox-store.ts';
import type { Message } from './timeline.ts';

/** An own message that the log has not brought yet. */
export interface Draft {
  readonly order: number;
  readonly clientKey: string;
  readonly text: string;
  /** sending, or waiting while nothing goes out → accepted; or refused. */
  readonly status: 'sending' | 'waiting' | 'accepted' | 'refused';
  /** Why it waits or was refused, as a sentence. */
  readonly problem: string | null;
}

/**
 * What of the outbox is to be seen in a room, in the order of writing: all that the log has not brought. Where it will stand among
 * messages of others is known only then, so it is shown behind them.
 */
export function draftsOf(options: {
  readonly outbox: OutboxState;
  readonly roomId: string;
  readonly messages: readonly Message[];
  readonly isOnline: boolean;
}): readonly Draft[] {
  const { outbox, roomId, messages, isOnline } = options;
  const arrived = new Set(messages.map(({ clientKey }) => clientKey));
  const trouble = outbox.trouble ?? (isOnline ? null : 'It goes out when the connection is back.');
  const edits = [...outbox.accepted.map(({ entry }) => entry), ...outbox.entries].filter(
    (entry) => entry.kind === 'edit' && entry.problem === null,
  );
  const textOf = (send: SendEntry) =>
    edits.findLast((edit) => edit.kind === 'edit' && edit.sendKey === send.clientKey)?.text ?? send.text;
  const accepted = outbox.accepted.map(({ entry }) => ({ entry, status: 'accepted' as const, problem: null }));
  const unsent = outbox.entries.map((entry) =>
    entry.problem === null
      ? { entry, status: trouble === null ? ('sending' as const) : ('waiting' as const), problem: trouble }
      : { entry, status: 'refused' as const, problem: entry.problem },
  );
  return [...accepted, ...unsent]
    .filter(({ entry }) => entry.roomId === roomId && !arrived.has(entry.clientKey))
    .sort((one, other) => one.entry.order - other.entry.order)
    .flatMap(({ entry, status, problem }) =>
      entry.kind === 'send'
        ? [{ order: entry.order, clientKey: entry.clientKey, text: textOf(entry), status, problem }]
        : [],
    );
}
