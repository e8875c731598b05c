import { useCallback, useEffect, useState } from 'react';
import { Provider, useQuery } from 'urql';
import { ViewerDocument } from './documents.ts';
import { openWire, type Wire } from './live/wire.ts';
import { Chat } from './parts/chat.tsx';
import { Entrance } from './parts/entrance.tsx';
import { faultSentence } from './state/sentences.ts';

/** A wire per person: whoever enters or leaves gets a new cache and a socket under the new cookie. */
export function App() {
  const [wire, setWire] = useState<Wire | null>(null);
  const [generation, setGeneration] = useState(0);
  const restart = useCallback(() => setGeneration((current) => current + 1), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new generation is what asks for a new wire
  useEffect(() => {
    const opened = openWire();
    setWire(opened);
    return () => opened[Symbol.dispose]();
  }, [generation]);

  if (wire === null) return null;
  return (
    <Provider value={wire.client} key={generation}>
      <Door wire={wire} onPersonChanged={restart} />
    </Provider>
  );
}

/** The chat for who is signed in, the entrance for who is not. */
function Door({ wire, onPersonChanged }: { wire: Wire; onPersonChanged: () => void }) {
  const [{ data, error, fetching }, repeat] = useQuery({ query: ViewerDocument, requestPolicy: 'network-only' });

  if (data?.viewer) {
    return <Chat wire={wire} viewer={data.viewer.user} limits={data.server.limits} onPersonChanged={onPersonChanged} />;
  }
  if (data) return <Entrance nameLimit={data.server.limits.displayNameCodePoints} onEntered={onPersonChanged} />;
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
