import { useState } from 'react';
import { PasskeySignIn } from '../passkey-sign-in.tsx';
import { ProviderSignIn } from '../provider-sign-in.tsx';
import type { KnownPerson } from '../state/known-person.ts';
import { GuestForm } from './guest-form.tsx';
import { SignInForm } from './sign-in-form.tsx';
import { SignUpForm } from './sign-up-form.tsx';

type Way = 'guest' | 'sign-in' | 'sign-up';

const ways: readonly { way: Way; label: string }[] = [
  { way: 'sign-in', label: 'Sign in' },
  { way: 'sign-up', label: 'Create an account' },
  { way: 'guest', label: 'Enter as a guest' },
];

interface EntranceProps {
  nameLimit: number;
  /** Who was here last and did not sign out. */
  known: KnownPerson | null;
  /** Why one has to come in again, as a sentence. */
  notice: string | null;
  onEntered: () => void;
}

/** Come in as a guest, sign in, or sign up. */
export function Entrance({ nameLimit, known, notice, onEntered }: EntranceProps) {
  const knownHandle = known?.handle ?? null;
  const [way, setWay] = useState<Way>(knownHandle === null ? 'guest' : 'sign-in');

  return (
    <main className="entrance">
      <h1>Parley</h1>
      {notice === null ? (
        <p>Come in and say hello. No account is needed.</p>
      ) : (
        <p className="departure" role="alert">
          {notice}
        </p>
      )}
      {way === 'guest' && <GuestForm nameLimit={nameLimit} onEntered={onEntered} />}
      {way === 'sign-in' && <SignInForm knownHandle={knownHandle} onEntered={onEntered} />}
      {way === 'sign-up' && <SignUpForm nameLimit={nameLimit} keepsGuest={false} onSignedUp={onEntered} />}
      <PasskeySignIn onEntered={onEntered} />
      <ProviderSignIn />
      <nav className="ways" aria-label="Other ways to come in">
        {ways
          .filter((other) => other.way !== way)
          .map((other) => (
            <button key={other.way} type="button" className="quiet" onClick={() => setWay(other.way)}>
              {other.label}
            </button>
          ))}
      </nav>
      <p className="aside">
        Building something? The whole API is in <a href="/graphql">GraphiQL</a>.
      </p>
    </main>
  );
}
