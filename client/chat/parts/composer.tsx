import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useClient } from 'urql';
import { SetTypingDocument } from '../documents.ts';
import type { Outbox } from '../live/outbox.ts';
import { TypingSignal } from '../live/typing-signal.ts';
import type { UnsentTexts } from '../state/unsent-texts.ts';
import type { Limits } from './chat.tsx';

interface ComposerProps {
  outbox: Outbox;
  roomId: string;
  roomName: string;
  unsentTexts: UnsentTexts;
  limits: Limits;
}

/** Where one writes: Enter sends, Shift and Enter begin a new line. */
export function Composer({ outbox, roomId, roomName, unsentTexts, limits }: ComposerProps) {
  const [text, setText] = useState(() => unsentTexts.get(roomId));
  const [problem, setProblem] = useState<string | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const typing = useTypingSignal(roomId);
  const left = limits.messageTextCodePoints - [...text].length;
  const maySend = text.trim() !== '' && left >= 0;

  function write(next: string) {
    setText(next);
    unsentTexts.set(roomId, next);
  }

  async function send() {
    if (!maySend) return;
    typing.stop();
    write('');
    field.current?.focus();
    const isKept = await outbox.put({ roomId, roomName, text });
    setProblem(isKept ? null : 'Not sent: this browser has no room to keep it.');
    // What was typed meanwhile comes behind it.
    if (!isKept) write(text + unsentTexts.get(roomId));
  }

  function onKeyDown(event: KeyboardEvent) {
    // While an input method composes a word, Enter belongs to it.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  }

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <textarea
        ref={field}
        aria-label={`Message to ${roomName}`}
        placeholder={`Message to ${roomName}`}
        rows={1}
        value={text}
        onChange={(event) => {
          write(event.target.value);
          typing.typed(event.target.value);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => typing.stop()}
      />
      <button type="submit" className="primary" disabled={!maySend}>
        Send
      </button>
      {problem && (
        <p className="left problem" role="alert">
          {problem}
        </p>
      )}
      {left < 200 && (
        <p className="left" role="status" data-over={left < 0}>
          {left >= 0 ? `${left} characters left` : `${-left} characters too many`}
        </p>
      )}
    </form>
  );
}

function useTypingSignal(roomId: string): TypingSignal {
  const client = useClient();
  const signal = useMemo(
    () =>
      new TypingSignal(async (isTyping) => {
        const { data } = await client.mutation(SetTypingDocument, { roomId, isTyping });
        return data?.setTyping.repeatAfterMs ?? null;
      }),
    [client, roomId],
  );
  useEffect(() => () => signal.stop(), [signal]);
  return signal;
}
