import { type SyntheticEvent, useState } from 'react';
import { useMutation } from 'urql';
import { makeGuestName } from '../../wire/guest-name.ts';
import { noProblems, problemsOf } from '../state/problems.ts';
import { EnterDocument } from './documents.ts';
import { Field } from './field.tsx';

/** Come in under a name of one's own or the one proposed. */
export function GuestForm({ nameLimit, onEntered }: { nameLimit: number; onEntered: () => void }) {
  const [{ fetching }, enter] = useMutation(EnterDocument);
  const [proposal] = useState(makeGuestName);
  const [name, setName] = useState('');
  const [problems, setProblems] = useState(noProblems);

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    const { data, error } = await enter({ displayName: name.trim() || proposal });
    const refused = problemsOf({ error, errors: data?.enterAsGuest.errors, fields: ['displayName'] });
    setProblems(refused ?? noProblems);
    if (refused === null) onEntered();
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <Field
        label="Your name"
        name="displayName"
        value={name}
        placeholder={proposal}
        maxLength={nameLimit * 2}
        autoComplete="nickname"
        autoFocus
        problem={problems.byField.displayName}
        onChange={(event) => setName(event.target.value)}
      />
      <p className="problem" role="alert">
        {problems.general}
      </p>
      <button type="submit" className="primary" disabled={fetching}>
        {fetching ? 'One moment…' : 'Enter as a guest'}
      </button>
    </form>
  );
}
