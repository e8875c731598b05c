import { type SyntheticEvent, useState } from 'react';
import { useMutation } from 'urql';
import { makeKey } from '../../sdk/src/index.ts';
import { noProblems, problemsOf } from '../state/problems.ts';
import { ChangeHandleDocument, UpdateProfileDocument } from './documents.ts';
import { Field } from './field.tsx';

/** The name that others see. */
export function NameForm({ displayName, limit }: { displayName: string; limit: number }) {
  const [{ fetching }, update] = useMutation(UpdateProfileDocument);
  const form = useForm(displayName);

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    const { data, error } = await update({ displayName: form.text.trim(), clientKey: makeKey() });
    form.settled(problemsOf({ error, errors: data?.updateProfile.errors, fields: ['displayName'] }));
  }

  return (
    <form aria-label="Name to show" onSubmit={(event) => void submit(event)}>
      <Field
        label="Name to show"
        name="displayName"
        value={form.text}
        required
        maxLength={limit * 2}
        autoComplete="nickname"
        problem={form.problems.byField.displayName}
        onChange={(event) => form.write(event.target.value)}
      />
      <Outcome form={form} />
      <button type="submit" disabled={fetching || form.text.trim() === displayName}>
        {fetching ? 'One moment…' : 'Save name'}
      </button>
    </form>
  );
}

/** The name that one signs in with. */
export function HandleForm({ handle }: { handle: string }) {
  const [{ fetching }, change] = useMutation(ChangeHandleDocument);
  const form = useForm(handle);

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    const { data, error } = await change({ handle: form.text.trim(), clientKey: makeKey() });
    form.settled(problemsOf({ error, errors: data?.changeHandle.errors, fields: ['handle'] }));
  }

  return (
    <form aria-label="Handle" onSubmit={(event) => void submit(event)}>
      <Field
        label="Handle"
        name="username"
        hint="You sign in with it. The old one is free for others at once."
        value={form.text}
        required
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        problem={form.problems.byField.handle}
        onChange={(event) => form.write(event.target.value)}
      />
      <Outcome form={form} />
      <button type="submit" disabled={fetching || form.text.trim() === handle}>
        {fetching ? 'One moment…' : 'Save handle'}
      </button>
    </form>
  );
}

/** A form of one field: its text, and what came of saving it. */
function useForm(saved: string) {
  const [text, setText] = useState(saved);
  const [problems, setProblems] = useState(noProblems);
  const [isDone, setDone] = useState(false);
  return {
    text,
    problems,
    isDone,
    write(next: string) {
      setText(next);
      setDone(false);
    },
    settled(refused: typeof problems | null) {
      setProblems(refused ?? noProblems);
      setDone(refused === null);
    },
  };
}

function Outcome({ form: { problems, isDone } }: { form: ReturnType<typeof useForm> }) {
  return (
    <>
      <p className="problem" role="alert">
        {problems.general}
      </p>
      <p className="saved" role="status">
        {isDone && 'Saved.'}
      </p>
    </>
  );
}
