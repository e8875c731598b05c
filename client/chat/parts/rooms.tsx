import { useEffect, useState, useSyncExternalStore } from 'react';
import { useMutation } from 'urql';
import type { RoomFactsFragment } from '../../gql/graphql.ts';
import { SignOutDocument } from '../documents.ts';
import type { RoomLists } from '../live/room-lists.ts';
import { faultSentence } from '../state/sentences.ts';
import type { Limits, Person } from './chat.tsx';
import { CreateRoom } from './create-room.tsx';

interface RoomsProps {
  lists: RoomLists;
  viewer: Person;
  limits: Limits;
  shownSlug: string;
  onOpen: (slug: string) => void;
  onPersonChanged: () => void;
}

/** Who one is, the rooms one is in, the public rooms besides, and a new one. */
export function Rooms({ lists, viewer, limits, shownSlug, onOpen, onPersonChanged }: RoomsProps) {
  const { own, open, error } = useSyncExternalStore(lists.store.subscribe, lists.store.get);
  const [{ fetching: isSigningOut }, signOut] = useMutation(SignOutDocument);
  const [isCreating, setCreating] = useState(false);
  const notJoined = open?.rooms.filter((room) => room.viewerMember === null);

  useEffect(() => lists.follow(), [lists]);

  return (
    <nav className="rooms" aria-label="Rooms">
      <header className="rooms-head">
        <p className="whoami">
          <span className="visually-hidden">You are </span>
          <strong title={viewer.displayName}>{viewer.displayName}</strong>
        </p>
        <button
          type="button"
          className="quiet"
          disabled={isSigningOut}
          onClick={() => void signOut({}).then(onPersonChanged)}
        >
          Sign out
        </button>
      </header>
      {error && (
        <p className="problem" role="alert">
          {faultSentence(error)}
        </p>
      )}
      <RoomList
        title="Your rooms"
        rooms={own?.rooms}
        ifNone="None yet. Join one below."
        shownSlug={shownSlug}
        onOpen={onOpen}
        onMore={own?.hasMore ? () => lists.loadMore('own') : undefined}
      />
      <RoomList
        title="Public rooms"
        rooms={notJoined}
        ifNone="You are in all of them."
        shownSlug={shownSlug}
        onOpen={onOpen}
        onMore={open?.hasMore ? () => lists.loadMore('open') : undefined}
      />
      {isCreating ? (
        <CreateRoom
          limits={limits}
          onCreated={(slug) => {
            setCreating(false);
            lists.refresh();
            onOpen(slug);
          }}
          onCancel={() => setCreating(false)}
        />
      ) : (
        <button type="button" className="new-room" onClick={() => setCreating(true)}>
          New room
        </button>
      )}
      <p className="aside">
        <a href="/graphql">GraphiQL</a>
      </p>
    </nav>
  );
}

interface RoomListProps {
  title: string;
  /** Undefined while they are on their way. */
  rooms: readonly RoomFactsFragment[] | undefined;
  ifNone: string;
  shownSlug: string;
  onOpen: (slug: string) => void;
  onMore: (() => void) | undefined;
}

function RoomList({ title, rooms, ifNone, shownSlug, onOpen, onMore }: RoomListProps) {
  return (
    <section>
      <h2>{title}</h2>
      {rooms?.length === 0 && <p className="none">{ifNone}</p>}
      <ul>
        {rooms?.map((room) => (
          <li key={room.id}>
            <a
              href={`#/${encodeURIComponent(room.slug)}`}
              aria-current={room.slug === shownSlug ? 'page' : undefined}
              title={room.topic ?? undefined}
              onClick={(event) => {
                event.preventDefault();
                onOpen(room.slug);
              }}
            >
              <span aria-hidden="true">{room.kind === 'PRIVATE' ? '◆' : '#'}</span>
              {room.name}
            </a>
          </li>
        ))}
      </ul>
      {onMore && (
        <button type="button" className="quiet" onClick={onMore}>
          More rooms
        </button>
      )}
    </section>
  );
}
