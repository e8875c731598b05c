import { type SyntheticEvent, useState } from 'react';
import { useMutation } from 'urql';
import { noProblems, problemsOf } from '../state/problems.ts';
import { SignUpDocument } from './documents.ts';
import { Field, PasswordField } from './field.tsx';

interface SignUpFormProps {
  nameLimit: number;
  /** True for a guest who is signed in: they keep their name, their rooms and their messages. */
  keepsGuest: boolean;
  onSignedUp: () => void;
}

/** A handle and a password, for somebody new or for a guest who wants to come back. */
export function SignUpForm({ nameLimit, keepsGuest, onSignedUp }: SignUpFormProps) {
  const [{ fetching }, signUp] = useMutation(SignUpDocument);
  const [handle, setHandle] = useState('');
  const [password, setPassword] = useState('');
  const [name, setName] = useState('');
  const [problems, setProblems] = useState(noProblems);

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    const { data, error } = await signUp({ handle: handle.trim(), password, displayName: name.trim() || null });
    const fields = keepsGuest ? ['handle', 'password'] : ['handle', 'password', 'displayName'];
    const refused = problemsOf({ error, errors: data?.signUp.errors, fields });
    setProblems(refused ?? noProblems);
    if (refused === null) onSignedUp();
  }

  return (
    <form aria-label={keepsGuest ? 'Keep this account' : 'Create an account'} onSubmit={(event) => void submit(event)}>
      <Field
        label="Handle"
        name="username"
        hint="Small letters, digits, “_” and “.”. You sign in with it."
        value={handle}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        autoFocus={!keepsGuest}
        problem={problems.byField.handle}
        onChange={(event) => setHandle(event.target.value)}
      />
      <PasswordField
        label="Password"
        name="password"
        hint="At least 8 characters."
        autoComplete="new-password"
        value={password}
        problem={problems.byField.password}
        onChange={(event) => setPassword(event.target.value)}
      />
      {!keepsGuest && (
        <Field
          label="Name to show (may be empty)"
          name="displayName"
          value={name}
          maxLength={nameLimit * 2}
          autoComplete="nickname"
          problem={problems.byField.displayName}
          onChange={(event) => setName(event.target.value)}
        />
      )}
      <p className="problem" role="alert">
        {problems.general}
      </p>
      <button type="submit" className="primary" disabled={fetching}>
        {fetching ? 'One moment…' : keepsGuest ? 'Keep this account' : 'Create account'}
      </button>
    </form>
  );
}
