import { useId, useRef, useState, useSyncExternalStore } from 'react';
import type { Outbox } from '../live/outbox.ts';
import type { Wire } from '../live/wire.ts';
import { countSentence } from '../state/sentences.ts';
import type { UnsentTexts } from '../state/unsent-texts.ts';
import type { Person } from './chat.tsx';

interface SignOutProps {
  wire: Wire;
  outbox: Outbox;
  unsentTexts: UnsentTexts;
  viewer: Person;
  onSignedOut: () => void;
}

/** Signs out; where messages would be lost by it, it asks first. */
export function SignOut({ wire, outbox, unsentTexts, viewer, onSignedOut }: SignOutProps) {
  const { entries } = useSyncExternalStore(outbox.store.subscribe, outbox.store.get);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const headingId = useId();
  const question = useRef<HTMLDialogElement>(null);

  async function signOut() {
    setBusy(true);
    const whyNot = await wire.signOut();
    setBusy(false);
    setProblem(whyNot);
    if (whyNot !== null) return;
    unsentTexts.clear();
    await outbox.discardAll();
    onSignedOut();
  }

  return (
    <>
      <button
        type="button"
        className="quiet"
        disabled={isBusy}
        onClick={() => (entries.length > 0 ? question.current?.showModal() : void signOut())}
      >
        Sign out
      </button>
      <dialog ref={question} aria-labelledby={headingId}>
        <form method="dialog">
          <h2 id={headingId}>Sign out and lose what is not sent?</h2>
          {entries.length > 0 && (
            <p>
              {countSentence(entries)} of {viewer.displayName} would be lost.
            </p>
          )}
          <p className="problem" role="alert">
            {problem}
          </p>
          <div className="buttons">
            <button type="submit" className="primary">
              Stay
            </button>
            <button type="button" disabled={isBusy} onClick={() => void signOut()}>
              Discard and sign out
            </button>
          </div>
        </form>
      </dialog>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}
