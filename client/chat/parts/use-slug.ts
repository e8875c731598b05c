import { useEffect, useState } from 'react';

/** Slug of the room in the address (`/#/lobby`), and the way to another. Null: no room is chosen. */
export function useSlug(): [string | null, (slug: string | null) => void] {
  const [slug, setSlug] = useState(readSlug);

  useEffect(() => {
    const follow = () => setSlug(readSlug());
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, []);

  return [slug, goTo];
}

function readSlug(): string | null {
  const match = /^#\/(.+)$/.exec(window.location.hash);
  try {
    return match?.[1] === undefined ? null : decodeURIComponent(match[1]);
  } catch {
    return null;
  }
}

function goTo(slug: string | null): void {
  window.location.hash = slug === null ? '/' : `/${encodeURIComponent(slug)}`;
}
