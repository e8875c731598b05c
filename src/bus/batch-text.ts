import type { CommittedBatch, LogEvent } from '../log/event.ts';
import type { Position, Tag } from '../log/position.ts';

/**
 * A committed batch as text, and back. Rows are lists of flat records by kind, with dates; rows of any other shape stay
 * behind, as do rows, and then events, that would make the text too long.
 */
export type News =
  | { readonly kind: 'batch'; readonly batch: CommittedBatch }
  /** Too large: the log has it, up to this position. */
  | { readonly kind: 'position'; readonly position: Position };

interface Text {
  readonly format: number;
  readonly upTo: Position;
  readonly afterTag: Tag;
  readonly events: readonly (Omit<LogEvent, 'at'> & { readonly at: string })[] | null;
  readonly rows: Readonly<Record<string, Record<string, unknown>[]>> | null;
  /** Fields of rows that hold dates, by kind of row. */
  readonly dates: Readonly<Record<string, readonly string[]>>;
}

/** Goes up when the shape of batches, events or rows changes, so that nodes of two versions read each other's news from the log. */
export const batchFormat = 4;

/**
 * 1 Mi UTF-16 code units: a full batch of 500 sends of ordinary length has about 350,000, and is the last whose rows one
 * would want each node to read for itself.
 */
const LENGTH_LIMIT = 2 ** 20;

export function encodeBatch({ afterTag, events, rows }: CommittedBatch, lengthLimit = LENGTH_LIMIT): string {
  const upTo = events.at(-1)?.position ?? 0;
  const head = `{"format":${batchFormat},"upTo":${upTo},"afterTag":${afterTag}`;
  const eventsText = JSON.stringify(events);
  if (eventsText.length > lengthLimit) return `${head},"events":null,"rows":null,"dates":{}}`;
  const dates = rows && dateFieldsOf(rows);
  const rowsText = dates ? JSON.stringify(rows) : 'null';
  if (eventsText.length + rowsText.length > lengthLimit) {
    return `${head},"events":${eventsText},"rows":null,"dates":{}}`;
  }
  return `${head},"events":${eventsText},"rows":${rowsText},"dates":${JSON.stringify(dates ?? {})}}`;
}

/** Null for what is no batch of this format. */
export function decodeBatch(text: string): News | null {
  const parsed = parse(text);
  if (parsed?.format !== batchFormat) return null;
  const { afterTag, events, rows, dates, upTo } = parsed;
  if (events === null) return { kind: 'position', position: upTo };
  const isWhole = events.every((event, index) => event.position === upTo - events.length + 1 + index);
  if (events.length === 0 || !isWhole) return null;
  for (const [kind, fields] of Object.entries(dates)) {
    for (const row of rows?.[kind] ?? []) {
      for (const field of fields) if (row[field] !== null) row[field] = new Date(row[field] as string);
    }
  }
  const read = events.map((event) => ({ ...event, at: new Date(event.at) }));
  return { kind: 'batch', batch: { afterTag, events: read, rows } };
}

function parse(text: string): Text | null {
  try {
    return JSON.parse(text) as Text | null;
  } catch {
    return null;
  }
}

/** Null where the rows have another shape than lists of flat records. */
function dateFieldsOf(rows: Readonly<Record<string, unknown>>): Record<string, string[]> | null {
  const dates: Record<string, string[]> = {};
  for (const [kind, list] of Object.entries(rows)) {
    if (!Array.isArray(list)) return null;
    const fields = new Set<string>();
    for (const row of list as Record<string, unknown>[]) {
      for (const [field, value] of Object.entries(row)) {
        if (value instanceof Date) fields.add(field);
        else if (value !== null && typeof value === 'object') return null;
      }
    }
    if (fields.size > 0) dates[kind] = [...fields];
  }
  return dates;
}
