import { useState } from 'react';
import { useMutation, useQuery } from 'urql';
import type { ApiTokensQuery } from '../../gql/graphql.ts';
import { faultSentence, refusalSentence } from '../state/sentences.ts';
import './tokens.css';
import { scopeNames } from './scopes.ts';
import { ApiTokensDocument, RevokeApiTokenDocument } from './token-documents.ts';
import { NewToken, type ShownToken, TokenForm } from './token-form.tsx';

type ApiToken = NonNullable<ApiTokensQuery['viewer']>['apiTokens']['nodes'][number];

/** Credentials for one's own programs: a section of the settings, for members. */
export function ApiTokens() {
  const [{ data }, repeat] = useQuery({ query: ApiTokensDocument, requestPolicy: 'network-only' });
  const [{ fetching }, revoke] = useMutation(RevokeApiTokenDocument);
  const [shown, setShown] = useState<ShownToken | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const tokens = data?.viewer?.apiTokens.nodes ?? [];

  async function end(token: ApiToken) {
    const { data: answer, error } = await revoke({ apiTokenId: token.id });
    const [refusal] = answer?.revokeApiToken.errors ?? [];
    setProblem(error ? faultSentence(error) : refusal ? refusalSentence(refusal) : null);
    if (!error && shown?.id === token.id) setShown(null);
    repeat({ requestPolicy: 'network-only' });
  }

  return (
    <section className="tokens" aria-label="API tokens">
      <h2>API tokens</h2>
      <p className="aside">
        For programs of yours: each acts as you, as far as you let it. None can change your password, your sessions or
        your tokens.
      </p>
      {tokens.length === 0 && data && <p>You have none.</p>}
      <ul className="token-list" aria-label="Your API tokens">
        {tokens.map((token) => (
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
        onMade={(made) => {
          setShown(made);
          repeat({ requestPolicy: 'network-only' });
        }}
      />
    </section>
  );
}

function factsOf({ scopes, lastUsedAt, expiresAt }: ApiToken): string {
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
