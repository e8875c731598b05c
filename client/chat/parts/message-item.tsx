import { memo, useState } from 'react';
import type { Outbox } from '../live/outbox.ts';
import { type PendingChange, textWith } from '../state/changes.ts';
import type { Message } from '../state/timeline.ts';
import { Avatar } from './avatar.tsx';
import { ChangeNote } from './change-note.tsx';
import type { Limits } from './chat.tsx';
import { EditForm } from './edit-form.tsx';
import { MessageText } from './message-text.tsx';
import { OnlineDot } from './people-online.tsx';
import { usePerson } from './use-wire.ts';

interface MessageItemProps {
  message: Message;
  isContinued: boolean;
  isOwn: boolean;
  /** The author. */
  isOnline: boolean;
  /** Of it, not brought by the log yet. */
  changes: readonly PendingChange[];
  outbox: Outbox;
  room: { readonly id: string; readonly name: string };
  limits: Limits;
}

const notKept = 'Not done: this browser has no room to keep it.';

type Mode = 'reading' | 'editing' | 'deleting';

/** One message: who, when, what. One's own can be edited and deleted. */
export const MessageItem = memo(function MessageItem({
  message,
  isContinued,
  isOwn,
  isOnline,
  changes,
  outbox,
  room,
  limits,
}: MessageItemProps) {
  const [mode, setMode] = useState<Mode>('reading');
  const [problem, setProblem] = useState<string | null>(null);
  const { deletedAt, editedAt } = message;
  const { text, isGoing, last } = textWith(message.text, changes);
  const refused = changes.filter(({ status }) => status === 'refused');
  const refusedEdits = refused.filter(({ kind }) => kind === 'edit');
  const author = usePerson(message.author);
  const name = author?.displayName ?? 'Somebody who left';

  const target = { roomId: room.id, roomName: room.name, messageId: message.id, sendKey: message.clientKey };

  async function save(written: string): Promise<string | null> {
    if (written === text && refusedEdits.length === 0) return null;
    const expectedVersion = Math.max(message.version, ...changes.map(({ madeVersion }) => madeVersion ?? 0));
    const isKept = written === text || (await outbox.edit({ ...target, text: written, expectedVersion }));
    if (!isKept) return notKept;
    // What is written now was begun with their text.
    for (const { order } of refusedEdits) await outbox.discard(order);
    return null;
  }

  async function remove() {
    setMode('reading');
    const isKept = await outbox.delete({ ...target, text: text ?? '' });
    setProblem(isKept ? null : notKept);
  }

  return (
    <li className={`message${isOwn ? ' own' : ''}${isContinued ? ' continued' : ''}`} data-message-id={message.id}>
      {!isContinued && <Avatar person={author} />}
      <p className={isContinued ? 'visually-hidden' : 'byline'}>
        <span className="author">{isOwn ? `${name} (you)` : name}</span>
        {isOnline && !isOwn && !isContinued && <OnlineDot />}
        {author?.isBot && <span className="bot">bot</span>} <Time iso={message.sentAt} />
      </p>
      {deletedAt !== null && <p className="text gone">This message was deleted.</p>}
      {/* Also of a message that was deleted meanwhile: what is typed is not taken away. */}
      {mode === 'editing' && (
        <EditForm
          text={refusedEdits.at(-1)?.text ?? text ?? ''}
          limits={limits}
          onSave={save}
          onDone={() => setMode('reading')}
        />
      )}
      {deletedAt === null && mode !== 'editing' && (
        <p className={isGoing ? 'text going' : 'text'}>
          <MessageText text={text ?? ''} />
          {(editedAt !== null || text !== message.text) && <span className="edited"> (edited)</span>}
        </p>
      )}
      {last !== null && deletedAt === null && <ChangeNote change={last} outbox={outbox} />}
      {refused.map((change) => (
        <ChangeNote key={change.order} change={change} outbox={outbox} />
      ))}
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {isOwn && deletedAt === null && mode === 'reading' && !isGoing && (
        <div className="actions">
          <button type="button" onClick={() => setMode('editing')}>
            Edit
          </button>
          <button type="button" onClick={() => setMode('deleting')}>
            Delete
          </button>
        </div>
      )}
      {mode === 'deleting' && deletedAt === null && (
        <div className="confirm" role="alertdialog" aria-label="Delete this message?">
          <span>Delete this message?</span>
          {/* biome-ignore lint/a11y/noAutofocus: the question has just been asked */}
          <button type="button" autoFocus onClick={() => void remove()}>
            Yes, delete
          </button>
          <button type="button" onClick={() => setMode('reading')}>
            Keep it
          </button>
        </div>
      )}
    </li>
  );
});

function Time({ iso }: { iso: string }) {
  const at = new Date(iso);
  return (
    <time dateTime={iso} title={at.toLocaleString()}>
      {timeFormat.format(at)}
    </time>
  );
}

const timeFormat = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
