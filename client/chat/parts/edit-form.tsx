import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { Limits } from './chat.tsx';

interface EditFormProps {
  text: string;
  limits: Limits;
  /** Resolves to null, or to why it could not be kept. */
  onSave: (text: string) => Promise<string | null>;
  onDone: () => void;
}

/** Enter saves, Escape leaves the text as it was. */
export function EditForm({ text: before, limits, onSave, onDone }: EditFormProps) {
  const [text, setText] = useState(before);
  const [problem, setProblem] = useState<string | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    const { current } = field;
    current?.focus();
    current?.setSelectionRange(current.value.length, current.value.length);
  }, []);

  const isOver = [...text].length > limits.messageTextCodePoints;
  const maySave = text.trim() !== '' && !isOver;

  async function save() {
    if (!maySave) return;
    const whyNot = await onSave(text);
    if (whyNot === null) onDone();
    else setProblem(whyNot);
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Escape') onDone();
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void save();
  }

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
        <button type="submit" className="primary" disabled={!maySave}>
          Save
        </button>
        <button type="button" onClick={onDone}>
          Cancel
        </button>
      </div>
    </form>
  );
}
