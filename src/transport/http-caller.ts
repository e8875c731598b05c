import type { IncomingMessage, ServerResponse } from 'node:http';
import { authenticateRequest, BadCredential, cookieOf, sessionCookie } from './authenticate.ts';
import type { Caller, Engine } from './contract.ts';
import { DEVICE_COOKIE, deviceCookie } from './device-cookie.ts';
import type { Rates } from './rates.ts';
import { isCookieSecure, type Remote } from './remote.ts';
import type { TransportSettings } from './settings.ts';

/**
 * Who makes a request over HTTP; the cookie of the answer is set while its head has not gone out. Throws BadCredential
 * and ORIGIN_REFUSED.
 */
export async function callerOfRequest(
  { engine, rates, settings }: { readonly engine: Engine; readonly rates: Rates; readonly settings: TransportSettings },
  request: IncomingMessage,
  response: ServerResponse,
  remote: Remote,
): Promise<Caller> {
  const isSecure = isCookieSecure(request, remote, settings.publicUrl);
  const setCookie = (token: string | null, expiresAt: Date | null) => {
    response.appendHeader('Set-Cookie', sessionCookie(token, expiresAt, isSecure));
  };
  try {
    const viewer = await authenticateRequest(engine, request, remote, settings.allowedOrigins);
    const subject = { userId: viewer?.user.id ?? null, address: remote.address };
    const origin = { userAgent: request.headers['user-agent'] ?? null, address: remote.address };
    const isByCookie = viewer !== null && request.headers.authorization === undefined;
    return {
      viewer,
      setCookie,
      device: cookieOf(request, DEVICE_COOKIE),
      setDevice: (value) => void response.appendHeader('Set-Cookie', deviceCookie(value, isSecure)),
      isByCookie,
      origin,
      spend: (bucket, account) => rates.spend(bucket, { ...subject, account }),
    };
  } catch (error) {
    if (error instanceof BadCredential && error.isBadCookie) setCookie(null, null);
    throw error;
  }
}
