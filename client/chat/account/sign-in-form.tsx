import { type SyntheticEvent, useState } from 'react';
import { useMutation } from 'urql';
import { noProblems, problemsOf } from '../state/problems.ts';
import { SignInDocument } from './documents.ts';
import { Field, PasswordField } from './field.tsx';

/** Sign in with a handle and a password. `knownHandle`: of who was here last. */
export function SignInForm({ knownHandle, onEntered }: { knownHandle: string | null; onEntered: () => void }) {
  const [{ fetching }, signIn] = useMutation(SignInDocument);
  const [handle, setHandle] = useState(knownHandle ?? '');
  const [password, setPassword] = useState('');
  const [problems, setProblems] = useState(noProblems);

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    const { data, error } = await signIn({ handle: handle.trim(), password });
    const refused = problemsOf({ error, errors: data?.signIn.errors, fields: ['handle', 'password'] });
    setProblems(refused ?? noProblems);
    if (refused === null) onEntered();
  }

  return (
    <form aria-label="Sign in" onSubmit={(event) => void submit(event)}>
      <Field
        label="Handle"
        name="username"
        value={handle}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        autoFocus={knownHandle === null}
        problem={problems.byField.handle}
        onChange={(event) => setHandle(event.target.value)}
      />
      <PasswordField
        label="Password"
        name="password"
        autoComplete="current-password"
        value={password}
        autoFocus={knownHandle !== null}
        problem={problems.byField.password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <p className="problem" role="alert">
        {problems.general}
      </p>
      <button type="submit" className="primary" disabled={fetching}>
        {fetching ? 'One moment…' : 'Sign in'}
      </button>
    </form>
  );
}
