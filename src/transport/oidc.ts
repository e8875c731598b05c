/**
 * Signing in by a provider of OpenID Connect, for browsers: two addresses.
 *
 * | GET                         | answer                                                                       |
 * |-----------------------------|------------------------------------------------------------------------------|
 * | /auth/oidc/start?return=/x  | to the provider; what is to be known again goes along in a sealed cookie     |
 * | /auth/oidc/callback?…       | to /x with the session's cookie, or a page that says why not                 |
 *
 * Whoever can make a browser begin could link their own identity to the account that is signed in there. So who is signed
 * in begins from a page of ours; and who comes back is who began: the cookie is bound to the browser and to the person.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Fault } from '../observe/fault.ts';
import type { Log } from '../observe/log.ts';
import { cookieOf, SESSION_COOKIE, sessionCookie } from './authenticate.ts';
import type { CallerViewer, Engine, ProviderProfile } from './contract.ts';
import { ProviderFault, type ProviderFaultCode } from './oidc-faults.ts';
import { answerFault } from './oidc-page.ts';
import { createProvider, newProviderSecrets, type ProvenIdentity } from './oidc-provider.ts';
import {
  newStateId,
  openState,
  type ProviderState,
  returnPath,
  STATE_COOKIE,
  STATE_LIFETIME_MS,
  sealState,
  stateCookie,
} from './oidc-state.ts';
import type { Rates } from './rates.ts';
import { isCookieSecure, isOwnLink, type Remote, remoteOf } from './remote.ts';
import type { TransportSettings } from './settings.ts';

export interface ProviderDoor {
  readonly engine: Engine;
  readonly rates: Rates;
  readonly settings: TransportSettings;
  readonly log: Log;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export const START_PATH = '/auth/oidc/start';
export const CALLBACK_PATH = '/auth/oidc/callback';

/** Null: no provider is set. The handlers never reject. */
export function createProviderDoor(door: ProviderDoor): { readonly start: Handler; readonly callback: Handler } | null {
  const { engine, rates, settings, log } = door;
  const given = settings.provider;
  if (given === null) return null;
  const { isSignUpOpen } = given;
  const provider = createProvider(given, Date.now);

  async function begin(request: IncomingMessage, response: ServerResponse, returnTo: string): Promise<void> {
    const remote = remoteOf(request, settings.trustProxy);
    const isSecure = isCookieSecure(request, remote, settings.publicUrl);
    const viewer = await viewerOf(engine, request);
    if (viewer && !isOwnLink(request, remote, settings.allowedOrigins)) throw new ProviderFault('ORIGIN_REFUSED');
    await spend(rates, 'signIns', remote);
    const state: ProviderState = {
      ...newProviderSecrets(),
      id: newStateId(),
      returnTo,
      userId: viewer?.user.id ?? null,
      expiresAtMs: Date.now() + STATE_LIFETIME_MS,
    };
    const url = await provider.authorizationUrl(redirectUriOf(request, settings), state);
    response.appendHeader('Set-Cookie', stateCookie(sealState(state, engine.providers.key), isSecure));
    redirect(response, url.href);
  }

  async function finish(request: IncomingMessage, response: ServerResponse, state: ProviderState): Promise<void> {
    const remote = remoteOf(request, settings.trustProxy);
    const isSecure = isCookieSecure(request, remote, settings.publicUrl);
    const callback = new URL(redirectUriOf(request, settings));
    callback.search = paramsOf(request).toString();
    if (callback.searchParams.get('state') !== state.state) throw new ProviderFault('STATE_INVALID');
    await spend(rates, 'operations', remote);
    const viewer = await viewerOf(engine, request);
    if ((viewer?.user.id ?? null) !== state.userId) throw new ProviderFault('SESSION_CHANGED');
    if (!(await engine.providers.spend({ id: state.id, expiresAt: new Date(state.expiresAtMs) }))) {
      throw new ProviderFault('STATE_INVALID');
    }
    response.appendHeader('Set-Cookie', stateCookie(null, isSecure));
    const identity = await provider.finish(callback, state);
    const origin = { userAgent: request.headers['user-agent'] ?? null, address: remote.address };
    const askSignUp = () => profileToSignUp(identity, remote);
    const entered = await engine.providers.enter(viewer, identity, origin, askSignUp);
    if (entered.outcome === 'SIGNED_IN') {
      const { token, expiresAt } = entered.signedIn;
      response.appendHeader('Set-Cookie', sessionCookie(token, expiresAt, isSecure));
    } else if (entered.outcome !== 'LINKED') throw new ProviderFault(faultOfOutcome[entered.outcome]);
    redirect(response, state.returnTo);
  }

  async function profileToSignUp(identity: ProvenIdentity, remote: Remote): Promise<ProviderProfile | null> {
    if (!isSignUpOpen) return null;
    await spend(rates, 'signUps', remote);
    return identity.profile();
  }

  /** `act` is given where a page of a fault leads back to, which it may set. */
  async function handle(response: ServerResponse, act: (back: { to: string }) => Promise<void>): Promise<void> {
    response.setHeader('Cache-Control', 'no-store');
    const back = { to: '/' };
    try {
      await act(back);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'INTERNAL') log.error({ err: error }, 'signing in by the provider failed');
      else if (code.startsWith('PROVIDER_'))
        log.warn({ err: (error as Error).cause, code }, 'the provider let nobody in');
      answerFault(response, code, back.to);
    }
  }

  return {
    start: (request, response) =>
      handle(response, async (back) => {
        back.to = returnPath(paramsOf(request).get('return'));
        await begin(request, response, back.to);
      }),

    callback: (request, response) =>
      handle(response, async (back) => {
        const state = openState(cookieOf(request, STATE_COOKIE), engine.providers.key, Date.now());
        back.to = state.returnTo;
        await finish(request, response, state);
      }),
  };
}

