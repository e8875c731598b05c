/**
 * A random key of 128 bits, 32 hex digits. Not crypto.randomUUID: browsers offer that on https and localhost alone, and Parley
 * may be opened over plain http in a home network.
 */
export function makeKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
