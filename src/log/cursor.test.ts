import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Fault } from '../observe/fault.ts';
import { createCursorCodec } from './cursor.ts';

const epochs = fc.stringMatching(/^[0-9a-f]{16}$/);
const marks = fc.record({ position: fc.nat({ max: 2 ** 48 - 1 }), tag: fc.nat({ max: 2 ** 48 - 1 }) });

describe('[R6] a cursor', () => {
  test('names the mark that it was made of', () => {
    fc.assert(
      fc.property(epochs, marks, (epoch, mark) => {
        const codec = createCursorCodec(epoch);
        const cursor = codec.encode(mark);
        expect(cursor).toMatch(/^log_[\w-]{31}$/);
        expect(codec.decode(cursor)).toEqual(mark);
      }),
    );
  });

  test('of another epoch is expired', () => {
    fc.assert(
      fc.property(epochs, epochs, marks, (epoch, other, mark) => {
        fc.pre(epoch !== other);
        expect(faultOf(other, createCursorCodec(epoch).encode(mark))).toEqual(['CURSOR_EXPIRED', 'OTHER_EPOCH']);
      }),
    );
  });

  test('that was changed is refused or names another mark, never the same', () => {
    fc.assert(
      fc.property(marks, fc.nat(34), fc.string({ minLength: 1, maxLength: 1 }), (mark, place, letter) => {
        const codec = createCursorCodec('0123456789abcdef');
        const cursor = codec.encode(mark);
        const changed = cursor.slice(0, place) + letter + cursor.slice(place + 1);
        fc.pre(changed !== cursor);
        try {
          expect(codec.decode(changed)).not.toEqual(mark);
        } catch (error) {
          expect(error).toBeInstanceOf(Fault);
        }
      }),
    );
  });

  test('that is none is refused, whatever it is', () => {
    const refuse = (cursor: string) =>
      expect(faultOf('0123456789abcdef', cursor)).toEqual(['CURSOR_INVALID', 'DAMAGED']);
    for (const cursor of ['', 'log_', 'LOG_AAAA', `log_${'A'.repeat(31)}=`, `log_${'A'.repeat(32)}`, 'null'])
      refuse(cursor);
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void refuse(`x${text}`)));
    expect(faultOf('0123456789abcdef', 'page_AAAA')).toEqual(['CURSOR_INVALID', 'PAGE_CURSOR']);
  });
});

function faultOf(epoch: string, cursor: string) {
  try {
    createCursorCodec(epoch).decode(cursor);
  } catch (error) {
    if (error instanceof Fault) return [error.code, error.details.reason];
    throw error;
  }
  return 'passed';
}
