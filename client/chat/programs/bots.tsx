import { useState } from 'react';
import { useMutation, useQuery } from 'urql';
import { makeKey } from '../../sdk/src/index.ts';
import { problemsOf } from '../state/problems.ts';
import { faultSentence } from '../state/sentences.ts';
import { BotsDocument, CreateBotDocument } from './bot-documents.ts';
import { BotForm, type BotNames } from './bot-form.tsx';
import { BotItem } from './bot-item.tsx';
import './bots.css';

/** Programs that take part as users of their own: a section of the settings, for members. */
export function Bots() {
  const [{ data, error }, repeat] = useQuery({ query: BotsDocument, requestPolicy: 'network-only' });
  const [, create] = useMutation(CreateBotDocument);
  const [note, setNote] = useState('');
  /** Of the bot that was just made: what it needs next is a token. */
  const [newestId, setNewestId] = useState<string | null>(null);
  const edges = data?.viewer?.bots.edges;
  const reload = () => repeat({ requestPolicy: 'network-only' });

  async function make({ handle, displayName }: BotNames) {
    const { data: answer, error: fault } = await create({ handle, displayName, clientKey: makeKey() });
    const made = answer?.createBot;
    const fields = ['handle', 'displayName'];
    const refused = problemsOf({ error: fault, errors: made?.errors, fields });
    if (refused !== null) return refused;
    setNewestId(made?.bot?.user.id ?? null);
    setNote(`${displayName} is made. It needs a token to sign in.`);
    reload();
    return null;
  }

  return (
    <section className="bots" aria-label="Bots">
      <h2>Bots</h2>
      <p className="aside">
        Programs that take part under a name of their own. You run them, and they sign in by tokens.
      </p>
      <p className="problem" role="alert">
        {error && faultSentence(error)}
      </p>
      {edges?.length === 0 && <p>You have none.</p>}
      <ul className="bot-list" aria-label="Your bots">
        {edges?.map(({ node }, index) => (
          <BotItem
            key={node.user.id}
            bot={node}
            cursorBefore={edges[index - 1]?.cursor ?? null}
            isOpen={node.user.id === newestId}
            onChanged={(what) => {
              setNote(what);
              reload();
            }}
          />
        ))}
      </ul>
      <p className="saved" role="status">
        {note}
      </p>
      <h3>A new bot</h3>
      <BotForm label="Make a bot" names={{ handle: '', displayName: '' }} submitLabel="Make a bot" send={make} />
    </section>
  );
}
