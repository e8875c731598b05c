import { useEffect, useRef, useState } from 'react';
import { useClient, useMutation, useQuery } from 'urql';
import type { RoomFactsFragment } from '../../gql/graphql.ts';
import { OwnRoomsDocument, PublicRoomsDocument, RoomNewsDocument, SignOutDocument } from '../documents.ts';
import { keepSubscribed } from '../live/keep-subscribed.ts';
import { faultSentence } from '../state/sentences.ts';
import type { Limits, Person } from './chat.tsx';
import { CreateRoom } from './create-room.tsx';

interface RoomsProps {
  viewer: Person;
  limits: Limits;
  shownSlug: string;
  onOpen: (slug: string) => void;
  onPersonChanged: () => void;
}

/** Who one is, the rooms one is in, the public rooms besides, and a new one. */
export function Rooms({ viewer, limits, shownSlug, onOpen, onPersonChanged }: RoomsProps) {
  const [ownAfter, setOwnAfter] = useState<string | null>(null);
  const [publicAfter, setPublicAfter] = useState<string | null>(null);
  const [own, repeatOwn] = useQuery({
    query: OwnRoomsDocument,
    variables: { after: ownAfter },
    requestPolicy: 'cache-and-network',
  });
  const [others, repeatOthers] = useQuery({
    query: PublicRoomsDocument,
    variables: { after: publicAfter },
    requestPolicy: 'cache-and-network',
  });
  const [{ fetching: isSigningOut }, signOut] = useMutation(SignOutDocument);
  const [isCreating, setCreating] = useState(false);

  const ownRooms = own.data?.viewer?.rooms;
  const publicRooms = others.data?.rooms;
  const notJoined = publicRooms?.edges.map(({ node }) => node).filter((room) => room.viewerMember === null);
  const error = own.error ?? others.error;

  useRoomNews(
    (roomId) => ownRooms?.edges.some(({ node }) => node.id === roomId) ?? false,
    () => {
      repeatOwn({ requestPolicy: 'network-only' });
      repeatOthers({ requestPolicy: 'network-only' });
    },
  );

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
        rooms={ownRooms?.edges.map(({ node }) => node)}
        ifNone="None yet. Join one below."
        shownSlug={shownSlug}
        onOpen={onOpen}
        onMore={ownRooms?.pageInfo.hasNextPage ? () => setOwnAfter(ownRooms.pageInfo.endCursor) : undefined}
      />
      <RoomList
        title="Public rooms"
        rooms={notJoined}
        ifNone="You are in all of them."
        shownSlug={shownSlug}
        onOpen={onOpen}
        onMore={publicRooms?.pageInfo.hasNextPage ? () => setPublicAfter(publicRooms.pageInfo.endCursor) : undefined}
      />
      {isCreating ? (
        <CreateRoom
          limits={limits}
          onCreated={(slug) => {
            setCreating(false);
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

/**
 * Follows the rooms of this person, wherever they are changed: by others, or in another window. A room that is renamed changes in
 * the cache by itself; `repeat` is called when a room was come into or lost, and when news may have been missed.
 */
function useRoomNews(isKnown: (roomId: string) => boolean, repeat: () => void) {
  const client = useClient();
  const current = useRef({ isKnown, repeat });
  current.current = { isKnown, repeat };

  useEffect(() => {
    let isLost = false;
    return keepSubscribed(
      client,
      RoomNewsDocument,
      { after: null },
      {
        take({ events }) {
          if (events.__typename === 'StreamEnded') return 'again';
          if (isLost) current.current.repeat();
          isLost = false;
          const isOther = events.room !== null && !current.current.isKnown(events.room.id);
          if (events.__typename === 'MembershipEnded' || isOther) current.current.repeat();
          return 'goes on';
        },
        onLost() {
          isLost = true;
        },
      },
    );
  }, [client]);
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
