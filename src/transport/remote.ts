import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';

/** Where a request comes from, as far as the socket and a trusted proxy tell. */
export interface Remote {
  /** What rates and counts of one address go by: an IPv4 address, or the first 64 bits of an IPv6 one. */
  readonly address: string;
  readonly isSecure: boolean;
  /** Host and port that the client asked for; null when it named none. */
  readonly host: string | null;
}

/** What says who asks. */
export type RequestHead = Pick<IncomingMessage, 'headers'>;

const kept = ['authorization', 'cookie', 'origin', 'sec-fetch-site', 'user-agent'] as const;

/** To be kept while a socket is open: the whole request would weigh some kilobytes. */
export function headOf({ headers }: IncomingMessage): RequestHead {
  return {
    headers: Object.fromEntries(kept.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]]))),
  };
}

/** `trustProxy`: believe X-Forwarded-*; its last entry was added by the proxy nearest to us, the others by anybody. */
export function remoteOf(request: IncomingMessage, trustProxy: boolean): Remote {
  const forwarded = (name: string) => (trustProxy ? lastOf(request.headers[name]) : null);
  return {
    address: addressKey(forwarded('x-forwarded-for') ?? request.socket.remoteAddress ?? 'unknown'),
    isSecure: 'encrypted' in request.socket || forwarded('x-forwarded-proto') === 'https',
    host: forwarded('x-forwarded-host') ?? request.headers.host ?? null,
  };
}

/**
 * Whether a cookie for whoever asks is `Secure`. Where people come by https (`publicUrl`), whatever is told or not told of a
 * proxy; but a page that came from us without TLS, as at the address of the machine itself, could not keep it.
 */
export function isCookieSecure(request: IncomingMessage, remote: Remote, publicUrl: string | null): boolean {
  if (remote.isSecure || !publicUrl?.startsWith('https:')) return remote.isSecure;
  const { origin } = request.headers;
  return origin === undefined || origin !== `http://${remote.host}`;
}

export type OriginVerdict = 'absent' | 'own' | 'allowed' | 'foreign';

/**
 * Whether a page of ours, of an allowed origin or of somebody else's made the request. Absent: no browser, or a browser
 * that follows a link; one that says by Sec-Fetch-Site that another site asks counts as foreign.
 */
export function judgeOrigin(request: RequestHead, remote: Remote, allowed: readonly string[]): OriginVerdict {
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (origin === undefined) return site === 'cross-site' || site === 'same-site' ? 'foreign' : 'absent';
  if (allowed.includes(origin)) return 'allowed';
  if (!URL.canParse(origin)) return 'foreign';
  const { host, protocol } = new URL(origin);
  // Without a proxy that we trust we cannot know that there was TLS in front: then only a downgrade is told apart.
  if (host !== remote.host || (remote.isSecure && protocol !== 'https:')) return 'foreign';
  return 'own';
}

/**
 * Whether a page of ours or of an allowed origin led here, or nobody did: what another site cannot make a browser say.
 * Browsers that do not tell by Sec-Fetch-Site, as over plain HTTP, tell by Referer.
 */
export function isOwnLink(request: IncomingMessage, remote: Remote, allowed: readonly string[]): boolean {
  const { referer } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const origin = referer !== undefined && URL.canParse(referer) ? new URL(referer).origin : null;
  if (origin !== null && allowed.includes(origin)) return true;
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  return origin !== null && new URL(origin).host === remote.host;
}

/** Whoever has one address of an IPv6 network has 2^64 of them, so the network counts. Some proxies add a port, which does not. */
function addressKey(address: string): string {
  const plain = address
    .replace(/^\[(.*)\](?::\d+)?$/, '$1')
    .replace(/^([\d.]+):\d+$/, '$1')
    .replace(/^::ffff:(?=\d+\.)/i, '')
    .replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0');
  const groups = [...front, ...(tail === undefined ? [] : zeros), ...back];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

function lastOf(header: string | string[] | undefined): string | null {
  const value = Array.isArray(header) ? header.at(-1) : header;
  return value?.split(',').at(-1)?.trim() || null;
}
