/** Settings of how people come in and stay in. */
import { issuerUrl, oneOf, optionalText, text, wholeNumber, yesOrNo } from './setting.ts';

export const peopleSettings = {
  guests: {
    keepDays: wholeNumber('PARLEY_GUEST_DAYS', {
      default: 30,
      unit: 'days',
      from: 1,
      to: 3_650,
      description: 'How long a guest stays signed in after being seen last.',
    }),
  },
  accounts: {
    keepDays: wholeNumber('PARLEY_ACCOUNT_DAYS', {
      default: 90,
      unit: 'days',
      from: 1,
      to: 3_650,
      description: 'How long somebody with an account stays signed in after being seen last.',
    }),
    deletedContent: oneOf('PARLEY_DELETED_CONTENT', ['choose', 'erase', 'keep'], {
      default: 'choose',
      description: 'What becomes of the messages of who deletes their account: they choose, or all do alike.',
    }),
    passwordsAtOnce: wholeNumber('PARLEY_PASSWORDS_AT_ONCE', {
      default: 1,
      unit: 'passwords',
      from: 1,
      to: 4,
      description:
        'Passwords that are hashed at once. Each takes a core and 19 MiB for some 20 ms, and rests for three times as long while many wait.',
    }),
    passwordsWaiting: wholeNumber('PARLEY_PASSWORDS_WAITING', {
      default: 250,
      unit: 'passwords',
      from: 0,
      to: 10_000,
      description: 'How many more may wait; beyond that, signing in and up is refused as RATE_LIMITED.',
    }),
  },
  passkeys: {
    domain: optionalText('PARLEY_PASSKEY_DOMAIN', {
      description:
        'Domain that passkeys hold for: the host of PARLEY_PUBLIC_URL, or one above it. Another one makes those that people have useless. Unset: the host.',
    }),
  },
  oidc: {
    issuer: issuerUrl('PARLEY_OIDC_ISSUER', {
      description: 'Provider of OpenID Connect that people may sign in by. Unset: none.',
    }),
    clientId: optionalText('PARLEY_OIDC_CLIENT_ID', { description: 'What the provider knows this server by.' }),
    clientSecret: optionalText('PARLEY_OIDC_CLIENT_SECRET', {
      description: 'What this server proves that with. Unset, and no file: it is a public client.',
    }),
    clientSecretFile: optionalText('PARLEY_OIDC_CLIENT_SECRET_FILE', {
      description: 'File that the secret stands in, instead of PARLEY_OIDC_CLIENT_SECRET.',
    }),
    label: text('PARLEY_OIDC_LABEL', {
      default: 'single sign-on',
      description: 'What the button is called: «Sign in with …».',
    }),
    isSignUpOpen: yesOrNo('PARLEY_OIDC_SIGN_UP', {
      default: true,
      description: 'Whether the provider makes accounts. Otherwise it lets in those alone who linked it to theirs.',
    }),
  },
};
