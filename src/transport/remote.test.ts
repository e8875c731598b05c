import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { judgeOrigin, remoteOf } from './remote.ts';

function requestFrom(remoteAddress: string, headers: IncomingHttpHeaders = {}): IncomingMessage {
  return { headers: { host: 'chat.example', ...headers }, socket: { remoteAddress } } as unknown as IncomingMessage;
}

describe('the address that limits go by', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.7:50123', '192.0.2.7'],
    ['[2001:db8:1:2::9]:50123', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::9]', '2001:db8:1:2::/64'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('of %s is %s', (address, key) => {
    expect(remoteOf(requestFrom(address), false).address).toBe(key);
  });

  it('is what the nearest proxy saw, and only where proxies are trusted', () => {
    const request = requestFrom('10.0.0.1', { 'x-forwarded-for': '198.51.100.1, 192.0.2.7' });
    expect(remoteOf(request, true).address).toBe('192.0.2.7');
    expect(remoteOf(request, false).address).toBe('10.0.0.1');
  });
});

describe('an origin', () => {
  it.each([
    [{}, 'absent'],
    [{ 'sec-fetch-site': 'same-origin' }, 'absent'],
    [{ 'sec-fetch-site': 'same-site' }, 'foreign'],
    [{ origin: 'http://chat.example' }, 'own'],
    [{ origin: 'https://chat.example' }, 'own'],
    [{ origin: 'https://chat.example:8443' }, 'foreign'],
    [{ origin: 'https://chat.example.foe.example' }, 'foreign'],
    [{ origin: 'https://friend.example' }, 'allowed'],
    [{ origin: 'http://friend.example' }, 'foreign'],
    [{ origin: 'null' }, 'foreign'],
    [{ origin: 'rubbish' }, 'foreign'],
  ])('%o is %s', (headers, verdict) => {
    const request = requestFrom('192.0.2.7', headers);
    expect(judgeOrigin(request, remoteOf(request, false), ['https://friend.example'])).toBe(verdict);
  });

  it('over http is foreign to a server behind https', () => {
    const request = requestFrom('10.0.0.1', { origin: 'http://chat.example', 'x-forwarded-proto': 'https' });
    expect(judgeOrigin(request, remoteOf(request, true), [])).toBe('foreign');
  });
});
