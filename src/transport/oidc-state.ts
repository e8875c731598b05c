import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { ProviderFault } from './oidc-faults.ts';

/** What must be known again when the browser comes back from the provider. It travels with the browser, sealed. */
export interface ProviderState {
  /** Spent when it comes back. */
  readonly id: string;
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE. */
  readonly verifier: string;
  /** A path of this server. */
  readonly returnTo: string;
  /** Who was signed in when it began. */
  readonly userId: string | null;
  readonly expiresAtMs: number;
}

export const STATE_COOKIE = 'parley_oidc';
/** Long enough to find a password and a second factor. */
export const STATE_LIFETIME_MS = 600_000;
const IV_BYTES = 12;
const TAG_BYTES = 16;

export function newStateId(): string {
  return randomUUID();
}

/** AES-256-GCM: what it holds is neither read nor changed outside of the nodes of this deployment. */
export function sealState(state: ProviderState, key: Buffer): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const text = Buffer.concat([cipher.update(JSON.stringify(state), 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url');
}

/** Throws STATE_INVALID and STATE_EXPIRED. */
export function openState(sealed: string | null, key: Buffer, nowMs: number): ProviderState {
  if (sealed === null) throw new ProviderFault('STATE_INVALID');
  let state: ProviderState;
  try {
    const bytes = Buffer.from(sealed, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    const text = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
    state = JSON.parse(text.toString('utf8')) as ProviderState;
  } catch (error) {
    throw new ProviderFault('STATE_INVALID', error);
  }
  if (state.expiresAtMs <= nowMs) throw new ProviderFault('STATE_EXPIRED');
  return state;
}

/** The Set-Cookie header that keeps a sealed state (null: forgets it) for the way back. */
export function stateCookie(sealed: string | null, isSecure: boolean): string {
  return [
    `${STATE_COOKIE}=${sealed ?? ''}`,
    'Path=/auth/oidc',
    'HttpOnly',
    // Lax: the way back is a link from another site.
    'SameSite=Lax',
    `Max-Age=${sealed === null ? 0 : STATE_LIFETIME_MS / 1_000}`,
    ...(isSecure ? ['Secure'] : []),
  ].join('; ');
}

/** Where to come back to: a path of this server, whatever was asked for; «/» for all else. */
export function returnPath(asked: string | null): string {
  const base = 'http://parley.invalid';
  if (asked === null || asked.length > 2_000 || !/^\/(?![/\\])/.test(asked) || !URL.canParse(asked, base)) return '/';
  const { origin, pathname, search, hash } = new URL(asked, base);
  const path = `${pathname}${search}${hash}`;
  return origin === base && !path.startsWith('//') ? path : '/';
}
