import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Whoever finds one in a text can tell what it is: secret scanners go by prefix, shape and check part. */
export const apiTokenPrefix = 'parley_pat_';
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 178 random bits. */
const secretLength = 30;
/** Holds any CRC-32. */
const checkLength = 6;
const shape = new RegExp(`^${apiTokenPrefix}([0-9A-Za-z]{${secretLength}})([0-9A-Za-z]{${checkLength}})$`);

/** Random digits of base 62, each as likely as the others. */
export function newApiTokenSecret(): string {
  return Array.from({ length: secretLength }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}

/** The prefix, the secret, and its CRC-32 in base 62, in six digits with zeros before it. */
export function apiTokenOf(secret: string): string {
  return `${apiTokenPrefix}${secret}${checkPartOf(secret)}`;
}

/** False for other credentials, and for tokens with a typo or a part missing: those need no look into the database. */
export function isApiToken(token: string): boolean {
  const [, secret, check] = shape.exec(token) ?? [];
  return secret !== undefined && check === checkPartOf(secret);
}

/** What its owner may go on seeing of it. */
export function hintOf(token: string): string {
  return `${apiTokenPrefix}…${token.slice(-4)}`;
}

export function hashApiToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function checkPartOf(secret: string): string {
  let digits = '';
  for (let rest = crc32(secret); digits.length < checkLength; rest = Math.floor(rest / alphabet.length)) {
    digits = alphabet.charAt(rest % alphabet.length) + digits;
  }
  return digits;
}
