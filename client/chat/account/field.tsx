import { type InputHTMLAttributes, useId, useState } from 'react';

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  name: string;
  /** What is accepted, in a line under the field. */
  hint?: string;
  /** Why it was refused, in its place. */
  problem?: string | undefined;
}

/** A field with its label, its hint and why it was refused, all of it told to screen readers. */
export function Field({ label, hint, problem, ...input }: FieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input {...input} id={id} aria-describedby={`${id}-note`} aria-invalid={problem !== undefined} />
      <p id={`${id}-note`} className={problem === undefined ? 'aside' : 'problem'} role={problem && 'alert'}>
        {problem ?? hint}
      </p>
    </div>
  );
}

/** A field for a password, which can be looked at. */
export function PasswordField(props: FieldProps & { autoComplete: 'current-password' | 'new-password' }) {
  const [isShown, setShown] = useState(false);
  return (
    <div className="password">
      <Field required {...props} type={isShown ? 'text' : 'password'} spellCheck={false} autoCapitalize="none" />
      <button
        type="button"
        className="quiet"
        aria-pressed={isShown}
        aria-label={`Show ${props.label.toLowerCase()}`}
        onClick={() => setShown(!isShown)}
      >
        {isShown ? 'Hide' : 'Show'}
      </button>
    </div>
  );
}
