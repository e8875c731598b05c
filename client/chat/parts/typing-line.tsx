import { useSubscription } from 'urql';
import { TypingDocument } from '../documents.ts';
import { typingSentence } from '../state/sentences.ts';

/** Who else types. Nothing is said offline: what was last known is no longer true. */
export function TypingLine({ roomId, viewerId, isOnline }: { roomId: string; viewerId: string; isOnline: boolean }) {
  const [{ data }] = useSubscription({ query: TypingDocument, variables: { roomId } });
  const users = data?.typing.users ?? [];
  const others = users.filter((user) => user.id !== viewerId);
  const count = (data?.typing.count ?? 0) - (users.length - others.length);

  return (
    <p className="typing" role="status">
      {isOnline
        ? typingSentence(
            others.map((user) => user.displayName),
            count,
          )
        : ''}
    </p>
  );
}
