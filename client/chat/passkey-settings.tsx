import { browserSupportsWebAuthn, startRegistration } from '@simplewebauthn/browser';
import { type SyntheticEvent, useState } from 'react';
import { useClient, useMutation, useQuery } from 'urql';
import { useConfirmation } from './account/confirm.tsx';
import { SignInStateDocument } from './account/confirm-documents.ts';
import {
  OwnSignInWaysDocument,
  PasskeyRegistrationOptionsDocument,
  RegisterPasskeyDocument,
  RemovePasskeyDocument,
  SignInMethodsDocument,
  UnlinkIdentityDocument,
} from './passkey-documents.ts';
import { passkeySentence } from './passkey-sentences.ts';
import { ProviderSignIn } from './provider-sign-in.tsx';
import { faultSentence, refusalSentence } from './state/sentences.ts';

/** Ways to sign in besides the password: a section of the settings, for members. */
export function SignInWays() {
  const [{ data: offered }] = useQuery({ query: SignInMethodsDocument });
  const [{ data }, repeat] = useQuery({ query: OwnSignInWaysDocument, requestPolicy: 'network-only' });
  const [, askOptions] = useMutation(PasskeyRegistrationOptionsDocument);
  const [, register] = useMutation(RegisterPasskeyDocument);
  const [, removePasskey] = useMutation(RemovePasskeyDocument);
  const [, unlinkIdentity] = useMutation(UnlinkIdentityDocument);
  const confirmation = useConfirmation();
  const client = useClient();
  const [name, setName] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const kinds = new Set(offered?.server.signInMethods.map(({ kind }) => kind));
  const { passkeys = [], identities = [] } = data?.viewer ?? {};

  /** The provider leads away from here: who is asked there has to be known before. */
  async function mayLink(): Promise<boolean> {
    const { data: state } = await client.query(SignInStateDocument, {}, { requestPolicy: 'network-only' }).toPromise();
    return state?.viewer?.confirmedUntil ? true : confirmation.ask();
  }

  /** Null: added. Else why not. */
  async function add(): Promise<string | null> {
    const asked = await confirmation.run(
      () => askOptions({}),
      (answer) => answer.data?.passkeyRegistrationOptions.errors,
    );
    if (asked.error) return faultSentence(asked.error);
    const [refusal] = asked.data?.passkeyRegistrationOptions.errors ?? [];
    if (refusal) return refusalSentence(refusal);
    const response = await startRegistration({ optionsJSON: asked.data?.passkeyRegistrationOptions.options });
    const { data: answer, error } = await register({ response, name: name.trim() || null });
    if (error) return faultSentence(error);
    const [refused] = answer?.registerPasskey.errors ?? [];
    return refused ? refusalSentence(refused) : null;
  }

  async function remove(id: string): Promise<string | null> {
    const { data: answer, error } = await removePasskey({ passkeyId: id });
    if (error) return faultSentence(error);
    const [refused] = answer?.removePasskey.errors ?? [];
    return refused ? refusalSentence(refused) : null;
  }

  async function unlink(id: string): Promise<string | null> {
    const { data: answer, error } = await unlinkIdentity({ identityId: id });
    if (error) return faultSentence(error);
    const [refused] = answer?.unlinkIdentity.errors ?? [];
    return refused ? refusalSentence(refused) : null;
  }

  async function run(act: () => Promise<string | null>) {
    setBusy(true);
    setProblem(await act().catch(passkeySentence));
    setBusy(false);
    repeat();
  }

  function submit(event: SyntheticEvent) {
    event.preventDefault();
    void run(async () => {
      const why = await add();
      if (why === null) setName('');
      return why;
    });
  }

  return (
    <section aria-label="Other ways to sign in">
      <h2>Other ways to sign in</h2>
      <ul aria-label="Passkeys and providers">
        {passkeys.map(({ id, name, lastUsedAt }) => (
          <li key={id}>
            {name} <span className="aside">{lastUsedAt ? `used ${dayOf(lastUsedAt)}` : 'not used yet'}</span>{' '}
            <button type="button" className="quiet" disabled={isBusy} onClick={() => void run(() => remove(id))}>
              Remove <span className="visually-hidden">{name}</span>
            </button>
          </li>
        ))}
        {identities.map(({ id, issuer, lastUsedAt }) => (
          <li key={id}>
            {new URL(issuer).host} <span className="aside">used {dayOf(lastUsedAt)}</span>{' '}
            <button type="button" className="quiet" disabled={isBusy} onClick={() => void run(() => unlink(id))}>
              Unlink <span className="visually-hidden">{new URL(issuer).host}</span>
            </button>
          </li>
        ))}
      </ul>
      {kinds.has('PASSKEY') && browserSupportsWebAuthn() && (
        <form aria-label="Add a passkey" onSubmit={submit}>
          <label htmlFor="passkey-name">What to call a new passkey</label>
          <input
            id="passkey-name"
            value={name}
            placeholder="Passkey"
            onChange={(event) => setName(event.target.value)}
          />
          <button type="submit" disabled={isBusy}>
            {isBusy ? 'One moment…' : 'Add a passkey'}
          </button>
        </form>
      )}
      {identities.length === 0 && <ProviderSignIn doing="Link" first={mayLink} />}
      <p className="problem" role="alert">
        {problem}
      </p>
    </section>
  );
}

function dayOf(at: string): string {
  return new Date(at).toLocaleDateString(undefined, { dateStyle: 'medium' });
}
