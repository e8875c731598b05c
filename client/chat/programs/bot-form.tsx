import { type ReactNode, type SyntheticEvent, useEffect, useRef, useState } from 'react';
import { Field } from '../account/field.tsx';
import { noProblems, type Problems } from '../state/problems.ts';

export interface BotNames {
  readonly handle: string;
  readonly displayName: string;
}

interface BotFormProps {
  /** What the form does, for those who listen. */
  label: string;
  names: BotNames;
  submitLabel: string;
  /** Resolves to null when it is done, or to why not. */
  send: (names: BotNames) => Promise<Problems | null>;
  /** More buttons. */
  children?: ReactNode;
  /** Whether it takes the focus when it comes up. */
  takesFocus?: boolean;
}

/** Name and handle of a bot, to be made or changed. */
export function BotForm({ label, names, submitLabel, send, children, takesFocus = false }: BotFormProps) {
  const [displayName, setDisplayName] = useState(names.displayName);
  const [handle, setHandle] = useState(names.handle);
  const [problems, setProblems] = useState(noProblems);
  const [isBusy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    if (takesFocus) form.current?.querySelector('input')?.focus();
  }, [takesFocus]);

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    setBusy(true);
    const refused = await send({ displayName: displayName.trim(), handle: handle.trim() });
    setBusy(false);
    setProblems(refused ?? noProblems);
    if (refused !== null) return;
    setDisplayName(names.displayName);
    setHandle(names.handle);
  }

  return (
    <form ref={form} aria-label={label} onSubmit={(event) => void submit(event)}>
      <Field
        label="Name to show"
        name="bot-name"
        value={displayName}
        required
        autoComplete="off"
        problem={problems.byField.displayName}
        onChange={(event) => setDisplayName(event.target.value)}
      />
      <Field
        label="Handle"
        name="bot-handle"
        hint="Small letters, digits, “_” and “.”."
        value={handle}
        required
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        problem={problems.byField.handle}
        onChange={(event) => setHandle(event.target.value)}
      />
      <p className="problem" role="alert">
        {problems.general}
      </p>
      <div className="buttons">
        <button type="submit" disabled={isBusy}>
          {isBusy ? 'One moment…' : submitLabel}
        </button>
        {children}
      </div>
    </form>
  );
}
