/** What the SDK reads of an item of a log subscription: the value of its root field. */
export interface LogItem {
  readonly cursor?: unknown;
  readonly __typename?: unknown;
  readonly kind?: unknown;
  readonly end?: { readonly code?: unknown; readonly message?: unknown } | null;
}

/** The value of the only root field of a subscription; null where there is none. */
export function rootOf(data: unknown): LogItem | null {
  if (typeof data !== 'object' || data === null) return null;
  const [root] = Object.values(data).filter((value) => typeof value === 'object' && value !== null);
  return (root as LogItem | undefined) ?? null;
}

/** The log cursor that an item of a subscription carries in its root field; null where it has none (typing, errors). */
export function cursorOf(data: unknown): string | null {
  const cursor = rootOf(data)?.cursor;
  return typeof cursor === 'string' ? cursor : null;
}

export function isCheckpoint({ kind, __typename }: LogItem): boolean {
  return kind === 'CHECKPOINT' || __typename === 'Checkpoint';
}

/** The code of the last item of a stream; null of any other, and where the document does not select it. */
export function endCodeOf({ end }: LogItem): string | null {
  return typeof end?.code === 'string' ? end.code : null;
}

/** Whether a document can go on after a cursor. */
export function declaresAfter(query: string): boolean {
  return /\$after\b\s*:/.test(query);
}

/** Whether a stream with these variables begins with older messages, after a first checkpoint that is ahead of them. */
export function beginsWithOlder(query: string, variables: Readonly<Record<string, unknown>>): boolean {
  if (variables.after != null) return false;
  const isDefault = variables.last === undefined && /\$last\b\s*:\s*Int!?\s*=\s*\d/.test(query);
  return isDefault || (variables.last != null && /\$last\b\s*:/.test(query));
}

/** The variables that go on after `cursor`, for a document that declares `$after`; others stay as they are. */
export function resumeVariables(
  query: string,
  variables: Readonly<Record<string, unknown>>,
  cursor: string,
): Record<string, unknown> {
  if (!declaresAfter(query)) return { ...variables };
  // The server refuses `last` together with `after`; null also overrides a default of the document.
  const last = /\$last\b\s*:/.test(query) ? { last: null } : {};
  return { ...variables, ...last, after: cursor };
}

/** Variables as they go over the wire: what a program changes in its own later, changes nothing here. */
export function asSent(variables: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(variables)) as Record<string, unknown>;
}
