import { type SyntheticEvent, useEffect, useRef, useState } from 'react';
import { useQuery } from 'urql';
import type { DeletedContent } from '../../gql/graphql.ts';
import { ConfirmationDialog, useConfirmation } from '../account/confirm.tsx';
import { Field, PasswordField } from '../account/field.tsx';
import type { Wire } from '../live/wire.ts';
import type { Person } from '../parts/chat.tsx';
import { settingsHash } from '../parts/use-slug.ts';
import { noProblems, problemsOf } from '../state/problems.ts';
import { faultSentence } from '../state/sentences.ts';
import { DeletionOptionsDocument } from './documents.ts';
import { ExportData } from './export-data.tsx';
import './leaving.css';

const contentChoices: Readonly<Record<DeletedContent, { readonly choice: string; readonly only: string }>> = {
  ERASE: {
    choice: 'Delete them, for everybody',
    only: 'Your messages are deleted, for everybody.',
  },
  KEEP: {
    choice: 'Leave them where they are, under “Deleted user”',
    only: 'Your messages stay where they are, under “Deleted user”.',
  },
};

/** What a guest types, who has no handle. */
const guestWord = 'delete';

interface DeleteAccountProps {
  wire: Wire;
  viewer: Person;
  onClose: () => void;
  onDeleted: (content: DeletedContent) => void;
}

/** The page that deletes the account: what happens, what becomes of the messages, and the proofs that it is meant. */
export function DeleteAccount({ wire, viewer, onClose, onDeleted }: DeleteAccountProps) {
  const [{ data, error }] = useQuery({ query: DeletionOptionsDocument, requestPolicy: 'network-only' });
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);

  return (
    <main className="room settings" aria-labelledby="leaving-heading">
      <header className="room-head">
        <button type="button" className="back-to-room quiet" onClick={onClose} aria-label="Back to the settings">
          ‹
        </button>
        <div className="room-title">
          <h1 id="leaving-heading" ref={heading} tabIndex={-1}>
            Delete account
          </h1>
        </div>
      </header>
      <div className="sections">
        <section aria-label="What happens">
          <h2>What happens</h2>
          <ul className="consequences">
            <li>You are signed out everywhere, and cannot sign in again.</li>
            {viewer.handle === null ? (
              <li>Your name and profile are gone.</li>
            ) : (
              <>
                <li>Your name, picture and profile are gone, and so are your API tokens and your bots.</li>
                <li>Nobody else can ever have your handle.</li>
              </>
            )}
            <li>You leave all rooms. A room that you alone own goes to whoever has been in it for longest.</li>
            <li>
              <strong>Nothing of it can be undone.</strong>
            </li>
          </ul>
        </section>
        <section aria-label="Your data">
          <h2>Take your data with you</h2>
          <ExportData />
        </section>
        {data ? (
          <ConfirmationDialog>
            <DeleteForm
              wire={wire}
              viewer={viewer}
              offered={data.server.deletedContent.filter((one) => one in contentChoices)}
              hasPassword={data.viewer?.hasPassword ?? false}
              onDeleted={onDeleted}
            />
          </ConfirmationDialog>
        ) : (
          <p role="status">{error ? faultSentence(error) : 'Loading…'}</p>
        )}
      </div>
    </main>
  );
}

interface DeleteFormProps extends Omit<DeleteAccountProps, 'onClose'> {
  offered: readonly DeletedContent[];
  hasPassword: boolean;
}

function DeleteForm({ wire, viewer: { handle }, offered, hasPassword, onDeleted }: DeleteFormProps) {
  const confirmation = useConfirmation();
  const [content, setContent] = useState<DeletedContent>(offered[0] ?? 'ERASE');
  const [password, setPassword] = useState('');
  const [typed, setTyped] = useState('');
  const [problems, setProblems] = useState(noProblems);
  const [isBusy, setBusy] = useState(false);
  const word = handle ?? guestWord;

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    if (typed.trim().replace(/^@/, '').toLowerCase() !== word) {
      return setProblems({ byField: { confirmation: `Type ${word}, to say that you mean it.` }, general: null });
    }
    setBusy(true);
    const whyNot = await confirmation.run(
      () => wire.deleteAccount({ content, password: hasPassword ? password : null }),
      (refused) => (typeof refused === 'object' && refused !== null ? [refused] : []),
    );
    setBusy(false);
    if (whyNot === null) return onDeleted(content);
    if (typeof whyNot === 'string') return setProblems({ byField: {}, general: whyNot });
    setProblems(problemsOf({ error: undefined, errors: [whyNot], fields: ['password'] }) ?? noProblems);
  }

  return (
    <form className="leaving" aria-label="Delete account" onSubmit={(event) => void submit(event)}>
      {offered.length > 1 ? (
        <fieldset className="contents">
          <legend>Your messages</legend>
          {offered.map((one) => (
            <label key={one}>
              <input type="radio" name="content" checked={content === one} onChange={() => setContent(one)} />
              {contentChoices[one].choice}
            </label>
          ))}
        </fieldset>
      ) : (
        <p>{contentChoices[content].only}</p>
      )}
      {handle !== null && hasPassword && (
        <>
          {/* Tells password managers whose password it is. */}
          <input type="text" name="username" autoComplete="username" value={handle} readOnly hidden />
          <PasswordField
            label="Password"
            name="password"
            autoComplete="current-password"
            value={password}
            problem={problems.byField.password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </>
      )}
      <Field
        label={handle === null ? `Type “${guestWord}” to confirm` : 'Type your handle to confirm'}
        name="confirmation"
        hint={handle === null ? '' : `It is ${handle}.`}
        value={typed}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        problem={problems.byField.confirmation}
        onChange={(event) => setTyped(event.target.value)}
      />
      <p className="problem" role="alert">
        {problems.general}
      </p>
      <div className="buttons">
        <button type="submit" className="danger" disabled={isBusy}>
          {isBusy ? 'One moment…' : 'Delete my account for ever'}
        </button>
        <a className="button" href={settingsHash}>
          Keep it
        </a>
      </div>
    </form>
  );
}
