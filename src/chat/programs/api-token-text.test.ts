import { expect, test } from 'vitest';
import { apiTokenOf, hintOf, isApiToken, newApiTokenSecret } from './api-token-text.ts';

test('the check part is the CRC-32 of the secret in base 62, so that others can tell a token from a look-alike', () => {
  // Worked out apart from this code, by zlib.crc32 and divmod of Python.
  expect(apiTokenOf('0'.repeat(30))).toBe('parley_pat_0000000000000000000000000000002C8GjS');
  expect(apiTokenOf('abcdefghijklmnopqrstuvwxyz0123')).toBe('parley_pat_abcdefghijklmnopqrstuvwxyz01232LolCm');
});

test('secrets are 30 digits of base 62, and no two are the same', () => {
  const secrets = Array.from({ length: 1_000 }, newApiTokenSecret);
  for (const secret of secrets) expect(secret).toMatch(/^[0-9A-Za-z]{30}$/);
  expect(new Set(secrets).size).toBe(1_000);
  expect(new Set(secrets.join('')).size).toBe(62);
});

test('each typo of one character, and each pair that was swapped, is noticed', () => {
  const token = apiTokenOf(newApiTokenSecret());
  expect(isApiToken(token)).toBe(true);
  for (let place = 'parley_pat_'.length; place < token.length; place++) {
    const other = token[place] === 'x' ? 'y' : 'x';
    expect(isApiToken(token.slice(0, place) + other + token.slice(place + 1)), `${place}`).toBe(false);
    const [one, two] = [token[place], token[place + 1]];
    if (two === undefined || one === two) continue;
    expect(isApiToken(token.slice(0, place) + two + one + token.slice(place + 2)), `${place}`).toBe(false);
  }
  for (const other of [
    '',
    token.slice(0, -1),
    `${token}0`,
    ` ${token}`,
    token.toUpperCase(),
    `parley_${'x'.repeat(43)}`,
  ]) {
    expect(isApiToken(other), other).toBe(false);
  }
});

test('the hint tells tokens apart by their last four characters', () => {
  expect(hintOf('parley_pat_abcdefghijklmnopqrstuvwxyz0123456789')).toBe('parley_pat_…6789');
});
