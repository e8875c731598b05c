import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * What nodes of one deployment say to each other, sealed with a key that lives in their database: 16 bytes of the
 * sender's id, 32 bytes of HMAC-SHA256 over topic, sender and payload, then the payload. Redis may be shared or open;
 * what others write there is not believed.
 */
export interface Seal {
  seal(topic: string, payload: string): Buffer;
  /** The payload; `own` for this node's own echo, whose seal is not looked at; `refused` for anything not sealed so. */
  open(topic: string, bytes: Buffer): { readonly payload: string } | 'own' | 'refused';
}

const SENDER_BYTES = 16;
const MAC_BYTES = 32;
const HEADER_BYTES = SENDER_BYTES + MAC_BYTES;

/** `sender` has 16 bytes. */
export function createSeal(key: Buffer, sender: Buffer): Seal {
  const macOf = (topic: string, from: Buffer, payload: Buffer): Buffer =>
    createHmac('sha256', key).update(`${topic}\n`).update(from).update(payload).digest();
  return {
    seal(topic, payload) {
      const bytes = Buffer.from(payload);
      return Buffer.concat([sender, macOf(topic, sender, bytes), bytes]);
    },
    open(topic, bytes) {
      if (bytes.length < HEADER_BYTES) return 'refused';
      const from = bytes.subarray(0, SENDER_BYTES);
      if (from.equals(sender)) return 'own';
      const payload = bytes.subarray(HEADER_BYTES);
      const isOurs = timingSafeEqual(bytes.subarray(SENDER_BYTES, HEADER_BYTES), macOf(topic, from, payload));
      return isOurs ? { payload: payload.toString() } : 'refused';
    },
  };
}
