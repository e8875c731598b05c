import { useSyncExternalStore } from 'react';
import type { Outbox } from '../live/outbox.ts';

/** What is not sent, in whichever room: how much waits, and what was refused. */
export function Unsent({ outbox }: { outbox: Outbox }) {
  const { entries, trouble, isLasting } = useSyncExternalStore(outbox.store.subscribe, outbox.store.get);
  const refused = entries.filter(({ problem }) => problem !== null);
  const waiting = trouble === null ? 0 : entries.length - refused.length;

  return (
    <section className="unsent" aria-label="Not sent">
      <p role="status">
        {waiting > 0 && `${waiting === 1 ? '1 message waits' : `${waiting} messages wait`} to be sent. `}
        {waiting > 0 && !isLasting && 'This browser keeps nothing: they are lost when you close this page.'}
      </p>
      <ul>
        {refused.map(({ order, text, roomName, problem }) => (
          <li key={order}>
            <p className="problem">
              Not sent to {roomName}: {problem}
            </p>
            <p className="words">{text}</p>
            <div className="buttons">
              <button type="button" className="quiet" onClick={() => void outbox.retry(order)}>
                Send again
              </button>
              <button type="button" className="quiet" onClick={() => void outbox.discard(order)}>
                Throw away
              </button>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
