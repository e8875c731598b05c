import { useState } from 'react';
import type { Outbox } from '../live/outbox.ts';
import type { Draft } from '../state/drafts.ts';
import type { Limits } from './chat.tsx';
import { EditForm } from './edit-form.tsx';

interface DraftItemProps {
  draft: Draft;
  outbox: Outbox;
  room: { readonly id: string; readonly name: string };
  limits: Limits;
}

/** An own message on its way, or one that waits or was refused. */
export function DraftItem({ draft, outbox, room, limits }: DraftItemProps) {
  const { order, text, status, problem, clientKey } = draft;
  const [isEditing, setEditing] = useState(false);

  async function save(written: string): Promise<string | null> {
    if (written === text) return null;
    const isKept = await outbox.edit({
      roomId: room.id,
      roomName: room.name,
      messageId: null,
      sendKey: clientKey,
      text: written,
      expectedVersion: null,
    });
    return isKept ? null : 'Not done: this browser has no room to keep it.';
  }

  return (
    <li className="message own draft" data-status={status}>
      {isEditing ? (
        <EditForm text={text} limits={limits} onSave={save} onDone={() => setEditing(false)} />
      ) : (
        <p className="text">{text}</p>
      )}
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
          {!isEditing && (
            <button type="button" onClick={() => setEditing(true)}>
              Edit
            </button>
          )}
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
