import { Fault } from '../observe/fault.ts';
import type { Mark } from './position.ts';

/** Names a cursor of the log in every place where one is written; page cursors begin with `page_`. */
const PREFIX = 'log_';
const PAGE_PREFIX = 'page_';
const FORMAT = 1;
/** Room for partitions of the log; there is one so far. */
const PARTITION = 0;
/** format u8, partition u16, epoch 8 bytes, position u48, tag u48 */
const LENGTH = 1 + 2 + 8 + 6 + 6;

/** Makes and reads the opaque cursors of one epoch. */
export interface CursorCodec {
  encode(mark: Mark): string;
  /**
   * The mark that the cursor names, not yet checked against the log (see `readCursor`).
   * Throws CURSOR_INVALID (damaged, or a page cursor) and CURSOR_EXPIRED (another epoch).
   */
  decode(cursor: string): Mark;
}

/** `epoch`: 16 hexadecimal digits, minted with the log. */
export function createCursorCodec(epoch: string): CursorCodec {
  const epochBytes = Buffer.from(epoch, 'hex');
  if (epochBytes.length !== 8) throw new Error(`an epoch has 16 hexadecimal digits, not «${epoch}»`);

  return {
    encode(mark) {
      const bytes = Buffer.alloc(LENGTH);
      bytes.writeUInt8(FORMAT, 0);
      bytes.writeUInt16BE(PARTITION, 1);
      epochBytes.copy(bytes, 3);
      bytes.writeUIntBE(mark.position, 11, 6);
      bytes.writeUIntBE(mark.tag, 17, 6);
      return PREFIX + bytes.toString('base64url');
    },
    decode(cursor) {
      if (cursor.startsWith(PAGE_PREFIX)) {
        throw invalid('PAGE_CURSOR', 'this is a page cursor of a connection; a cursor of the log begins with log_');
      }
      const bytes = cursor.startsWith(PREFIX) ? Buffer.from(cursor.slice(PREFIX.length), 'base64url') : null;
      const isWhole = bytes?.length === LENGTH && PREFIX + bytes.toString('base64url') === cursor;
      if (!bytes || !isWhole || bytes.readUInt8(0) !== FORMAT || bytes.readUInt16BE(1) !== PARTITION) {
        throw invalid('DAMAGED', 'the cursor is damaged: use one exactly as the server gave it');
      }
      if (!bytes.subarray(3, 11).equals(epochBytes)) {
        throw expired('OTHER_EPOCH', 'the cursor belongs to another log: load state anew and go on from its asOf');
      }
      return { position: bytes.readUIntBE(11, 6), tag: bytes.readUIntBE(17, 6) };
    },
  };
}

function invalid(reason: string, message: string): Fault {
  return new Fault('CURSOR_INVALID', message, { reason });
}

/** Reasons: OTHER_EPOCH, FUTURE (after the head), OTHER_HISTORY (the tag differs), TRIMMED (no longer held). */
export function expired(reason: string, message: string, more: Readonly<Record<string, unknown>> = {}): Fault {
  return new Fault('CURSOR_EXPIRED', message, { reason, ...more });
}
