import { useState } from 'react';
import { useQuery } from 'urql';
import { tellPersonChanged } from '../live/person-news.ts';
import type { Wire } from '../live/wire.ts';
import { leavingHash } from '../parts/use-slug.ts';
import { SignInMethodsDocument } from '../passkey-documents.ts';
import { PasskeySignIn } from '../passkey-sign-in.tsx';

/** For who has no password and signed in too long ago: a new session, and back to this page. */
export function SignInAgain({ wire, onEntered }: { wire: Wire; onEntered: () => void }) {
  const [{ data }] = useQuery({ query: SignInMethodsDocument });
  const [problem, setProblem] = useState<string | null>(null);
  const providers = data?.server.signInMethods.filter(({ kind }) => kind === 'PROVIDER') ?? [];

  /** Whoever is signed in links the provider and keeps their session: only who is not gets a new one. */
  async function goTo(path: string) {
    const whyNot = await wire.signOut();
    setProblem(whyNot);
    if (whyNot === null) window.location.assign(`${path}?return=${encodeURIComponent(`/${leavingHash}`)}`);
  }

  return (
    <div className="sign-in-again">
      <PasskeySignIn
        onEntered={() => {
          onEntered();
          // If it was somebody else's key, this window has to follow too.
          tellPersonChanged();
        }}
      />
      {providers.map(({ label, path }) => (
        <button key={path} type="button" onClick={() => void goTo(path ?? '/')}>
          Sign in with {label}
        </button>
      ))}
      <p className="problem" role="alert">
        {problem}
      </p>
    </div>
  );
}
