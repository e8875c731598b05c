import type { Client, FormattedExecutionResult, Sink, SubscribePayload } from 'graphql-ws';

interface LogItem {
  cursor?: unknown;
}

/**
 * The log cursor that an item of a subscription carries in its root field; null where it has none (typing, errors).
 */
export function cursorOf(data: unknown): string | null {
  if (typeof data !== 'object' || data === null) return null;
  for (const root of Object.values(data) as (LogItem | null)[]) {
    if (typeof root?.cursor === 'string') return root.cursor;
  }
  return null;
}

/** The variables that go on after `cursor`, for a document that declares `$after`; others stay as they are. */
export function resumeVariables(
  query: string,
  variables: Readonly<Record<string, unknown>>,
  cursor: string,
): Record<string, unknown> {
  if (!/\$after\b\s*:/.test(query)) return { ...variables };
  // The server refuses `last` together with `after`; null also overrides a default of the document.
  const last = /\$last\b\s*:/.test(query) ? { last: null } : {};
  return { ...variables, ...last, after: cursor };
}

/**
 * Subscribes so that a reconnect goes on after the newest cursor seen. graphql-ws sends the same payload object again when it
 * reconnects, so the payload is changed in place with each item that carries a cursor. Returns the way to stop.
 */
export function subscribeResuming(
  client: Pick<Client, 'subscribe'>,
  request: SubscribePayload,
  sink: Sink<FormattedExecutionResult<Record<string, unknown>, unknown>>,
): () => void {
  const payload = { ...request, variables: { ...request.variables } as Record<string, unknown> };
  return client.subscribe(payload, {
    next(result) {
      const cursor = cursorOf(result.data);
      if (cursor !== null) payload.variables = resumeVariables(payload.query, payload.variables, cursor);
      sink.next(result);
    },
    error: (error) => sink.error(error),
    complete: () => sink.complete(),
  });
}
