import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { decodeAttestationObject, decodeClientDataJSON, isoBase64URL } from '@simplewebauthn/server/helpers';
import type { User } from '../model.ts';
import { CHALLENGE_LIFETIME_MS } from './challenges.ts';

/** Where passkeys of this deployment hold: a domain, and the pages of it that may ask for them. */
export interface PasskeySite {
  readonly domain: string;
  isOrigin(origin: string): boolean;
}

export interface PublicKey {
  readonly credentialId: string;
  /** COSE, in base64url. */
  readonly publicKey: string;
  readonly counter: number;
  readonly transports: readonly string[];
}

export interface NewPublicKey extends PublicKey {
  readonly isBackedUp: boolean;
}

/** What @simplewebauthn/browser takes for `optionsJSON`, and what it gives back. */
export type CreationOptions = PublicKeyCredentialCreationOptionsJSON;
export type RequestOptions = PublicKeyCredentialRequestOptionsJSON;
export type CreationResponse = RegistrationResponseJSON;
export type RequestResponse = AuthenticationResponseJSON;

/** Of the site and the person, to be kept by an authenticator that finds it again without being told a handle. */
export function creationOptions(
  site: PasskeySite,
  { id, handle, displayName }: User,
  challenge: Uint8Array<ArrayBuffer>,
  known: readonly Pick<PublicKey, 'credentialId' | 'transports'>[],
): Promise<CreationOptions> {
  return generateRegistrationOptions({
    rpName: 'Parley',
    rpID: site.domain,
    userName: handle ?? displayName,
    userDisplayName: displayName,
    userID: userHandleOf(id),
    challenge,
    timeout: CHALLENGE_LIFETIME_MS,
    attestationType: 'none',
    excludeCredentials: known.map(({ credentialId, transports }) => ({
      id: credentialId,
      transports: [...transports],
    })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'preferred' },
  });
}

export function requestOptions(site: PasskeySite, challenge: Uint8Array<ArrayBuffer>): Promise<RequestOptions> {
  return generateAuthenticationOptions({
    rpID: site.domain,
    challenge,
    timeout: CHALLENGE_LIFETIME_MS,
    userVerification: 'preferred',
  });
}

/** The challenge that a response claims to answer; null: it is no response at all. */
export function challengeOf(response: CreationResponse | RequestResponse): Uint8Array | null {
  try {
    return isoBase64URL.toBuffer(decodeClientDataJSON(response.response.clientDataJSON).challenge);
  } catch {
    return null;
  }
}

/** The key that a response proves to hold; null: it proves nothing. */
export async function provenKey(site: PasskeySite, response: CreationResponse): Promise<NewPublicKey | null> {
  try {
    const asked = askedBy(site, response);
    if (!asked || !isPlainAttestation(response)) return null;
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      ...asked,
      response,
      requireUserVerification: false,
    });
    if (!verified) return null;
    const { credential, credentialBackedUp } = registrationInfo;
    return {
      credentialId: credential.id,
      publicKey: isoBase64URL.fromBuffer(credential.publicKey),
      counter: credential.counter,
      transports: credential.transports ?? [],
      isBackedUp: credentialBackedUp,
    };
  } catch {
    return null;
  }
}

/** What a response signed by the key tells of it now; null: it is not, or its counter went back. */
export async function provenUse(
  site: PasskeySite,
  response: RequestResponse,
  key: PublicKey,
  holder: User,
): Promise<{ readonly counter: number; readonly isBackedUp: boolean } | null> {
  try {
    const asked = askedBy(site, response);
    const { userHandle } = response.response;
    const isOther = userHandle !== undefined && userHandle !== isoBase64URL.fromBuffer(userHandleOf(holder.id));
    if (!asked || isOther) return null;
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      ...asked,
      response,
      credential: {
        id: key.credentialId,
        publicKey: isoBase64URL.toBuffer(key.publicKey),
        counter: key.counter,
      },
      requireUserVerification: false,
    });
    if (!verified) return null;
    return { counter: authenticationInfo.newCounter, isBackedUp: authenticationInfo.credentialBackedUp };
  } catch {
    return null;
  }
}

/** The page that asked, where it is one of the site's own and in no frame of another's. The challenge was read before. */
function askedBy(site: PasskeySite, { response }: CreationResponse | RequestResponse) {
  const { origin, crossOrigin, challenge } = decodeClientDataJSON(response.clientDataJSON);
  if (crossOrigin || !site.isOrigin(origin)) return null;
  return { expectedOrigin: origin, expectedRPID: site.domain, expectedChallenge: challenge };
}

/** None was asked for; those with certificates would make the server fetch addresses that the caller chose. */
function isPlainAttestation({ response }: CreationResponse): boolean {
  const attestation = decodeAttestationObject(isoBase64URL.toBuffer(response.attestationObject));
  const format = attestation.get('fmt');
  return format === 'none' || (format === 'packed' && attestation.get('attStmt').get('x5c') === undefined);
}

function userHandleOf(id: User['id']): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(id.replaceAll('-', ''), 'hex'));
}
