import { type SyntheticEvent, useEffect, useId, useRef, useState } from 'react';
import { useMutation } from 'urql';
import type { ApiScope } from '../../gql/graphql.ts';
import { useConfirmation } from '../account/confirm.tsx';
import { Field } from '../account/field.tsx';
import { noProblems, problemsOf } from '../state/problems.ts';
import { scopeNames } from './scopes.ts';
import { CreateApiTokenDocument } from './token-documents.ts';

/** A token whose text the server shows this once. */
export interface ShownToken {
  readonly id: string;
  readonly name: string;
  readonly text: string;
}

const scopes = Object.keys(scopeNames) as ApiScope[];
const lifetimes = [
  { days: 30, label: '30 days' },
  { days: 90, label: '90 days' },
  { days: 365, label: 'A year' },
  { days: null, label: 'No end' },
];

/** `botId`: whom the token acts as; null for oneself. */
export function TokenForm({ botId, onMade }: { botId: string | null; onMade: (made: ShownToken) => void }) {
  const [{ fetching }, create] = useMutation(CreateApiTokenDocument);
  const confirmation = useConfirmation();
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<readonly ApiScope[]>(botId === null ? ['READ'] : ['READ', 'WRITE', 'ROOMS']);
  const [lifetime, setLifetime] = useState(1);
  const [problems, setProblems] = useState(noProblems);
  const id = useId();

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    const expiresInDays = lifetimes[lifetime]?.days ?? null;
    const { data, error } = await confirmation.run(
      () => create({ name: name.trim(), scopes: [...chosen], expiresInDays, botId }),
      (answer) => answer.data?.createApiToken.errors,
    );
    const made = data?.createApiToken;
    setProblems(problemsOf({ error, errors: made?.errors, fields: ['name', 'scopes'] }) ?? noProblems);
    if (!made?.token || !made.apiToken) return;
    setName('');
    onMade({ id: made.apiToken.id, name: made.apiToken.name, text: made.token });
  }

  return (
    <form aria-label="Make an API token" onSubmit={(event) => void submit(event)}>
      <Field
        label="What it is for"
        name="token-name"
        value={name}
        placeholder={botId === null ? 'Backup of my rooms' : 'Where it runs'}
        autoComplete="off"
        required
        problem={problems.byField.name}
        onChange={(event) => setName(event.target.value)}
      />
      <fieldset className="token-scopes" aria-describedby={`${id}-scopes`}>
        <legend>It may</legend>
        {scopes.map((scope) => (
          <label key={scope}>
            <input
              type="checkbox"
              checked={chosen.includes(scope)}
              onChange={({ target }) =>
                setChosen(scopes.filter((one) => (one === scope ? target.checked : chosen.includes(one))))
              }
            />
            {botId === null ? scopeNames[scope].long : scopeNames[scope].ofBot}
          </label>
        ))}
        <p id={`${id}-scopes`} className="problem" role="alert">
          {problems.byField.scopes}
        </p>
      </fieldset>
      <div className="field">
        <label htmlFor={`${id}-lifetime`}>It ends after</label>
        <select id={`${id}-lifetime`} value={lifetime} onChange={(event) => setLifetime(Number(event.target.value))}>
          {lifetimes.map(({ label }, index) => (
            <option key={label} value={index}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <p className="problem" role="alert">
        {problems.general}
      </p>
      <button type="submit" disabled={fetching}>
        {fetching ? 'One moment…' : 'Make a token'}
      </button>
    </form>
  );
}

/** The text of a token, to be taken away: it is in this page alone, and gone with it. */
export function NewToken({ shown, onDone }: { shown: ShownToken; onDone: () => void }) {
  const [note, setNote] = useState('');
  const text = useRef<HTMLInputElement>(null);
  const id = useId();

  useEffect(() => text.current?.select(), []);

  /** Without a secure connection a page may not write to the clipboard: then the text is chosen, for a key to copy it. */
  async function copy() {
    text.current?.select();
    const isCopied = await navigator.clipboard?.writeText(shown.text).then(
      () => true,
      () => false,
    );
    setNote(isCopied ? 'Copied.' : 'Copy it with your keyboard: it is selected.');
  }

  return (
    <div className="new-token">
      <label htmlFor={id}>
        The token <strong>{shown.name}</strong>. Copy it now: it is not shown again.
      </label>
      <div className="token-line">
        <input id={id} ref={text} readOnly value={shown.text} autoComplete="off" spellCheck={false} />
        <button type="button" className="primary" onClick={() => void copy()}>
          Copy
        </button>
        <button type="button" className="quiet" onClick={onDone}>
          Done
        </button>
      </div>
      <p className="aside" role="status">
        {note}
      </p>
    </div>
  );
}
