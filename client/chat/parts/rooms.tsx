import { type ReactNode, useEffect, useState, useSyncExternalStore } from 'react';
import type { RoomFactsFragment } from '../../gql/graphql.ts';
import type { Outbox } from '../live/outbox.ts';
import type { RoomLists } from '../live/room-lists.ts';
import { faultSentence } from '../state/sentences.ts';
import { Avatar } from './avatar.tsx';
import type { Limits, Person } from './chat.tsx';
import { CreateRoom } from './create-room.tsx';
import { Unsent } from './unsent.tsx';
import { settingsHash } from './use-slug.ts';

interface RoomsProps {
  lists: RoomLists;
  outbox: Outbox;
  viewer: Person;
  limits: Limits;
  /** The button for it. */
  signOut: ReactNode;
  /** Null: none of them. */
  shownSlug: string | null;
  onOpen: (slug: string) => void;
}

/** Who one is, the rooms one is in, the public rooms besides, and a new one. */
export function Rooms({ lists, outbox, viewer, limits, signOut, shownSlug, onOpen }: RoomsProps) {
  const { own, open, error } = useSyncExternalStore(lists.store.subscribe, lists.store.get);
  const [isCreating, setCreating] = useState(false);
  const notJoined = open?.rooms.filter((room) => room.viewerMember === null);

  useEffect(() => lists.follow(), [lists]);

  return (
    <nav className="rooms" aria-label="Rooms">
      <header className="rooms-head">
        <Avatar person={viewer} />
        <p className="whoami">
          <span className="visually-hidden">You are </span>
          <strong title={viewer.displayName}>{viewer.displayName}</strong>
        </p>
        <a href={settingsHash}>{viewer.isGuest ? 'Keep account' : 'Settings'}</a>
        {signOut}
      </header>
      <p className="problem" role="alert">
        {error && faultSentence(error)}
      </p>
      <Unsent outbox={outbox} />
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
  shownSlug: string | null;
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
