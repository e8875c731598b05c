import type { RoomSession } from '../live/room-session.ts';
import type { Draft } from '../state/timeline.ts';

/** An own message on its way, or one that could not be sent. */
export function DraftItem({ draft, session }: { draft: Draft; session: RoomSession }) {
  const { clientKey, text, status, problem } = draft;
  return (
    <li className="message own draft" data-status={status}>
      <p className="text">{text}</p>
      {status === 'failed' ? (
        <div className="failed" role="alert">
          <span>{problem}</span>
          <button type="button" onClick={() => session.retry(clientKey)}>
            Try again
          </button>
          <button type="button" onClick={() => session.discard(clientKey)}>
            Discard
          </button>
        </div>
      ) : (
        <p className="sending">{status === 'sending' ? 'Sending…' : 'Sent'}</p>
      )}
    </li>
  );
}
