import type { TabsState } from '@graphiql/react';
import { makeKey } from '../sdk/src/index.ts';
import type { SharedQuery } from './link.ts';

/** Where GraphiQL keeps its tabs in local storage. */
export const tabsStorageKey = 'graphiql:tabState';

type Tab = Pick<
  TabsState['tabs'][number],
  'id' | 'title' | 'query' | 'variables' | 'headers' | 'operationName' | 'response'
>;
export interface Tabs {
  tabs: Tab[];
  activeTabIndex: number;
}

interface Opening {
  /** What local storage holds under `tabsStorageKey`; null at the first visit. */
  stored: string | null;
  /** Queries of the tabs for a first visit, in order. */
  examples: readonly string[];
  /** The example whose variables get `after`. */
  resumeQuery: string;
  /** Cursor of this arrival; null when the server gave none. */
  after: string | null;
  shared: SharedQuery | null;
}

/**
 * The tabs to open with: those of the last visit, else the examples; and a shared query in front of the eye. A cursor that
 * an untouched resume example still holds is replaced by today's: it may be from a history that the server no longer has.
 */
export function openingTabs({ stored, examples, resumeQuery, after, shared }: Opening): Tabs {
  const { tabs, activeTabIndex } = parseTabs(stored) ?? {
    tabs: examples.map((query) => tabOf(query)),
    activeTabIndex: 0,
  };
  const fresh = tabs.map((tab) =>
    tab.query === resumeQuery && after !== null ? { ...tab, variables: variablesWith(tab.variables, after) } : tab,
  );
  if (shared === null) return { tabs: fresh, activeTabIndex };

  const open = fresh.findIndex(
    (tab) => tab.query === shared.query && (tab.variables?.trim() || null) === (shared.variables?.trim() || null),
  );
  if (open >= 0) return { tabs: fresh, activeTabIndex: open };
  return {
    tabs: [...fresh, tabOf(shared.query, shared.variables, shared.operationName)],
    activeTabIndex: fresh.length,
  };
}

/** Variables as JSON text with `after` set and the others kept; text that is no JSON object is replaced. */
export function variablesWith(variables: string | null | undefined, after: string): string {
  let known: unknown;
  try {
    known = JSON.parse(variables ?? '');
  } catch {
    known = {};
  }
  const others = typeof known === 'object' && known !== null && !Array.isArray(known) ? known : {};
  return JSON.stringify({ ...others, after }, null, 2);
}

function tabOf(query: string, variables: string | null = null, operationName: string | null = null): Tab {
  const name = operationName ?? /^\s*(?:query|mutation|subscription)\s+(\w+)/m.exec(query)?.[1] ?? null;
  return {
    id: makeKey(),
    title: name ?? '<untitled>',
    query,
    variables,
    headers: null,
    operationName: name,
    response: null,
  };
}

function parseTabs(stored: string | null): Tabs | null {
  if (stored === null) return null;
  try {
    const { tabs, activeTabIndex } = JSON.parse(stored) as Partial<Tabs>;
    if (!Array.isArray(tabs) || tabs.length === 0 || typeof activeTabIndex !== 'number') return null;
    return { tabs, activeTabIndex: Math.min(Math.max(activeTabIndex, 0), tabs.length - 1) };
  } catch {
    return null;
  }
}
