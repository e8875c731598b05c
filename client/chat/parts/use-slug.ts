import { useCallback, useEffect, useState } from 'react';

interface Place {
  /** Null: no room is chosen. In the settings: the room that one came from. */
  readonly slug: string | null;
  readonly isInSettings: boolean;
  /** In the settings, on the page that deletes the account. */
  readonly isLeaving: boolean;
}

interface SlugInAddress extends Place {
  /** Chooses a room, or none: a step in the browser's history. */
  goTo: (slug: string | null) => void;
  /** Names the room that is shown anyway, without a step in the history. */
  name: (slug: string) => void;
}

export const settingsHash = '#settings';
export const leavingHash = '#settings/delete-account';

/** Slug of the room in the address (`/#/lobby`), or the settings (`/#settings`, and a page of them), and the ways to change it. */
export function useSlug(): SlugInAddress {
  const [place, setPlace] = useState(() => readPlace(null));

  useEffect(() => {
    const follow = () => setPlace(({ slug }) => readPlace(slug));
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, []);

  const goTo = useCallback((next: string | null) => {
    window.location.hash = next === null ? '/' : hashOf(next);
  }, []);

  const name = useCallback((shown: string) => {
    window.history.replaceState(null, '', hashOf(shown));
    // Replacing the address fires no event.
    setPlace({ slug: shown, isInSettings: false, isLeaving: false });
  }, []);

  return { ...place, goTo, name };
}

const hashOf = (slug: string) => `#/${encodeURIComponent(slug)}`;

function readPlace(previousSlug: string | null): Place {
  const { hash } = window.location;
  const isLeaving = hash === leavingHash;
  if (isLeaving || hash === settingsHash) return { slug: previousSlug, isInSettings: true, isLeaving };
  const match = /^#\/(.+)$/.exec(hash);
  try {
    return { slug: match?.[1] === undefined ? null : decodeURIComponent(match[1]), isInSettings: false, isLeaving };
  } catch {
    return { slug: null, isInSettings: false, isLeaving };
  }
}
