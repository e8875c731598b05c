import { type ReactNode, useState } from 'react';
import { ExportData } from '../leaving/export-data.tsx';
import { tellPersonChanged } from '../live/person-news.ts';
import type { Limits, Person } from '../parts/chat.tsx';
import { leavingHash } from '../parts/use-slug.ts';
import { SignInWays } from '../passkey-settings.tsx';
import { Bots } from '../programs/bots.tsx';
import { ApiTokens } from '../programs/tokens.tsx';
import { AvatarForm } from './avatar-form.tsx';
import { ConfirmationDialog } from './confirm.tsx';
import { HandleForm } from './handle-form.tsx';
import { PasswordForm } from './password-form.tsx';
import { Profile } from './profile-form.tsx';
import { Sessions } from './sessions.tsx';
import { SignUpForm } from './sign-up-form.tsx';

interface SettingsProps {
  viewer: Person;
  limits: Limits;
  onClose: () => void;
  /** The button that signs this device out. */
  signOut: ReactNode;
}

/** What one can change about oneself: a section for each. */
export function Settings({ viewer, limits, onClose, signOut }: SettingsProps) {
  const { handle } = viewer;
  const [wasGuest] = useState(viewer.isGuest);
  const [sessionsVersion, setSessionsVersion] = useState(0);

  return (
    <main className="room settings" aria-labelledby="settings-heading">
      <header className="room-head">
        <button type="button" className="back-to-room quiet" onClick={onClose} aria-label="Back to the room">
          ‹
        </button>
        <div className="room-title">
          <h1 id="settings-heading">Settings</h1>
        </div>
      </header>
      <ConfirmationDialog>
        <div className="sections">
          {viewer.isGuest && (
            <Section title="Keep this account">
              <p>
                You are a guest: on another device, or after signing out, you could not come back as{' '}
                <strong>{viewer.displayName}</strong>. With a handle and a password you can. Rooms and messages stay
                yours.
              </p>
              <SignUpForm nameLimit={limits.displayNameCodePoints} keepsGuest onSignedUp={tellPersonChanged} />
            </Section>
          )}
          {wasGuest && !viewer.isGuest && (
            <p className="done" role="status">
              This account is kept. From now on you can sign in anywhere as <strong>@{handle}</strong>.
            </p>
          )}
          <Section title="Profile">
            {!viewer.isGuest && <AvatarForm viewer={viewer} limitBytes={limits.avatarBytes} />}
            <Profile nameLimit={limits.displayNameCodePoints} />
          </Section>
          {handle !== null && (
            <Section title="Handle">
              <HandleForm handle={handle} />
            </Section>
          )}
          {handle !== null && (
            <Section title="Password">
              <PasswordForm handle={handle} onChanged={() => setSessionsVersion((version) => version + 1)} />
            </Section>
          )}
          {handle !== null && <SignInWays />}
          <Section title="Devices">
            <Sessions key={sessionsVersion} signOut={signOut} />
          </Section>
          {handle !== null && <ApiTokens />}
          {handle !== null && <Bots />}
          <Section title="Your data">
            <ExportData />
          </Section>
          <Section title="Delete account">
            <p className="aside">For ever: you will see what happens before it does.</p>
            <div>
              <a className="button" href={leavingHash}>
                Delete account…
              </a>
            </div>
          </Section>
        </div>
      </ConfirmationDialog>
    </main>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}
