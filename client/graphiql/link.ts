export interface SharedQuery {
  query: string;
  /** JSON text as typed; null when there is none. */
  variables: string | null;
  operationName: string | null;
}

/**
 * A link that opens `shared` as a tab. It is kept in the fragment, which a browser does not send: what people ask stays out
 * of server logs, and its length is not limited by them.
 */
export function linkTo(shared: SharedQuery, page: string): string {
  const parameters = new URLSearchParams({ query: shared.query });
  if (shared.variables !== null && shared.variables.trim() !== '') parameters.set('variables', shared.variables);
  if (shared.operationName !== null) parameters.set('operationName', shared.operationName);
  return `${page.split(/[?#]/)[0]}#${parameters}`;
}

/** The query that a link carries in its fragment or, as other GraphiQL pages write it, in its search; null without one. */
export function queryFromLink(link: string): SharedQuery | null {
  const url = new URL(link);
  for (const text of [url.hash.slice(1), url.search.slice(1)]) {
    const parameters = new URLSearchParams(text);
    const query = parameters.get('query');
    if (query !== null && query.trim() !== '') {
      return { query, variables: parameters.get('variables'), operationName: parameters.get('operationName') };
    }
  }
  return null;
}
