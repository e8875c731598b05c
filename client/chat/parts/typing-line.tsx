import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { useClient } from 'urql';
import { StateStream } from '../live/state-stream.ts';
import { typingSentence } from '../state/sentences.ts';
import { usePeople } from './use-wire.ts';

/** Who else types. Nothing is said offline: what was last known is no longer true. */
export function TypingLine({ roomId, viewerId, isOnline }: { roomId: string; viewerId: string; isOnline: boolean }) {
  const client = useClient();
  const changed = usePeople();
  const stream = useMemo(() => StateStream.ofTyping(client, roomId), [client, roomId]);
  useEffect(() => stream.start(), [stream]);
  const { users, count } = useSyncExternalStore(stream.store.subscribe, stream.store.get);
  const others = users.filter((user) => user.id !== viewerId);
  const names = others.map((user) => (changed.get(user.id) ?? user).displayName);

  return (
    <p className="typing" role="status">
      {isOnline ? typingSentence(names, count - (users.length - others.length)) : ''}
    </p>
  );
}
