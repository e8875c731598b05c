import { type SyntheticEvent, useState } from 'react';
import { useMutation } from 'urql';
import { noProblems, problemsOf } from '../state/problems.ts';
import { ChangePasswordDocument } from './documents.ts';
import { PasswordField } from './field.tsx';

/** Changes the password, which signs out all other devices. `onChanged` is called when it has. */
export function PasswordForm({ handle, onChanged }: { handle: string; onChanged: () => void }) {
  const [{ fetching }, change] = useMutation(ChangePasswordDocument);
  const [currentPassword, setCurrent] = useState('');
  const [newPassword, setNew] = useState('');
  const [problems, setProblems] = useState(noProblems);
  const [isDone, setDone] = useState(false);

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    const { data, error } = await change({ currentPassword, newPassword });
    const fields = ['currentPassword', 'newPassword'];
    const refused = problemsOf({ error, errors: data?.changePassword.errors, fields });
    setProblems(refused ?? noProblems);
    setDone(refused === null);
    if (refused !== null) return;
    setCurrent('');
    setNew('');
    onChanged();
  }

  return (
    <form aria-label="Password" onSubmit={(event) => void submit(event)}>
      {/* Tells password managers whose password it is. */}
      <input type="text" name="username" autoComplete="username" value={handle} readOnly hidden />
      <PasswordField
        label="Current password"
        name="currentPassword"
        autoComplete="current-password"
        value={currentPassword}
        problem={problems.byField.currentPassword}
        onChange={(event) => setCurrent(event.target.value)}
      />
      <PasswordField
        label="New password"
        name="newPassword"
        hint="At least 8 characters. All other devices are signed out."
        autoComplete="new-password"
        value={newPassword}
        problem={problems.byField.newPassword}
        onChange={(event) => setNew(event.target.value)}
      />
      <p className="problem" role="alert">
        {problems.general}
      </p>
      <p className="saved" role="status">
        {isDone && 'Your password is changed, and all other devices are signed out.'}
      </p>
      <button type="submit" disabled={fetching}>
        {fetching ? 'One moment…' : 'Change password'}
      </button>
    </form>
  );
}
