import { type SyntheticEvent, useState } from 'react';
import { useMutation } from 'urql';
import { makeKey } from '../../sdk/src/index.ts';
import { noProblems, problemsOf } from '../state/problems.ts';
import { ChangeHandleDocument } from './documents.ts';
import { Field } from './field.tsx';

/** The name that one signs in with. */
export function HandleForm({ handle }: { handle: string }) {
  const [{ data, fetching }, change] = useMutation(ChangeHandleDocument);
  const [text, setText] = useState(handle);
  const [problems, setProblems] = useState(noProblems);

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    const { data: answer, error } = await change({ handle: text.trim(), clientKey: makeKey() });
    setProblems(problemsOf({ error, errors: answer?.changeHandle.errors, fields: ['handle'] }) ?? noProblems);
  }

  return (
    <form aria-label="Handle" onSubmit={(event) => void submit(event)}>
      <Field
        label="Handle"
        name="username"
        hint="You sign in with it. The old one is free for others at once."
        value={text}
        required
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        problem={problems.byField.handle}
        onChange={(event) => setText(event.target.value)}
      />
      <p className="problem" role="alert">
        {problems.general}
      </p>
      <p className="saved" role="status">
        {text === handle && data?.changeHandle.user && 'Saved.'}
      </p>
      <button type="submit" disabled={fetching || text.trim() === handle}>
        {fetching ? 'One moment…' : 'Save handle'}
      </button>
    </form>
  );
}
