import { type SyntheticEvent, useState } from 'react';
import { useMutation, useQuery } from 'urql';
import { noProblems, problemsOf } from '../state/problems.ts';
import { useConfirmation } from './confirm.tsx';
import { SignInStateDocument } from './confirm-documents.ts';
import { ChangePasswordDocument } from './documents.ts';
import { PasswordField } from './field.tsx';

/**
 * Changes the password, which signs out all other devices, or sets the first one of who came by a provider or a passkey.
 * `onChanged` is called when it has.
 */
export function PasswordForm({ handle, onChanged }: { handle: string; onChanged: () => void }) {
  const [{ data: known }, readState] = useQuery({ query: SignInStateDocument, requestPolicy: 'network-only' });
  const [{ fetching }, change] = useMutation(ChangePasswordDocument);
  const confirmation = useConfirmation();
  const [currentPassword, setCurrent] = useState('');
  const [newPassword, setNew] = useState('');
  const [problems, setProblems] = useState(noProblems);
  const [done, setDone] = useState('');
  if (!known?.viewer) return null;
  const { hasPassword } = known.viewer;

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    const given = { currentPassword: hasPassword ? currentPassword : null, newPassword };
    const { data, error } = await confirmation.run(
      () => change(given),
      (answer) => answer.data?.changePassword.errors,
    );
    const fields = hasPassword ? ['currentPassword', 'newPassword'] : ['newPassword'];
    const refused = problemsOf({ error, errors: data?.changePassword.errors, fields });
    setProblems(refused ?? noProblems);
    const changed = 'Your password is changed, and all other devices are signed out.';
    setDone(refused !== null ? '' : hasPassword ? changed : 'From now on you can sign in with your password.');
    if (refused !== null) return;
    setCurrent('');
    setNew('');
    readState({ requestPolicy: 'network-only' });
    onChanged();
  }

  return (
    <form aria-label="Password" onSubmit={(event) => void submit(event)}>
      {/* Tells password managers whose password it is. */}
      <input type="text" name="username" autoComplete="username" value={handle} readOnly hidden />
      {hasPassword ? (
        <PasswordField
          label="Current password"
          name="currentPassword"
          autoComplete="current-password"
          value={currentPassword}
          problem={problems.byField.currentPassword}
          onChange={(event) => setCurrent(event.target.value)}
        />
      ) : (
        <p>You have none yet: with one you can sign in as @{handle} from anywhere.</p>
      )}
      <PasswordField
        label="New password"
        name="newPassword"
        hint={hasPassword ? 'At least 8 characters. All other devices are signed out.' : 'At least 8 characters.'}
        autoComplete="new-password"
        value={newPassword}
        problem={problems.byField.newPassword}
        onChange={(event) => setNew(event.target.value)}
      />
      <p className="problem" role="alert">
        {problems.general}
      </p>
      <p className="saved" role="status">
        {done}
      </p>
      <button type="submit" disabled={fetching}>
        {fetching ? 'One moment…' : hasPassword ? 'Change password' : 'Set a password'}
      </button>
    </form>
  );
}
