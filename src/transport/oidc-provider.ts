import * as oidc from 'openid-client';
import type { ProviderProfile } from './contract.ts';
import { ProviderFault } from './oidc-faults.ts';
import type { ProviderState } from './oidc-state.ts';
import type { ProviderSettings } from './settings.ts';

/** One provider of OpenID Connect, by the code flow with PKCE. Throws PROVIDER_UNAVAILABLE, PROVIDER_REFUSED, CANCELLED. */
export interface Provider {
  authorizationUrl(
    redirectUri: string,
    state: Pick<ProviderState, 'state' | 'nonce' | 'verifier' | 'userId'>,
  ): Promise<URL>;
  /** `callback`: where the browser came back to, with all of its parameters. */
  finish(callback: URL, state: ProviderState): Promise<ProvenIdentity>;
}

export interface ProvenIdentity {
  readonly issuer: string;
  readonly subject: string;
  /** Asks the provider, where its token does not say. */
  profile(): Promise<ProviderProfile>;
}

const TIMEOUT_SECONDS = 5;
/** Ten minutes, as chat counts somebody as just signed in (U10). */
const CONFIRMED_SECONDS = 600;
/** Keys and addresses of providers change, rarely. */
const METADATA_LIFETIME_MS = 3_600_000;

export function createProvider(settings: ProviderSettings, clock: () => number): Provider {
  let known: { readonly at: number; readonly config: Promise<oidc.Configuration> } | null = null;

  function configuration(): Promise<oidc.Configuration> {
    if (known && clock() - known.at < METADATA_LIFETIME_MS) return known.config;
    const issuer = new URL(settings.issuer);
    const config = oidc
      .discovery(issuer, settings.clientId, undefined, clientAuth(settings.clientSecret), {
        timeout: TIMEOUT_SECONDS,
        // Otherwise the signature of a token is not looked at, as it comes from the provider itself.
        execute: [
          oidc.enableNonRepudiationChecks,
          ...(issuer.protocol === 'http:' ? [oidc.allowInsecureRequests] : []),
        ],
      })
      .catch((error: unknown) => {
        known = null;
        throw new ProviderFault('PROVIDER_UNAVAILABLE', error);
      });
    known = { at: clock(), config };
    return config;
  }

  return {
    async authorizationUrl(redirectUri, { state, nonce, verifier, userId }) {
      const config = await configuration();
      return oidc.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid profile',
        state,
        nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        // Who is signed in here comes to prove who they are: a session that was left open there proves nothing.
        ...(userId !== null && { max_age: String(CONFIRMED_SECONDS) }),
      });
    },

    async finish(callback, { state, nonce, verifier }) {
      const config = await configuration();
      try {
        const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier };
        const tokens = await oidc.authorizationCodeGrant(config, callback, checks);
        const claims = tokens.claims();
        if (!claims || !isSubject(claims.sub)) throw new Error('the token says nobody, or too much');
        const { sub: subject, iss: issuer } = claims;
        return { issuer, subject, profile: () => profileOf(config, tokens.access_token, claims) };
      } catch (error) {
        throw faultOf(error);
      }
    },
  };
}

export function newProviderSecrets(): Pick<ProviderState, 'state' | 'nonce' | 'verifier'> {
  return { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier() };
}

function clientAuth(secret: string | null): oidc.ClientAuth {
  return secret === null ? oidc.None() : oidc.ClientSecretBasic(secret);
}

async function profileOf(
  config: oidc.Configuration,
  accessToken: string,
  claims: oidc.IDToken,
): Promise<ProviderProfile> {
  const isTold = claims.preferred_username !== undefined || claims.name !== undefined;
  const hasMore = config.serverMetadata().userinfo_endpoint !== undefined;
  try {
    const source = isTold || !hasMore ? claims : await oidc.fetchUserInfo(config, accessToken, claims.sub);
    return { username: textOf(source.preferred_username), name: textOf(source.name) };
  } catch (error) {
    throw faultOf(error);
  }
}

/** OpenID Connect allows 255 characters of ASCII. */
function isSubject(subject: string): boolean {
  return /^[\x20-\x7e]{1,255}$/.test(subject);
}

/** As much of it as a name can be made of. */
function textOf(claim: unknown): string | null {
  return typeof claim === 'string' ? claim.slice(0, 500) : null;
}

function faultOf(error: unknown): ProviderFault {
  if (error instanceof oidc.AuthorizationResponseError) {
    return new ProviderFault(error.error === 'access_denied' ? 'CANCELLED' : 'PROVIDER_REFUSED', error);
  }
  // fetch fails with a TypeError; what answers with a 5xx answers nothing that could be refused.
  const isAway = error instanceof TypeError && error.message === 'fetch failed';
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  const isFailing = cause instanceof Response && cause.status >= 500;
  return new ProviderFault(
    isAway || isFailing || code === 'OAUTH_TIMEOUT' ? 'PROVIDER_UNAVAILABLE' : 'PROVIDER_REFUSED',
    error,
  );
}
