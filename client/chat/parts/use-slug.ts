import { useCallback, useEffect, useState } from 'react';

interface SlugInAddress {
  /** Null: no room is chosen. */
  slug: string | null;
  /** Chooses a room, or none: a step in the browser's history. */
  goTo: (slug: string | null) => void;
  /** Names the room that is shown anyway, without a step in the history. */
  name: (slug: string) => void;
}

/** Slug of the room in the address (`/#/lobby`), and the ways to change it. */
export function useSlug(): SlugInAddress {
  const [slug, setSlug] = useState(readSlug);

  useEffect(() => {
    const follow = () => setSlug(readSlug());
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, []);

  const goTo = useCallback((next: string | null) => {
    window.location.hash = next === null ? '/' : hashOf(next);
  }, []);

  const name = useCallback((shown: string) => {
    window.history.replaceState(null, '', hashOf(shown));
    // Replacing the address fires no event.
    setSlug(shown);
  }, []);

  return { slug, goTo, name };
}

const hashOf = (slug: string) => `#/${encodeURIComponent(slug)}`;

function readSlug(): string | null {
  const match = /^#\/(.+)$/.exec(window.location.hash);
  try {
    return match?.[1] === undefined ? null : decodeURIComponent(match[1]);
  } catch {
    return null;
  }
}
