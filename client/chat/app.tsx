import { useCallback, useEffect, useRef, useState } from 'react';
import { Provider, useQuery } from 'urql';
import { Entrance } from './account/entrance.tsx';
import { ViewerDocument } from './documents.ts';
import { type Departed, Farewell } from './leaving/farewell.tsx';
import { onPersonChanged, tellPersonChanged } from './live/person-news.ts';
import { openWire, type Wire } from './live/wire.ts';
import { Chat } from './parts/chat.tsx';
import { usePersonAmong } from './parts/use-wire.ts';
import { knownPerson, rememberPerson } from './state/known-person.ts';
import { departureSentence, faultSentence } from './state/sentences.ts';

/**
 * A wire per person: whoever enters or leaves gets a new cache and a socket under the new cookie. Where one was, the address keeps:
 * who signs in again is in the same room.
 */
export function App() {
  const [opened, setOpened] = useState<{ wire: Wire; visitNumber: number } | null>(null);
  const [visit, setVisit] = useState({ number: 0, notice: null as string | null });
  const [departed, setDeparted] = useState<Departed | null>(null);
  const refusedInARow = useRef(0);
  const restart = useCallback((notice: string | null) => {
    setVisit(({ number }) => ({ number: number + 1, notice }));
  }, []);
  const bidFarewell = useCallback(
    (who: Departed) => {
      setDeparted(who);
      // The way back through the history leads to nobody's settings.
      window.history.replaceState(null, '', '#/');
      restart(null);
    },
    [restart],
  );
  const answered = useCallback(() => {
    refusedInARow.current = 0;
  }, []);

  useEffect(() => {
    const wire = openWire({
      onSignedOut(reason) {
        refusedInARow.current += 1;
        // After the end of a stream, the first answer takes the void cookie away. One that stays would have us start over for ever.
        if (refusedInARow.current <= 2) restart(visit.notice ?? departureSentence(reason));
      },
      onOtherPerson: () => restart(null),
    });
    setOpened({ wire, visitNumber: visit.number });
    return () => wire[Symbol.dispose]();
  }, [visit, restart]);

  if (departed) return <Farewell departed={departed} onDone={() => setDeparted(null)} />;
  // Between two visits the wire is that of the one before, and closed.
  if (opened?.visitNumber !== visit.number) return null;
  return (
    <Provider value={opened.wire.client} key={visit.number}>
      <Door
        wire={opened.wire}
        notice={visit.notice}
        onAnswered={answered}
        onPersonChanged={restart}
        onDeleted={bidFarewell}
      />
    </Provider>
  );
}

interface DoorProps {
  wire: Wire;
  notice: string | null;
  onAnswered: () => void;
  onPersonChanged: (notice: string | null) => void;
  onDeleted: (departed: Departed) => void;
}

/** The chat for who is signed in, the entrance for who is not. */
function Door({ wire, notice, onAnswered, onPersonChanged: restart, onDeleted }: DoorProps) {
  const [{ data, error, fetching, extensions }, repeat] = useQuery({
    query: ViewerDocument,
    requestPolicy: 'network-only',
  });
  // An answer that was under way may be older than the news that came before it.
  const user = usePersonAmong(wire.people, data?.viewer?.user ?? null);
  const readAnew = useCallback(() => repeat({ requestPolicy: 'network-only' }), [repeat]);
  useSamePerson({ wire, personId: data && (user?.id ?? null), restart, readAnew });

  useEffect(() => {
    if (data) onAnswered();
  }, [data, onAnswered]);
  useEffect(() => {
    if (user) rememberPerson(user);
  }, [user]);
  useEffect(() => wire.news.listen({ gap: readAnew }), [wire, readAnew]);

  if (data && user) {
    const asOf = typeof extensions?.asOf === 'string' ? extensions.asOf : null;
    return (
      <Chat
        wire={wire}
        viewer={user}
        limits={data.server.limits}
        asOf={asOf}
        onSignedOut={() => restart(null)}
        onDeleted={onDeleted}
      />
    );
  }
  if (data) {
    return (
      <Entrance
        nameLimit={data.server.limits.displayNameCodePoints}
        known={knownPerson()}
        notice={notice}
        onEntered={() => {
          tellPersonChanged();
          restart(null);
        }}
      />
    );
  }
  if (fetching || !error) {
    return (
      <main className="notice">
        <p role="status">Opening Parley…</p>
      </main>
    );
  }
  return (
    <main className="notice">
      <p role="alert">{faultSentence(error)}</p>
      <button type="button" onClick={() => repeat({ requestPolicy: 'network-only' })}>
        Try again
      </button>
    </main>
  );
}

/**
 * Starts over when the cookie is of somebody else: another window said so, or it happened while the socket was away. Of the same
 * person, what is known is read anew. `personId` null: nobody; undefined: not known yet.
 */
function useSamePerson(options: {
  wire: Wire;
  personId: string | null | undefined;
  restart: (notice: string | null) => void;
  readAnew: () => void;
}): void {
  const { wire, personId, restart, readAnew } = options;
  useEffect(() => {
    if (personId === undefined) return;
    let isStopped = false;
    const look = async () => {
      const found = await wire.personNow();
      if (isStopped || found === undefined) return;
      if (found === personId) return readAnew();
      restart(found === null ? departureSentence(wire.roomLists.endReason ?? 'SIGNED_OUT') : null);
    };
    let wasOpen = true;
    const stopListening = onPersonChanged(() => void look());
    const stopWatching = wire.socketState.subscribe(() => {
      const isOpen = wire.socketState.get() === 'open';
      if (isOpen && !wasOpen) void look();
      wasOpen = isOpen || wire.socketState.get() === 'connecting';
    });
    return () => {
      isStopped = true;
      stopListening();
      stopWatching();
    };
  }, [wire, personId, restart, readAnew]);
}
