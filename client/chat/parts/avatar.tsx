import { useState } from 'react';
import { initialsOf, tintOf } from '../state/initials.ts';
import './avatar.css';

export interface Pictured {
  readonly id: string;
  readonly displayName: string;
  readonly avatarUrl: string | null;
  readonly isDeleted?: boolean;
}

/**
 * The picture of a person, or their initials while there is none. It says nothing to those who listen: the name stands beside it.
 * Null, or somebody who deleted their account: nobody's.
 */
export function Avatar({ person, size = 'small' }: { person: Pictured | null; size?: 'small' | 'large' }) {
  const [brokenUrl, setBrokenUrl] = useState<string | null>(null);
  const shown = person?.isDeleted ? null : person;
  const url = shown?.avatarUrl ?? null;
  return (
    <span
      className="avatar"
      aria-hidden="true"
      data-size={size}
      data-tint={shown ? tintOf(shown.id) : undefined}
      // Written by the style sheet: initials in the text would be copied along with messages.
      data-initials={shown ? initialsOf(shown.displayName) : ''}
    >
      {url !== null && url !== brokenUrl && (
        <img src={url} alt="" draggable={false} decoding="async" onError={() => setBrokenUrl(url)} />
      )}
    </span>
  );
}
