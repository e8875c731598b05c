import type { Outbox } from '../live/outbox.ts';
import type { PendingChange } from '../state/changes.ts';

/** Under a message: that a change of it is on its way or waits, or why it was refused, with the text that was typed. */
export function ChangeNote({ change, outbox }: { change: PendingChange; outbox: Outbox }) {
  const { order, kind, text, status, problem, mayRepeat } = change;
  const isEdit = kind === 'edit';
  if (status === 'accepted') return null;
  if (status === 'sending') return <p className="sending">{isEdit ? 'Saving…' : 'Deleting…'}</p>;
  if (status === 'waiting') {
    return (
      <div className="failed">
        <span>
          {isEdit ? 'Not saved yet.' : 'Not deleted yet.'} {problem}
        </span>
        <button type="button" onClick={() => void outbox.discard(order)}>
          {isEdit ? 'Discard' : 'Keep it'}
        </button>
      </div>
    );
  }
  return (
    <div className="failed refused" role="alert">
      <span>
        {isEdit ? 'Not saved.' : 'Not deleted.'} {problem}
      </span>
      {isEdit && <p className="words">{text}</p>}
      {mayRepeat && (
        <button type="button" onClick={() => void outbox.retry(order)}>
          {isEdit ? 'Save mine' : 'Try again'}
        </button>
      )}
      <button type="button" onClick={() => void outbox.discard(order)}>
        {isEdit ? 'Discard' : 'Keep it'}
      </button>
    </div>
  );
}
