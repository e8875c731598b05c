import { useQuery } from 'urql';
import { ApiTokensDocument } from './token-documents.ts';
import { TokenKeeper } from './token-keeper.tsx';

/** Credentials for one's own programs: a section of the settings, for members. */
export function ApiTokens() {
  const [{ data }, repeat] = useQuery({ query: ApiTokensDocument, requestPolicy: 'network-only' });
  return (
    <section className="tokens" aria-label="API tokens">
      <h2>API tokens</h2>
      <p className="aside">
        For programs of yours: each acts as you, as far as you let it. None can change your password, your sessions or
        your tokens.
      </p>
      <TokenKeeper
        tokens={data?.viewer?.apiTokens.nodes}
        botId={null}
        label="Your API tokens"
        ifNone="You have none."
        reload={() => repeat({ requestPolicy: 'network-only' })}
      />
    </section>
  );
}
