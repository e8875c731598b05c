import { useState } from 'react';
import { useMutation } from 'urql';
import type { ApiTokenFactsFragment } from '../../gql/graphql.ts';
import { faultSentence, refusalSentence } from '../state/sentences.ts';
import { scopeNames } from './scopes.ts';
import { RevokeApiTokenDocument } from './token-documents.ts';
import { NewToken, type ShownToken, TokenForm } from './token-form.tsx';
import './tokens.css';

interface TokenKeeperProps {
  /** Undefined while they are on their way. */
  tokens: readonly ApiTokenFactsFragment[] | undefined;
  /** Whose they are; null for one's own. */
  botId: string | null;
  /** Says whose they are. */
  label: string;
  ifNone: string;
  /** They have changed. */
  reload: () => void;
}

/** The API tokens of oneself or a bot: those there are, each to be revoked, and a form that makes another. */
export function TokenKeeper({ tokens, botId, label, ifNone, reload }: TokenKeeperProps) {
  const [{ fetching }, revoke] = useMutation(RevokeApiTokenDocument);
  const [shown, setShown] = useState<ShownToken | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  async function end(token: ApiTokenFactsFragment) {
    const { data: answer, error } = await revoke({ apiTokenId: token.id });
    const [refusal] = answer?.revokeApiToken.errors ?? [];
    setProblem(error ? faultSentence(error) : refusal ? refusalSentence(refusal) : null);
    if (!error && shown?.id === token.id) setShown(null);
    reload();
  }

  return (
    <>
      {tokens?.length === 0 && <p>{ifNone}</p>}
      <ul className="token-list" aria-label={label}>
        {tokens?.map((token) => (
          <li key={token.id}>
            <div>
              <strong>{token.name}</strong> <span className="aside">{token.hint}</span>
              <div className="aside">{factsOf(token)}</div>
            </div>
            <button type="button" className="quiet" disabled={fetching} onClick={() => void end(token)}>
              Revoke <span className="visually-hidden">{token.name}</span>
            </button>
          </li>
        ))}
      </ul>
      <p className="problem" role="alert">
        {problem}
      </p>
      {shown && <NewToken key={shown.id} shown={shown} onDone={() => setShown(null)} />}
      <TokenForm
        botId={botId}
        onMade={(made) => {
          setShown(made);
          reload();
        }}
      />
    </>
  );
}

function factsOf({ scopes, lastUsedAt, expiresAt }: ApiTokenFactsFragment): string {
  const may = scopes.map((scope) => scopeNames[scope]?.short ?? scope).join(', ');
  const used = lastUsedAt ? `used ${timeOf(lastUsedAt)}` : 'not used yet';
  return `${may} · ${used} · ${expiresAt ? `ends ${dayOf(expiresAt)}` : 'does not end by itself'}`;
}

function timeOf(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

function dayOf(at: string): string {
  return new Date(at).toLocaleDateString(undefined, { dateStyle: 'medium' });
}
