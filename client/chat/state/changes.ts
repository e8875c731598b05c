import type { Accepted, OutboxState } from '../live/outbox.ts';
import type { ChangeEntry } from '../live/outbox-store.ts';
import type { Message } from './timeline.ts';

/** What somebody did to a message, and the log has not brought yet. */
export interface PendingChange {
  readonly order: number;
  readonly kind: 'edit' | 'delete';
  /** Of an edit the text that it gives; of a deletion what the message says. */
  readonly text: string;
  /** sending, or waiting while nothing goes out → accepted; or refused. */
  readonly status: 'sending' | 'waiting' | 'accepted' | 'refused';
  /** Why it waits or was refused, as a sentence. */
  readonly problem: string | null;
  readonly mayRepeat: boolean;
  /** The version that it made of the message; null while it is not accepted. */
  readonly madeVersion: number | null;
}

const none: readonly PendingChange[] = [];

/** Finds what is to become of a message, in the order of doing. The same for two messages of which nothing is. */
export function changesIn(
  outbox: OutboxState,
  isOnline: boolean,
): (message: Pick<Message, 'id' | 'clientKey' | 'version'>) => readonly PendingChange[] {
  const trouble = outbox.trouble ?? (isOnline ? null : 'It goes out when the connection is back.');
  const all = [
    ...outbox.accepted.filter(isChange).map(({ entry, made }) => ({ entry, made })),
    ...outbox.entries.filter((entry) => entry.kind !== 'send').map((entry) => ({ entry, made: null })),
  ].sort((one, other) => one.entry.order - other.entry.order);
  if (all.length === 0) return () => none;
  return ({ id, clientKey, version }) => {
    const found = all.filter(
      ({ entry, made }) =>
        (entry.messageId === id || (entry.sendKey !== null && entry.sendKey === clientKey)) &&
        (made === null || made.version > version),
    );
    return found.length === 0 ? none : found.map(({ entry, made }) => changeOf(entry, made, trouble));
  };
}

function isChange(one: Accepted): one is Accepted & { entry: ChangeEntry } {
  return one.entry.kind !== 'send';
}

function changeOf(entry: ChangeEntry, made: Accepted['made'] | null, trouble: string | null): PendingChange {
  const { order, kind, text, mayRepeat } = entry;
  const madeVersion = made?.version ?? null;
  const common = { order, kind, text, mayRepeat, madeVersion };
  if (made !== null) return { ...common, status: 'accepted', problem: null };
  if (entry.problem !== null) return { ...common, status: 'refused', problem: entry.problem };
  return { ...common, status: trouble === null ? 'sending' : 'waiting', problem: trouble };
}

/** The text that a message has with its changes, and whether it goes. Refused ones change nothing. */
export function textWith(text: string | null, changes: readonly PendingChange[]) {
  const going = changes.filter(({ status }) => status !== 'refused');
  return {
    text: going.findLast(({ kind }) => kind === 'edit')?.text ?? text,
    isGoing: going.some(({ kind }) => kind === 'delete'),
    /** The one that has to be done for all of them to be done. */
    last: going.at(-1) ?? null,
  };
}
