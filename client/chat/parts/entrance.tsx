import { type SyntheticEvent, useState } from 'react';
import { useMutation } from 'urql';
import { makeGuestName } from '../../wire/guest-name.ts';
import { EnterDocument } from '../documents.ts';
import { faultSentence, refusalSentence } from '../state/sentences.ts';

/** Come in as a guest, under a name of one's own or the one proposed. */
export function Entrance({ nameLimit, onEntered }: { nameLimit: number; onEntered: () => void }) {
  const [{ fetching }, enter] = useMutation(EnterDocument);
  const [proposal] = useState(makeGuestName);
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string | null>(null);

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    const { data, error } = await enter({ displayName: name.trim() || proposal });
    const [refusal] = data?.enterAsGuest.errors ?? [];
    if (error) setProblem(faultSentence(error));
    else if (refusal) setProblem(refusalSentence(refusal));
    else onEntered();
  }

  return (
    <main className="entrance">
      <h1>Parley</h1>
      <p>Come in and say hello. No account is needed.</p>
      <form onSubmit={(event) => void submit(event)}>
        <label htmlFor="display-name">Your name</label>
        <input
          id="display-name"
          value={name}
          placeholder={proposal}
          maxLength={nameLimit * 2}
          autoComplete="nickname"
          aria-describedby="display-name-problem"
          aria-invalid={problem !== null}
          // biome-ignore lint/a11y/noAutofocus: the one field of this page
          autoFocus
          onChange={(event) => setName(event.target.value)}
        />
        <p id="display-name-problem" className="problem" role="alert">
          {problem}
        </p>
        <button type="submit" className="primary" disabled={fetching}>
          {fetching ? 'One moment…' : 'Enter as a guest'}
        </button>
      </form>
      <p className="aside">
        Building something? The whole API is in <a href="/graphql">GraphiQL</a>.
      </p>
    </main>
  );
}
