import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { NewsListener } from '../live/news.ts';
import type { People, PersonNow } from '../live/people.ts';
import type { Wire } from '../live/wire.ts';

const WireContext = createContext<Pick<Wire, 'news' | 'people'> | null>(null);
export const WireProvider = WireContext.Provider;

function useWire() {
  const wire = useContext(WireContext);
  if (wire === null) throw new Error('there is no WireProvider around this');
  return wire;
}

/** A person as they are now, of whom `known` came with a message or a list. */
export function usePerson<Person extends { readonly id: string } | null>(known: Person): Person {
  return usePersonAmong(useWire().people, known);
}

/** The same outside a WireProvider. */
export function usePersonAmong<Person extends { readonly id: string } | null>(people: People, known: Person): Person {
  const id = known?.id;
  const find = useCallback(() => (id === undefined ? undefined : people.store.get().get(id)), [people, id]);
  const now = useSyncExternalStore(people.store.subscribe, find);
  return useMemo(() => (now === undefined ? known : { ...known, ...now }), [known, now]);
}

/** Calls it with the global id of whom the cache knows newer than the news. */
export function useForgetPerson(): (id: string) => void {
  const { people } = useWire();
  return useCallback((id) => people.forgetOne(id), [people]);
}

/** All who changed, by global id. */
export function usePeople(): ReadonlyMap<string, PersonNow> {
  const { people } = useWire();
  return useSyncExternalStore(people.store.subscribe, people.store.get);
}

/** Listens while the component is there; `listener` may be another one each time. */
export function useNews(listener: NewsListener): void {
  const { news } = useWire();
  const newest = useRef(listener);
  useEffect(() => {
    newest.current = listener;
  });
  useEffect(
    () =>
      news.listen({
        take: (event) => newest.current.take?.(event),
        takeOfVisited: (event) => newest.current.takeOfVisited?.(event),
        takePerson: (person) => newest.current.takePerson?.(person),
        gap: () => newest.current.gap?.(),
      }),
    [news],
  );
}
