import { useEffect, useRef, useState } from 'react';
import { useMutation, useQuery } from 'urql';
import type { BotFactsFragment } from '../../gql/graphql.ts';
import { makeKey } from '../../sdk/src/index.ts';
import { Avatar } from '../parts/avatar.tsx';
import { problemsOf } from '../state/problems.ts';
import { faultSentence, refusalSentence } from '../state/sentences.ts';
import { DeleteBotDocument, UpdateBotDocument } from './bot-documents.ts';
import { BotForm, type BotNames } from './bot-form.tsx';
import { BotTokensDocument } from './token-documents.ts';
import { TokenKeeper } from './token-keeper.tsx';

interface BotItemProps {
  bot: BotFactsFragment;
  /** Page cursor of the bot before it; null for the first. */
  cursorBefore: string | null;
  /** Whether its tokens are shown from the beginning. */
  isOpen: boolean;
  /** It was changed or deleted; `what` says how. */
  onChanged: (what: string) => void;
}

type Mode = 'reading' | 'editing' | 'deleting';

/** One bot: its names, its end and its tokens. */
export function BotItem({ bot: { user }, cursorBefore, isOpen, onChanged }: BotItemProps) {
  const [, update] = useMutation(UpdateBotDocument);
  const [{ fetching: isDeleting }, remove] = useMutation(DeleteBotDocument);
  const [mode, setMode] = useState<Mode>('reading');
  const [hasTokens, setHasTokens] = useState(isOpen);
  const [problem, setProblem] = useState<string | null>(null);
  const keep = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (mode === 'deleting') keep.current?.focus();
  }, [mode]);

  async function save(names: BotNames) {
    const { data, error } = await update({ botId: user.id, ...names, clientKey: makeKey() });
    const fields = ['handle', 'displayName'];
    const refused = problemsOf({ error, errors: data?.updateBot.errors, fields });
    if (refused !== null) return refused;
    setMode('reading');
    onChanged(`${names.displayName} is saved.`);
    return null;
  }

  async function end() {
    const { data, error } = await remove({ botId: user.id, clientKey: makeKey() });
    const [refusal] = data?.deleteBot.errors ?? [];
    if (error || refusal) return setProblem(error ? faultSentence(error) : refusal ? refusalSentence(refusal) : null);
    onChanged(`${user.displayName} is deleted.`);
  }

  return (
    <li>
      <div className="person">
        <Avatar person={user} />
        <div>
          <strong>{user.displayName}</strong>
          <p className="aside">@{user.handle}</p>
        </div>
      </div>
      {mode === 'reading' && (
        <div className="bot-actions">
          <button type="button" className="quiet" onClick={() => setMode('editing')}>
            Edit <span className="visually-hidden">{user.displayName}</span>
          </button>
          <button type="button" className="quiet" onClick={() => setMode('deleting')}>
            Delete <span className="visually-hidden">{user.displayName}</span>
          </button>
        </div>
      )}
      {mode === 'editing' && (
        <BotForm
          label={`Edit ${user.displayName}`}
          names={{ handle: user.handle ?? '', displayName: user.displayName }}
          submitLabel="Save"
          send={save}
          takesFocus
        >
          <button type="button" onClick={() => setMode('reading')}>
            Cancel
          </button>
        </BotForm>
      )}
      {mode === 'deleting' && (
        <div className="confirm" role="alertdialog" aria-label={`Delete ${user.displayName}?`}>
          <p>Its tokens end and it leaves its rooms at once. What it wrote stays.</p>
          <div className="buttons">
            <button type="button" disabled={isDeleting} onClick={() => void end()}>
              Yes, delete
            </button>
            <button type="button" ref={keep} onClick={() => setMode('reading')}>
              Keep it
            </button>
          </div>
        </div>
      )}
      <p className="problem" role="alert">
        {problem}
      </p>
      <details open={isOpen} onToggle={({ currentTarget }) => setHasTokens(currentTarget.open)}>
        <summary>
          Tokens <span className="visually-hidden">of {user.displayName}</span>
        </summary>
        {hasTokens && <BotTokens botId={user.id} name={user.displayName} cursorBefore={cursorBefore} />}
      </details>
    </li>
  );
}

function BotTokens({ botId, name, cursorBefore }: { botId: string; name: string; cursorBefore: string | null }) {
  const variables = { after: cursorBefore };
  const [{ data, error }, repeat] = useQuery({ query: BotTokensDocument, variables, requestPolicy: 'network-only' });
  const [bot] = data?.viewer?.bots.nodes ?? [];
  return (
    <div className="tokens">
      <p className="problem" role="alert">
        {error && faultSentence(error)}
      </p>
      <TokenKeeper
        // While bots are deleted in another window the cursor may lead to another one for a moment.
        tokens={bot?.user.id === botId ? bot.apiTokens.nodes : undefined}
        botId={botId}
        label={`API tokens of ${name}`}
        ifNone="It has none, and cannot sign in."
        reload={() => repeat({ requestPolicy: 'network-only' })}
      />
    </div>
  );
}
