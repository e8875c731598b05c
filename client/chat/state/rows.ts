import type { Message } from './timeline.ts';

export type Row =
  | { kind: 'day'; key: string; at: Date }
  /** `isContinued`: by the author of the message before, soon after it; the name need not be said again. */
  | { kind: 'message'; key: string; message: Message; isContinued: boolean };

const continuedWithinMs = 5 * 60_000;

/** Messages as rows to show, with a separator in front of the first of each day of the reader's own calendar. */
export function rowsOf(messages: readonly Message[]): Row[] {
  const rows: Row[] = [];
  let previous: { message: Message; at: Date } | undefined;
  for (const message of messages) {
    const at = new Date(message.sentAt);
    const isNewDay = previous === undefined || previous.at.toDateString() !== at.toDateString();
    if (isNewDay) rows.push({ kind: 'day', key: `day-${message.id}`, at });
    const isContinued =
      !isNewDay &&
      previous !== undefined &&
      message.author !== null &&
      previous.message.author?.id === message.author?.id &&
      at.getTime() - previous.at.getTime() < continuedWithinMs;
    rows.push({ kind: 'message', key: message.id, message, isContinued });
    previous = { message, at };
  }
  return rows;
}
