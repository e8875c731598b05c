import { useSyncExternalStore } from 'react';
import type { Outbox } from '../live/outbox.ts';
import { waitingSentence } from '../state/sentences.ts';

/** What is not sent, in whichever room: how much waits, and what was refused. */
export function Unsent({ outbox }: { outbox: Outbox }) {
  const { entries, trouble, isLasting } = useSyncExternalStore(outbox.store.subscribe, outbox.store.get);
  const refused = entries.filter(({ problem }) => problem !== null);
  const waiting = trouble === null ? [] : entries.filter(({ problem }) => problem === null);

  return (
    <section className="unsent" aria-label="Not sent">
      <p role="status">
        {waiting.length > 0 && `${waitingSentence(waiting)} `}
        {waiting.length > 0 && !isLasting && 'This browser keeps nothing: they are lost when you close this page.'}
      </p>
      <ul>
        {refused.map(({ order, kind, text, roomName, problem, mayRepeat }) => (
          <li key={order}>
            <p className="problem">
              {refusedWords[kind]} {roomName}: {problem}
            </p>
            <p className="words">{text}</p>
            <div className="buttons">
              {mayRepeat && (
                <button type="button" className="quiet" onClick={() => void outbox.retry(order)}>
                  {againWords[kind]}
                </button>
              )}
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

const refusedWords = { send: 'Not sent to', edit: 'Not saved in', delete: 'Not deleted in' } as const;
const againWords = { send: 'Send again', edit: 'Save mine', delete: 'Delete it still' } as const;
