import type { OutboxEntry } from './outbox-store.ts';

/** The message that the server has now. */
export interface Made {
  readonly messageId: string;
  /** The version that this send, edit or deletion made. */
  readonly version: number;
}

/** What came of one try to send. */
export type Outcome =
  | { readonly kind: 'accepted'; readonly made: Made }
  /**
   * It would be refused again as it is. `mayRepeat` false: whatever one does; `currentVersion`: of the message, which was changed
   * meanwhile.
   */
  | {
      readonly kind: 'refused';
      readonly problem: string;
      readonly mayRepeat?: boolean;
      readonly currentVersion?: number;
    }
  /** The server was not reached, or asks to wait no shorter than `waitMs`. */
  | { readonly kind: 'later'; readonly problem: string; readonly waitMs: number }
  /** The cookie is of somebody else, or of nobody. */
  | { readonly kind: 'not as this person' };

/** Whether `entry` changes the message that `send` is to make. */
export function isOf(entry: OutboxEntry, send: OutboxEntry): boolean {
  return entry.kind !== 'send' && entry.messageId === null && send.kind === 'send' && entry.sendKey === send.clientKey;
}

/**
 * What `entry` is after `done` was accepted: null for `done` itself. What waited for a send gets the id of its message; an edit that
 * was written on top of `done` gets the version that it made, so that only what others did between is a conflict.
 */
export function settledBy(entry: OutboxEntry, done: OutboxEntry, { messageId, version }: Made): OutboxEntry | null {
  if (entry.order === done.order) return null;
  if (isOf(entry, done)) {
    return entry.kind === 'edit'
      ? { ...entry, messageId, expectedVersion: version }
      : ({ ...entry, messageId } as OutboxEntry);
  }
  const isOnTop =
    done.kind === 'edit' &&
    entry.kind === 'edit' &&
    entry.problem === null &&
    entry.order > done.order &&
    entry.messageId === messageId &&
    entry.expectedVersion === done.expectedVersion;
  return isOnTop ? { ...entry, expectedVersion: version } : entry;
}

/** What a refused entry is. One that met a newer version is ready to be sent over that: as another command, under `newKey`. */
export function refusedAs(
  entry: OutboxEntry,
  { problem, mayRepeat = true, currentVersion }: Extract<Outcome, { kind: 'refused' }>,
  newKey: string,
): OutboxEntry {
  const refused = { ...entry, problem, mayRepeat };
  if (currentVersion === undefined || refused.kind !== 'edit') return refused;
  return { ...refused, expectedVersion: currentVersion, clientKey: newKey };
}
