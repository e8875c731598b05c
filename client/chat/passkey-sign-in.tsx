import { browserSupportsWebAuthn, startAuthentication } from '@simplewebauthn/browser';
import { useState } from 'react';
import { useMutation, useQuery } from 'urql';
import { PasskeySignInOptionsDocument, SignInMethodsDocument, SignInWithPasskeyDocument } from './passkey-documents.ts';
import { passkeySentence } from './passkey-sentences.ts';
import { faultSentence, refusalSentence } from './state/sentences.ts';

/** Sign in with a passkey: no handle, no password. Nothing where the server or the browser has none. */
export function PasskeySignIn({ onEntered }: { onEntered: () => void }) {
  const [{ data }] = useQuery({ query: SignInMethodsDocument });
  const [, askOptions] = useMutation(PasskeySignInOptionsDocument);
  const [, signIn] = useMutation(SignInWithPasskeyDocument);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const isOffered = data?.server.signInMethods.some(({ kind }) => kind === 'PASSKEY') ?? false;
  if (!isOffered || !browserSupportsWebAuthn()) return null;

  /** Null: signed in. Else why not. */
  async function enter(): Promise<string | null> {
    const asked = await askOptions({});
    if (asked.error) return faultSentence(asked.error);
    const [refusal] = asked.data?.passkeySignInOptions.errors ?? [];
    if (refusal) return refusalSentence(refusal);
    const response = await startAuthentication({ optionsJSON: asked.data?.passkeySignInOptions.options });
    const { data: answer, error } = await signIn({ response });
    if (error) return faultSentence(error);
    const [refused] = answer?.signInWithPasskey.errors ?? [];
    if (refused) return refusalSentence(refused);
    onEntered();
    return null;
  }

  async function click() {
    setBusy(true);
    setProblem(await enter().catch(passkeySentence));
    setBusy(false);
  }

  return (
    <>
      <button type="button" disabled={isBusy} onClick={() => void click()}>
        {isBusy ? 'One moment…' : 'Sign in with passkey'}
      </button>
      <p className="problem" role="alert">
        {problem}
      </p>
    </>
  );
}
