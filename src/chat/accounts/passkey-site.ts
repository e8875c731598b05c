import { isIP } from 'node:net';
import type { PasskeySite } from './passkey-proof.ts';

/**
 * Where passkeys hold, for people who reach this server at `publicUrl`: its domain, or the wider one that is set. Null: an
 * address without a domain, or without TLS, for which browsers have none. Without a `publicUrl`: any port of localhost.
 */
export function passkeySiteOf(options: {
  readonly publicUrl: string | null;
  readonly domain: string | null;
  readonly allowedOrigins: readonly string[];
}): PasskeySite | null {
  const { publicUrl, allowedOrigins } = options;
  if (publicUrl === null) return { domain: 'localhost', isOrigin: (origin) => isSecureWithin(origin, 'localhost') };
  const domain = options.domain ?? new URL(publicUrl).hostname;
  const origins = new Set([publicUrl, ...allowedOrigins].filter((origin) => isSecureWithin(origin, domain)));
  return origins.has(publicUrl) ? { domain, isOrigin: (origin) => origins.has(origin) } : null;
}

/** Whether a browser lets a page of the origin use passkeys of the domain. */
function isSecureWithin(origin: string, domain: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, hostname } = new URL(origin);
  if (isIP(hostname.replace(/^\[|\]$/g, ''))) return false;
  const isSecure = protocol === 'https:' || (protocol === 'http:' && hostname === 'localhost');
  return isSecure && (hostname === domain || hostname.endsWith(`.${domain}`));
}
