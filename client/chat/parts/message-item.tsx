import { type KeyboardEvent, memo, useEffect, useRef, useState } from 'react';
import type { RoomSession } from '../live/room-session.ts';
import type { Message } from '../state/timeline.ts';
import { Avatar } from './avatar.tsx';
import type { Limits } from './chat.tsx';
import { MessageText } from './message-text.tsx';
import { OnlineDot } from './people-online.tsx';

interface MessageItemProps {
  message: Message;
  isContinued: boolean;
  isOwn: boolean;
  /** The author. */
  isOnline: boolean;
  session: RoomSession;
  limits: Limits;
}

type Mode = 'reading' | 'editing' | 'deleting';

/** One message: who, when, what. One's own can be edited and deleted. */
export const MessageItem = memo(function MessageItem({
  message,
  isContinued,
  isOwn,
  isOnline,
  session,
  limits,
}: MessageItemProps) {
  const [mode, setMode] = useState<Mode>('reading');
  const [problem, setProblem] = useState<string | null>(null);
  const { author, deletedAt, editedAt, text } = message;
  const name = author?.displayName ?? 'Somebody who left';

  async function remove() {
    setProblem(await session.remove(message));
    setMode('reading');
  }

  return (
    <li className={`message${isOwn ? ' own' : ''}${isContinued ? ' continued' : ''}`} data-message-id={message.id}>
      {!isContinued && <Avatar person={author} />}
      <p className={isContinued ? 'visually-hidden' : 'byline'}>
        <span className="author">{isOwn ? `${name} (you)` : name}</span>
        {isOnline && !isOwn && !isContinued && <OnlineDot />}
        {author?.isBot && <span className="bot">bot</span>} <Time iso={message.sentAt} />
      </p>
      {deletedAt !== null ? (
        <p className="text gone">This message was deleted.</p>
      ) : mode === 'editing' ? (
        <EditForm message={message} session={session} limits={limits} onDone={() => setMode('reading')} />
      ) : (
        <p className="text">
          <MessageText text={text ?? ''} />
          {editedAt !== null && <span className="edited"> (edited)</span>}
        </p>
      )}
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {isOwn && deletedAt === null && mode === 'reading' && (
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

interface EditFormProps {
  message: Message;
  session: RoomSession;
  limits: Limits;
  onDone: () => void;
}

/** Enter saves, Escape leaves the message as it was. */
function EditForm({ message, session, limits, onDone }: EditFormProps) {
  const [text, setText] = useState(message.text ?? '');
  const [problem, setProblem] = useState<string | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    const { current } = field;
    current?.focus();
    current?.setSelectionRange(current.value.length, current.value.length);
  }, []);

  async function save() {
    if (text === message.text) return onDone();
    const whyNot = await session.edit(message, text);
    if (whyNot === null) onDone();
    else setProblem(whyNot);
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Escape') onDone();
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void save();
  }

  const isOver = [...text].length > limits.messageTextCodePoints;
  return (
    <form
      className="edit"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <textarea
        ref={field}
        aria-label="Edit the message"
        value={text}
        rows={2}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <div className="buttons">
        <button type="submit" className="primary" disabled={text.trim() === '' || isOver}>
          Save
        </button>
        <button type="button" onClick={onDone}>
          Cancel
        </button>
      </div>
    </form>
  );
}

const timeFormat = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
