import { WebAuthnError } from '@simplewebauthn/browser';

/** Why the browser made or used no passkey, as a sentence. Null: the person said no, and knows it. */
export function passkeySentence(error: unknown): string | null {
  const { name } = error instanceof Error ? error : { name: '' };
  if (error instanceof WebAuthnError && error.code === 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED') {
    return 'This device has a passkey for you already.';
  }
  switch (name) {
    case 'NotAllowedError':
    case 'AbortError':
      return null;
    case 'SecurityError':
      return `Passkeys do not work at ${window.location.host}. Ask whoever runs this server for its address.`;
    default:
      return 'Your browser could not do this.';
  }
}