/** By the session's cookie alone: null where it has ended too. Tokens are for programs, which have no use for this. */
async function viewerOf(engine: Engine, request: IncomingMessage): Promise<CallerViewer | null> {
  const token = cookieOf(request, SESSION_COOKIE);
  return token === null ? null : engine.viewerOf(token);
}

/** Ways in count by address. */
async function spend(rates: Rates, bucket: 'signIns' | 'signUps' | 'operations', remote: Remote): Promise<void> {
  const retryAfterMs = await rates.spend(bucket, { userId: null, address: remote.address });
  if (retryAfterMs !== null) throw new ProviderFault('RATE_LIMITED');
}

function redirectUriOf(request: IncomingMessage, { publicUrl }: TransportSettings): string {
  return `${publicUrl ?? `http://localhost:${request.socket.localPort}`}${CALLBACK_PATH}`;
}

function paramsOf(request: IncomingMessage): URLSearchParams {
  return new URLSearchParams((request.url ?? '').split('?').slice(1).join('?'));
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(303, { Location: location }).end();
}

const faultOfOutcome = {
  NOT_ASKED: 'SIGN_UP_CLOSED',
  TAKEN: 'IDENTITY_TAKEN',
  OTHER_LINKED: 'OTHER_LINKED',
  SESSION_CHANGED: 'SESSION_CHANGED',
  SIGN_IN_AGAIN: 'SIGN_IN_AGAIN',
} as const satisfies Record<string, ProviderFaultCode>;

function codeOf(error: unknown): ProviderFaultCode {
  if (error instanceof ProviderFault) return error.code;
  if (!(error instanceof Fault)) return 'INTERNAL';
  if (error.code === 'UNAVAILABLE') return 'UNAVAILABLE';
  return error.code === 'UNAUTHENTICATED' || error.code === 'TOKEN_REPLACED' ? 'SESSION_CHANGED' : 'INTERNAL';
}
