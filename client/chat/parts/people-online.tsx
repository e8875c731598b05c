import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { useClient } from 'urql';
import { StateStream } from '../live/state-stream.ts';
import { Avatar } from './avatar.tsx';
import { usePeople } from './use-wire.ts';

type People = ReturnType<ReturnType<typeof StateStream.ofPresence>['store']['get']>;

/** Which members of a room are online. */
export function usePresence(roomId: string): People {
  const client = useClient();
  const changed = usePeople();
  const stream = useMemo(() => StateStream.ofPresence(client, roomId), [client, roomId]);
  useEffect(() => stream.start(), [stream]);
  const people = useSyncExternalStore(stream.store.subscribe, stream.store.get);
  return useMemo(
    () => ({ ...people, users: people.users.map((user) => ({ ...user, ...changed.get(user.id) })) }),
    [people, changed],
  );
}

/** How many are online, and behind it who. Nothing is said while it is not known. */
export function PeopleOnline({ people: { users, count }, viewerId }: { people: People; viewerId: string }) {
  if (count === 0) return null;
  const unnamed = count - users.length;
  return (
    <>
      <button type="button" className="people-online quiet" popoverTarget="people-online">
        <span className="dot" aria-hidden="true" /> {count} online
      </button>
      <section id="people-online" className="people" popover="auto" aria-label="Online in this room">
        <ul>
          {users.map((user) => (
            <li key={user.id}>
              <Avatar person={user} />
              {user.id === viewerId ? `${user.displayName} (you)` : user.displayName}
            </li>
          ))}
        </ul>
        {unnamed > 0 && <p className="aside">and {unnamed} more</p>}
      </section>
    </>
  );
}

/** Beside the name of somebody who is online. */
export function OnlineDot() {
  return <span className="dot" role="img" aria-label="online" title="online" />;
}
