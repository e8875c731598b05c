import { useEffect, useMemo, useState } from 'react';
import { useQuery } from 'urql';
import type { ViewerQuery } from '../../gql/graphql.ts';
import { demoRooms } from '../../wire/demo.ts';
import { Settings } from '../account/settings.tsx';
import { RoomDocument } from '../documents.ts';
import { DeleteAccount } from '../leaving/delete-account.tsx';
import type { Departed } from '../leaving/farewell.tsx';
import type { Wire } from '../live/wire.ts';
import { faultSentence } from '../state/sentences.ts';
import { UnsentTexts } from '../state/unsent-texts.ts';
import { RoomView } from './room-view.tsx';
import { Rooms } from './rooms.tsx';
import { SignOut } from './sign-out.tsx';
import { settingsHash, useSlug } from './use-slug.ts';
import { WireProvider } from './use-wire.ts';

export type Person = NonNullable<ViewerQuery['viewer']>['user'];
export type Limits = ViewerQuery['server']['limits'];

interface ChatProps {
  wire: Wire;
  viewer: Person;
  limits: Limits;
  /** The place in the log of what is known of the viewer. */
  asOf: string | null;
  onSignedOut: () => void;
  /** The account is deleted. */
  onDeleted: (departed: Departed) => void;
}

/** The rooms beside the room. On a narrow screen one of the two: the room when one is chosen. */
export function Chat({ wire, viewer, limits, asOf, onSignedOut, onDeleted }: ChatProps) {
  const { slug, isInSettings, isLeaving, goTo, name } = useSlug();
  const outbox = wire.outboxOf(viewer.id);
  const unsentTexts = useMemo(() => new UnsentTexts(viewer.id), [viewer.id]);
  const signOut = (
    <SignOut wire={wire} outbox={outbox} unsentTexts={unsentTexts} viewer={viewer} onSignedOut={onSignedOut} />
  );
  const shownSlug = slug ?? demoRooms.lobby.slug;
  const [{ data, error, fetching }] = useQuery({ query: RoomDocument, variables: { slug: shownSlug } });
  const room = data?.room ?? null;
  const isDefaultShown = !isInSettings && slug === null && room?.slug === shownSlug;

  // The place of the first answer: what was read behind it is covered too.
  const [beginning] = useState(asOf);
  useEffect(() => wire.news.follow(beginning), [wire, beginning]);

  useEffect(() => {
    // On a narrow screen an address without a room is the list of rooms.
    if (isDefaultShown && window.matchMedia('(min-width: 720px)').matches) name(shownSlug);
  }, [isDefaultShown, shownSlug, name]);

  return (
    <WireProvider value={wire}>
      <div className={slug === null && !isInSettings ? 'chat' : 'chat has-room'}>
        <Rooms
          lists={wire.roomLists}
          outbox={outbox}
          viewer={viewer}
          limits={limits}
          signOut={signOut}
          shownSlug={isInSettings ? null : shownSlug}
          onOpen={goTo}
        />
        {isLeaving ? (
          <DeleteAccount
            wire={wire}
            viewer={viewer}
            onClose={() => {
              window.location.hash = settingsHash;
            }}
            onDeleted={(content) => {
              unsentTexts.clear();
              void outbox.discardAll().finally(() => onDeleted({ displayName: viewer.displayName, content }));
            }}
          />
        ) : isInSettings ? (
          <Settings viewer={viewer} limits={limits} onClose={() => goTo(slug)} signOut={signOut} />
        ) : room === null ? (
          <main className="room notice">
            <p role="status">
              {fetching
                ? 'Opening the room…'
                : error
                  ? faultSentence(error)
                  : slug === null
                    ? 'Choose a room, or make one.'
                    : `There is no room “${slug}”, or only its members may see it.`}
            </p>
            <button type="button" className="back" onClick={() => goTo(null)}>
              All rooms
            </button>
          </main>
        ) : (
          <RoomView
            key={room.id}
            wire={wire}
            outbox={outbox}
            unsentTexts={unsentTexts}
            room={room}
            viewer={viewer}
            limits={limits}
            onBack={() => goTo(null)}
          />
        )}
      </div>
    </WireProvider>
  );
}
