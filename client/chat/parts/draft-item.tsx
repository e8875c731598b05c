import type { Outbox } from '../live/outbox.ts';
import type { Draft } from '../state/drafts.ts';

/** An own message on its way, or one that waits or was refused. */
export function DraftItem({ draft, outbox }: { draft: Draft; outbox: Outbox }) {
  const { order, text, status, problem } = draft;
  return (
    <li className="message own draft" data-status={status}>
      <p className="text">{text}</p>
      {status === 'refused' && (
        <div className="failed" role="alert">
          <span>Not sent. {problem}</span>
          <button type="button" onClick={() => void outbox.retry(order)}>
            Try again
          </button>
          <button type="button" onClick={() => void outbox.discard(order)}>
            Discard
          </button>
        </div>
      )}
      {status === 'waiting' && (
        <div className="failed">
          <span>Not sent yet. {problem}</span>
          <button type="button" onClick={() => void outbox.discard(order)}>
            Discard
          </button>
        </div>
      )}
      {(status === 'sending' || status === 'accepted') && (
        <p className="sending">{status === 'sending' ? 'Sending…' : 'Sent'}</p>
      )}
    </li>
  );
}
