import { type SyntheticEvent, useState } from 'react';
import { useMutation, useQuery } from 'urql';
import type { ProfileFactsFragment, UserStatusInput } from '../../gql/graphql.ts';
import { makeKey } from '../../sdk/src/index.ts';
import { noProblems, problemsOf } from '../state/problems.ts';
import { faultSentence } from '../state/sentences.ts';
import { ProfileDocument, UpdateProfileDocument } from './documents.ts';
import { Field } from './field.tsx';

const fields = ['displayName', 'pronouns', 'bio', 'timeZone', 'text', 'emoji'];

/** Until when a status holds, in seconds; null: until it is changed. */
const statusTimes: readonly { label: string; seconds: number | null }[] = [
  { label: 'until I change it', seconds: null },
  { label: 'for half an hour', seconds: 1_800 },
  { label: 'for an hour', seconds: 3_600 },
  { label: 'for four hours', seconds: 14_400 },
  { label: 'for a day', seconds: 86_400 },
  { label: 'for a week', seconds: 604_800 },
];

/** What others see of the viewer. */
export function Profile({ nameLimit }: { nameLimit: number }) {
  const [{ data, error }] = useQuery({ query: ProfileDocument, requestPolicy: 'cache-and-network' });
  const user = data?.viewer?.user;
  if (user) return <ProfileForm user={user} nameLimit={nameLimit} />;
  return <p role="status">{error ? faultSentence(error) : 'Loading…'}</p>;
}

function ProfileForm({ user, nameLimit }: { user: ProfileFactsFragment; nameLimit: number }) {
  const [{ fetching }, update] = useMutation(UpdateProfileDocument);
  const [form, setForm] = useState(() => formOf(user));
  const [problems, setProblems] = useState(noProblems);
  const [isSaved, setSaved] = useState(false);

  function write(change: Partial<typeof form>) {
    setForm((before) => ({ ...before, ...change }));
    setSaved(false);
  }

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    const { displayName, pronouns, bio, timeZone } = form;
    const status = statusChange(user, form);
    const input = {
      displayName,
      pronouns,
      bio,
      timeZone,
      ...(status !== undefined && { status }),
      clientKey: makeKey(),
    };
    const { data, error } = await update({ input });
    const refused = problemsOf({ error, errors: data?.updateProfile.errors, fields });
    setProblems(refused ?? noProblems);
    setSaved(refused === null);
    const saved = data?.updateProfile.user;
    if (refused === null && saved) setForm(formOf(saved));
  }

  const { byField, general } = problems;
  return (
    <form aria-label="Profile" onSubmit={(event) => void submit(event)}>
      <Field
        label="Name to show"
        name="displayName"
        value={form.displayName}
        required
        maxLength={nameLimit * 2}
        autoComplete="nickname"
        problem={byField.displayName}
        onChange={(event) => write({ displayName: event.target.value })}
      />
      <Field
        label="Pronouns"
        name="pronouns"
        value={form.pronouns}
        autoComplete="off"
        problem={byField.pronouns}
        onChange={(event) => write({ pronouns: event.target.value })}
      />
      <fieldset className="status">
        <legend>Status</legend>
        <Field
          label="Emoji"
          name="emoji"
          value={form.emoji}
          autoComplete="off"
          problem={byField.emoji}
          onChange={(event) => write({ emoji: event.target.value, isStatusTouched: true })}
        />
        <Field
          label="What you are at"
          name="statusText"
          value={form.text}
          autoComplete="off"
          problem={byField.text}
          onChange={(event) => write({ text: event.target.value, isStatusTouched: true })}
        />
        <select
          aria-label="How long"
          value={form.seconds ?? ''}
          onChange={(event) => write({ seconds: Number(event.target.value) || null, isStatusTouched: true })}
        >
          {statusTimes.map(({ label, seconds }) => (
            <option key={label} value={seconds ?? ''}>
              {label}
            </option>
          ))}
        </select>
        <p className="aside">
          {user.status?.expiresAt && `It is over at ${timeFormat.format(new Date(user.status.expiresAt))}.`}
        </p>
      </fieldset>
      <div className="field">
        <label htmlFor="profile-bio">About you</label>
        <textarea
          id="profile-bio"
          rows={3}
          value={form.bio}
          aria-describedby="profile-bio-problem"
          aria-invalid={byField.bio !== undefined}
          onChange={(event) => write({ bio: event.target.value })}
        />
        <p id="profile-bio-problem" className="problem" role="alert">
          {byField.bio}
        </p>
      </div>
      <Field
        label="Time zone"
        name="timeZone"
        list="time-zones"
        value={form.timeZone}
        autoComplete="off"
        placeholder={Intl.DateTimeFormat().resolvedOptions().timeZone}
        problem={byField.timeZone}
        onChange={(event) => write({ timeZone: event.target.value })}
      />
      <datalist id="time-zones">
        {Intl.supportedValuesOf('timeZone').map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
      <p className="problem" role="alert">
        {general}
      </p>
      <p className="saved" role="status">
        {isSaved && 'Saved.'}
      </p>
      <button type="submit" disabled={fetching}>
        {fetching ? 'One moment…' : 'Save profile'}
      </button>
    </form>
  );
}

function formOf({ displayName, pronouns, bio, timeZone, status }: ProfileFactsFragment) {
  return {
    displayName,
    pronouns: pronouns ?? '',
    bio: bio ?? '',
    timeZone: timeZone ?? '',
    emoji: status?.emoji ?? '',
    text: status?.text ?? '',
    seconds: null as number | null,
    isStatusTouched: false,
  };
}

/** Undefined: it stays as it is, with its end. Null: cleared. */
function statusChange(
  user: ProfileFactsFragment,
  { text, emoji, seconds, isStatusTouched }: ReturnType<typeof formOf>,
): UserStatusInput | null | undefined {
  if (!isStatusTouched) return undefined;
  if (text.trim() === '' && emoji.trim() === '') return user.status ? null : undefined;
  return { text, emoji: emoji.trim() || null, expiresInSeconds: seconds };
}

const timeFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
