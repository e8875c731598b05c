import type { RedisOptions } from 'ioredis';

/** Where Redis is, out of REDIS_URL. Pub/sub needs no keys, so any node of a Cluster will do: hosts are tried in turn. */
export type RedisAddress = Credentials &
  (
    | { readonly kind: 'hosts'; readonly hosts: readonly [Host, ...Host[]]; readonly isTls: boolean }
    | { readonly kind: 'socket'; readonly path: string }
    | {
        readonly kind: 'sentinel';
        readonly sentinels: readonly [Host, ...Host[]];
        readonly primary: string;
        readonly isTls: boolean;
      }
  );

interface Credentials {
  readonly username: string | null;
  readonly password: string | null;
}

interface Host {
  readonly host: string;
  readonly port: number;
}

const URL_PARTS =
  /^(?<scheme>unix|rediss?|rediss?\+sentinel):\/\/(?:(?<user>[^@]*)@)?(?<hosts>[^/]*)(?:\/(?<rest>.*))?$/;
const HOST_PARTS = /^(?<host>\[[0-9a-fA-F:.]+\]|[^:[\]\s]+)(?::(?<port>\d{1,5}))?$/;

/**
 * `redis://user:password@host:6379`, `rediss://…` with TLS, several hosts with commas between them (nodes of a Cluster),
 * `redis+sentinel://user:password@host:26379,host:26379/name-of-the-primary`, `unix://user:password@/path/of.sock`.
 * Throws an Error that holds no password.
 */
export function parseRedisUrl(url: string): RedisAddress {
  const parts = URL_PARTS.exec(url)?.groups;
  if (!parts) throw new Error('REDIS_URL is no URL of Redis');
  const { scheme = '', hosts = '', rest = '' } = parts;
  const credentials = credentialsOf(parts.user ?? '');
  if (scheme === 'unix') {
    if (rest === '' || hosts !== '') throw new Error('REDIS_URL: unix:// is followed by an absolute path');
    return { kind: 'socket', path: `/${rest}`, ...credentials };
  }
  const isTls = scheme.startsWith('rediss');
  if (!scheme.endsWith('+sentinel')) return { kind: 'hosts', hosts: hostsOf(hosts, 6379), isTls, ...credentials };
  if (rest === '') throw new Error('REDIS_URL: the hosts of Sentinel are followed by / and the name of the primary');
  return { kind: 'sentinel', sentinels: hostsOf(hosts, 26379), primary: rest, isTls, ...credentials };
}

/** What ioredis needs to find it; the first of several hosts. */
export function connectionOf(address: RedisAddress): RedisOptions {
  const { username, password } = address;
  const credentials = { ...(username !== null && { username }), ...(password !== null && { password }) };
  const tls = address.kind !== 'socket' && address.isTls ? { tls: {} } : {};
  switch (address.kind) {
    case 'socket':
      return { path: address.path, ...credentials };
    case 'hosts':
      return { ...address.hosts[0], ...tls, ...credentials };
    case 'sentinel':
      return {
        sentinels: [...address.sentinels],
        name: address.primary,
        ...credentials,
        ...(address.isTls && { ...tls, sentinelTLS: {}, enableTLSForSentinelMode: true }),
      };
  }
}

function credentialsOf(user: string): Credentials {
  const [name = '', ...password] = user.split(':');
  return {
    username: name === '' ? null : decodeURIComponent(name),
    password: password.length === 0 ? null : decodeURIComponent(password.join(':')),
  };
}

function hostsOf(list: string, defaultPort: number): [Host, ...Host[]] {
  const hosts = list.split(',').map((text) => {
    const found = HOST_PARTS.exec(text.trim())?.groups;
    if (!found?.host) throw new Error('REDIS_URL: a host is missing or malformed');
    return { host: found.host.replace(/^\[|\]$/g, ''), port: Number(found.port ?? defaultPort) };
  });
  return hosts as [Host, ...Host[]];
}
