import { browserSupportsWebAuthn, startAuthentication } from '@simplewebauthn/browser';
import {
  createContext,
  type ReactNode,
  type SyntheticEvent,
  useCallback,
  useContext,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react';
import { useMutation, useQuery } from 'urql';
import { PasskeySignInOptionsDocument } from '../passkey-documents.ts';
import { passkeySentence } from '../passkey-sentences.ts';
import { ProviderSignIn } from '../provider-sign-in.tsx';
import { noProblems, problemsOf } from '../state/problems.ts';
import { faultSentence, type Refusal, refusalSentence } from '../state/sentences.ts';
import { ConfirmWithPasskeyDocument, ConfirmWithPasswordDocument, SignInStateDocument } from './confirm-documents.ts';
import { PasswordField } from './field.tsx';

/** How a part of the page asks who is there, before it gives somebody another way in. */
export interface Confirmation {
  /** Asks, and settles when it is known: true, or false where the person would rather not. */
  ask(): Promise<boolean>;
  /** Does it, and once more after asking, where the server wants to know first who is there. */
  run<Answer>(
    act: () => Promise<Answer>,
    errorsOf: (answer: Answer) => readonly Refusal[] | undefined,
  ): Promise<Answer>;
}

const ConfirmationContext = createContext<Confirmation>({ ask: async () => false, run: (act) => act() });

export function useConfirmation(): Confirmation {
  return useContext(ConfirmationContext);
}

/** Gives what is in it a way to ask: by the password, a passkey, or the provider that leads back here. */
export function ConfirmationDialog({ children }: { children: ReactNode }) {
  const box = useRef<HTMLDialogElement>(null);
  const settle = useRef<(isConfirmed: boolean) => void>(() => {});
  const [isOpen, setOpen] = useState(false);
  const headingId = useId();

  const close = useCallback((isConfirmed: boolean) => {
    settle.current(isConfirmed);
    settle.current = () => {};
    setOpen(false);
    box.current?.close();
  }, []);

  const confirmation = useMemo<Confirmation>(() => {
    const ask = () =>
      new Promise<boolean>((resolve) => {
        settle.current(false);
        settle.current = resolve;
        setOpen(true);
        box.current?.showModal();
      });
    return {
      ask,
      async run(act, errorsOf) {
        const answer = await act();
        const isAsked = errorsOf(answer)?.some(({ code }) => code === 'SIGN_IN_AGAIN');
        return isAsked && (await ask()) ? act() : answer;
      },
    };
  }, []);

  return (
    <ConfirmationContext value={confirmation}>
      {children}
      <dialog ref={box} aria-labelledby={headingId} onClose={() => close(false)}>
        <h2 id={headingId}>Is it you?</h2>
        <p>You signed in a while ago. Before this is done, confirm that it is you.</p>
        {isOpen && <Ways onConfirmed={() => close(true)} />}
        <button type="button" className="quiet" onClick={() => close(false)}>
          Cancel
        </button>
      </dialog>
    </ConfirmationContext>
  );
}

function Ways({ onConfirmed }: { onConfirmed: () => void }) {
  const [{ data }] = useQuery({ query: SignInStateDocument, requestPolicy: 'network-only' });
  const [{ fetching }, confirm] = useMutation(ConfirmWithPasswordDocument);
  const [, askOptions] = useMutation(PasskeySignInOptionsDocument);
  const [, confirmByPasskey] = useMutation(ConfirmWithPasskeyDocument);
  const [password, setPassword] = useState('');
  const [problems, setProblems] = useState(noProblems);
  const viewer = data?.viewer;

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    const { data: answer, error } = await confirm({ password });
    const refused = problemsOf({ error, errors: answer?.confirmWithPassword.errors, fields: ['password'] });
    setProblems(refused ?? noProblems);
    if (refused === null) onConfirmed();
  }

  /** Null: confirmed. Else why not. */
  async function byPasskey(): Promise<string | null> {
    const asked = await askOptions({});
    if (asked.error) return faultSentence(asked.error);
    const [refusal] = asked.data?.passkeySignInOptions.errors ?? [];
    if (refusal) return refusalSentence(refusal);
    const response = await startAuthentication({ optionsJSON: asked.data?.passkeySignInOptions.options });
    const { data: answer, error } = await confirmByPasskey({ response });
    if (error) return faultSentence(error);
    const [refused] = answer?.confirmWithPasskey.errors ?? [];
    if (refused) return refusalSentence(refused);
    onConfirmed();
    return null;
  }

  async function confirmByKey() {
    setProblems({ byField: {}, general: await byPasskey().catch(passkeySentence) });
  }

  if (!viewer) return null;
  return (
    <>
      {viewer.hasPassword && (
        <form aria-label="Confirm by password" onSubmit={(event) => void submit(event)}>
          {/* Tells password managers whose password it is. */}
          <input type="text" name="username" autoComplete="username" value={viewer.user.handle ?? ''} readOnly hidden />
          <PasswordField
            label="Your password"
            name="password"
            autoComplete="current-password"
            value={password}
            problem={problems.byField.password}
            onChange={(event) => setPassword(event.target.value)}
          />
          <button type="submit" className="primary" disabled={fetching}>
            {fetching ? 'One moment…' : 'Confirm'}
          </button>
        </form>
      )}
      {viewer.passkeys.length > 0 && browserSupportsWebAuthn() && (
        <button type="button" onClick={() => void confirmByKey()}>
          Use a passkey
        </button>
      )}
      {viewer.identities.length > 0 && <ProviderSignIn doing="Confirm with" />}
      <p className="problem" role="alert">
        {problems.general}
      </p>
    </>
  );
}
