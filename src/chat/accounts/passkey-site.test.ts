import { expect, test } from 'vitest';
import { passkeySiteOf } from './passkey-site.ts';

const siteOf = (publicUrl: string | null, domain: string | null = null, allowedOrigins: readonly string[] = []) =>
  passkeySiteOf({ publicUrl, domain, allowedOrigins });

test('[K2] without a public URL passkeys hold at localhost, whatever the port, and nowhere else', () => {
  const site = siteOf(null);
  expect(site?.domain).toBe('localhost');
  expect(site?.isOrigin('http://localhost:4000')).toBe(true);
  for (const origin of ['http://127.0.0.1:4000', 'https://example.org', 'http://localhost.example.org', 'null', '']) {
    expect(site?.isOrigin(origin), origin).toBe(false);
  }
});

test('[K2] pages of the public URL use them, and allowed ones within the domain', () => {
  const allowed = [
    'https://app.example.org',
    'http://app.example.org',
    'https://example.net',
    'https://badexample.org',
  ];
  const narrow = siteOf('https://chat.example.org', null, allowed);
  expect(narrow?.domain).toBe('chat.example.org');
  expect(narrow?.isOrigin('https://chat.example.org')).toBe(true);
  expect(allowed.filter((origin) => narrow?.isOrigin(origin))).toEqual([]);
  const wide = siteOf('https://chat.example.org', 'example.org', allowed);
  expect(wide?.domain).toBe('example.org');
  expect(allowed.filter((origin) => wide?.isOrigin(origin))).toEqual(['https://app.example.org']);
  expect(wide?.isOrigin('https://other.example.org')).toBe(false);
});

test('[K2] where browsers have no passkeys there are none', () => {
  for (const url of [
    'http://chat.example.org',
    'https://192.0.2.7',
    'https://[2001:db8::1]',
    'http://127.0.0.1:4000',
  ]) {
    expect(siteOf(url), url).toBeNull();
  }
});
