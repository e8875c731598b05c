/**
 * Who asks. A token wins over a cookie; what is sent and wrong is refused, never taken for signed out.
 *
 * | sent                              | HTTP                            | WebSocket (connection_init)           |
 * |-----------------------------------|---------------------------------|---------------------------------------|
 * | a good token, from any origin     | its viewer                      | its viewer                            |
 * | a bad token                       | 401 UNAUTHENTICATED             | close 4403                            |
 * | cookie; own, allowed or no origin | its viewer                      | its viewer                            |
 * | cookie; foreign origin            | 403 ORIGIN_REFUSED              | close 4403                            |
 * | a bad cookie                      | 401, and the cookie is cleared  | close 4403; a request over HTTP clears it |
 * | that of a guest, replaced just now | 401 TOKEN_REPLACED, nothing cleared | close 4410 |
 * | nothing; foreign origin           | signed out, unreadable to pages | close 4403                            |
 * | nothing; other                    | signed out                      | signed out                            |
 *
 * Forged requests: POST takes application/json alone, which a page of another origin cannot send without a preflight
 * that we do not grant; GET executes queries alone; the cookie is SameSite=Lax; and it is refused by Origin besides.
 */
import type { IncomingMessage } from 'node:http';
import { Fault } from '../observe/fault.ts';
import type { CallerViewer, Engine } from './contract.ts';
import { judgeOrigin, type Remote, type RequestHead } from './remote.ts';

export const SESSION_COOKIE = 'parley_session';

/** `isBadCookie`: the cookie that was sent means nothing any more; the answer should clear it. */
export class BadCredential extends Fault {
  readonly isBadCookie: boolean;

  constructor(message: string, isBadCookie: boolean) {
    super('UNAUTHENTICATED', message);
    this.isBadCookie = isBadCookie;
  }
}

/** Whether a request claims to be somebody's. */
export function hasCredential(request: IncomingMessage): boolean {
  return request.headers.authorization !== undefined || cookieOf(request, SESSION_COOKIE) !== null;
}

/** The viewer of an HTTP request; null: signed out. Throws BadCredential, TOKEN_REPLACED and ORIGIN_REFUSED. */
export function authenticateRequest(
  engine: Engine,
  request: IncomingMessage,
  remote: Remote,
  allowedOrigins: readonly string[],
): Promise<CallerViewer | null> {
  const token = bearerOf(request.headers.authorization);
  if (token !== null) return viewerOfToken(engine, token);
  const cookie = cookieOf(request, SESSION_COOKIE);
  if (cookie === null) return Promise.resolve(null);
  if (judgeOrigin(request, remote, allowedOrigins) === 'foreign') return Promise.reject(foreignOrigin());
  return viewerOfCookie(engine, cookie);
}

/**
 * The viewer of a socket: by `token` or `authorization` of connectionParams, the Authorization header of the upgrade,
 * or the cookie. Null: signed out. Throws BadCredential, TOKEN_REPLACED and ORIGIN_REFUSED.
 */
export async function authenticateSocket(
  engine: Engine,
  upgrade: RequestHead,
  remote: Remote,
  allowedOrigins: readonly string[],
  connectionParams: Readonly<Record<string, unknown>> | undefined,
): Promise<CallerViewer | null> {
  const token = tokenOfParams(connectionParams) ?? bearerOf(upgrade.headers.authorization);
  if (token !== null) return viewerOfToken(engine, token);
  if (judgeOrigin(upgrade, remote, allowedOrigins) === 'foreign') throw foreignOrigin();
  const cookie = cookieOf(upgrade, SESSION_COOKIE);
  return cookie === null ? null : viewerOfCookie(engine, cookie);
}

/** The Set-Cookie header that keeps a token (null: forgets it). */
export function sessionCookie(token: string | null, expiresAt: Date | null, isSecure: boolean): string {
  const untilExpiry = expiresAt === null ? null : Math.max(0, Math.floor((expiresAt.getTime() - Date.now()) / 1000));
  const maxAge = token === null ? 0 : untilExpiry;
  return [
    `${SESSION_COOKIE}=${token === null ? '' : encodeURIComponent(token)}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Lax',
    ...(maxAge === null ? [] : [`Max-Age=${maxAge}`]),
    ...(isSecure ? ['Secure'] : []),
  ].join('; ');
}

async function viewerOfToken(engine: Engine, token: string): Promise<CallerViewer> {
  const viewer = await engine.viewerOf(token);
  if (viewer === null) throw new BadCredential('the token is unknown, ended or expired; sign in again', false);
  return viewer;
}

async function viewerOfCookie(engine: Engine, token: string): Promise<CallerViewer> {
  const viewer = await engine.viewerOf(token);
  if (viewer === null) throw new BadCredential('the session of the cookie has ended or expired; sign in again', true);
  return viewer;
}

function foreignOrigin(): Fault {
  return new Fault('ORIGIN_REFUSED', 'this origin may not use the cookie; sign in by a token, or allow the origin');
}

/** Null: no credential was sent. Throws BadCredential for any scheme but Bearer. */
function bearerOf(authorization: unknown): string | null {
  if (authorization === undefined || authorization === null) return null;
  const token = typeof authorization === 'string' ? /^Bearer +([^\s]+) *$/i.exec(authorization)?.[1] : undefined;
  if (token === undefined) throw new BadCredential('authorization is not of the form «Bearer <token>»', false);
  return token;
}

function tokenOfParams(params: Readonly<Record<string, unknown>> | undefined): string | null {
  const token = params?.token;
  if (typeof token === 'string' && token !== '') return token;
  if (token !== undefined && token !== null)
    throw new BadCredential('token is not a string with something in it', false);
  return bearerOf(params?.authorization ?? params?.Authorization);
}

/** Null: it was not sent, or is empty. */
export function cookieOf(request: RequestHead, wanted: string): string | null {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [name, value = ''] = pair.split('=', 2);
    if (name?.trim() !== wanted || value.trim() === '') continue;
    try {
      return decodeURIComponent(value.trim());
    } catch {
      return value.trim();
    }
  }
  return null;
}
