import { expect, test } from 'vitest';
import { partsOf } from './links.ts';

const linksOf = (text: string) => partsOf(text).flatMap(({ href }) => href ?? []);

test('addresses in a message become links, and the texts of all parts are the message', () => {
  const text = 'See https://example.org/a?b=c#d, then http://example.net. Done';
  expect(partsOf(text)).toEqual([
    { text: 'See ', href: null },
    { text: 'https://example.org/a?b=c#d', href: 'https://example.org/a?b=c#d' },
    { text: ', then ', href: null },
    { text: 'http://example.net', href: 'http://example.net/' },
    { text: '. Done', href: null },
  ]);
});

test('a bracket belongs to the address only where the address opened it', () => {
  expect(linksOf('(https://example.org/a)')).toEqual(['https://example.org/a']);
  expect(linksOf('https://example.org/a_(b)')).toEqual(['https://example.org/a_(b)']);
});

test('other schemes and what is no address stay plain text', () => {
  for (const text of [
    '',
    'no address',
    'javascript:alert(1)',
    'data:text/html,<b>',
    'ftp://example.org',
    'xhttps://example.org',
    'https://',
    'http://[',
    '<img src=x onerror=alert(1)>',
  ]) {
    expect(linksOf(text), text).toEqual([]);
    expect(
      partsOf(text)
        .map((part) => part.text)
        .join(''),
    ).toBe(text);
  }
});

test('markup around an address is no part of it', () => {
  expect(linksOf('"https://example.org/"><script>')).toEqual(['https://example.org/']);
});
