import { useEffect, useRef } from 'react';
import type { DeletedContent } from '../../gql/graphql.ts';

export interface Departed {
  readonly displayName: string;
  readonly content: DeletedContent;
}

/** The last page of an account. */
export function Farewell({ departed, onDone }: { departed: Departed; onDone: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <main className="entrance">
      <h1 ref={heading} tabIndex={-1}>
        Goodbye, {departed.displayName}
      </h1>
      <p>Your account is deleted, and you are signed out everywhere.</p>
      <p>
        {departed.content === 'ERASE'
          ? 'What you wrote can no longer be read.'
          : 'What you wrote stays where it was, under “Deleted user”.'}
      </p>
      <div className="buttons">
        <button type="button" onClick={onDone}>
          To the entrance
        </button>
      </div>
    </main>
  );
}
